"""Networks and interrupted runs in files: written whole or not at all, read without executing anything.

Outside the nine modules of the core: nothing here is needed to understand how a
network learns. `save` and `load` are for networks, `Checkpoint` is what `train`
writes after every epoch, and `whole` is how every file of this project is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from nnlib import _check, activations
from nnlib._check import Array, Rng
from nnlib.activations import Activation, LeakyReLU, Step
from nnlib.data import Dataset
from nnlib.network import Network
from nnlib.optimizers import State

_NETWORK, _CHECKPOINT, _VERSION = "nnlib network", "nnlib checkpoint", 1
_PLAIN: dict[str, Activation] = {  # those without parameters
    name: getattr(activations, name)
    for name in ("identity", "sigmoid", "tanh", "softsign", "relu", "softplus", "softmax")
}


@contextlib.contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that takes its place under `path` when the block ends, or never.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(f"{folder}/marks.csv") as file:
    ...         _ = file.write(b"name,points")
    ...     Path(f"{folder}/marks.csv").read_text()
    'name,points'
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # on the disk before it takes the place of what is there
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def save(net: Network, path: str | os.PathLike[str]) -> None:
    """Write a network to one .npz file, whole or not at all.

    Raises
    ------
    TypeError
        If an activation is not one of nnlib's.
    """
    _write(path, {"format": _NETWORK, "activations": _names(net)}, _parameters(net))


def load(path: str | os.PathLike[str]) -> Network:
    """Read a network that `save` wrote. Nothing in the file is executed.

    Raises
    ------
    ValueError
        If the file is damaged, is not a network of nnlib's, or comes from a newer version.
    """
    return _network(path, *_read(path, _NETWORK))


class Checkpoint:
    """The file from which an interrupted run of `train` goes on.

    Parameters
    ----------
    path : path
    net, data : Network and Dataset
    rates : sequence of float
        The learning rates of all epochs planned. A run goes on under the same rates,
        as far as both plans reach.
    settings : mapping of str to object
        What else must agree; told by repr.

    Raises
    ------
    FileNotFoundError
        If there is no folder to write to.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        net: Network,
        data: Dataset,
        rates: Sequence[float],
        settings: Mapping[str, object],
    ) -> None:
        self.path = Path(path)
        if not self.path.absolute().parent.is_dir():
            raise FileNotFoundError(f"there is no folder {self.path.parent} to write the checkpoint to")
        checksum = 0
        for array in (data.X, data.Y):
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
        self.rates = list(rates)
        self.settings = {"network": repr(net), "data": f"{data!r} with checksum {checksum}"}
        self.settings |= {name: repr(value) for name, value in settings.items()}

    def write(
        self, net: Network, state: State, rng: Rng, best: Network | None, record: Mapping[str, Any]
    ) -> None:
        """Everything that decides how training goes on, and the record so far."""
        header = {
            "format": _CHECKPOINT, "activations": _names(net), "settings": self.settings,
            "rates": self.rates, "threads": _blas_threads(), "rng": rng.bit_generator.state, **record,
        }  # fmt: skip
        arrays = _parameters(net) | {f"state{i}": array for i, array in enumerate(state)}
        if best is not None:
            arrays |= {f"best_{name}": array for name, array in _parameters(best).items()}
        _write(self.path, header, arrays)

    def read(self, net: Network, state: State, rng: Rng) -> tuple[Network | None, dict[str, Any]]:
        """Set network, optimiser's state and generator as they were; the best network and the record.

        Raises
        ------
        ValueError
            If the file is damaged, or belongs to another run.
        """
        header, arrays = _read(self.path, _CHECKPOINT)
        try:
            self._refuse_another(header)
            saved = _network(self.path, header, arrays).parameters
            for array, kept in zip([*net.parameters, *state], [*saved, *_states(arrays, state)], strict=True):
                array[...] = kept
            rng.bit_generator.state = header["rng"]
            best = {name.removeprefix("best_"): a for name, a in arrays.items() if name.startswith("best_")}
            return _network(self.path, header, best) if best else None, header
        except KeyError as missing:
            raise ValueError(
                f"{self.path} is not a whole checkpoint: {missing} is missing, as in those of nnlib 0.2.0. "
                "Delete it to start anew"
            ) from missing

    def _refuse_another(self, header: Mapping[str, Any]) -> None:
        both = zip(header["rates"], self.rates, strict=False)  # as far as both plans reach
        rates = {f"eta in epoch {epoch}": pair for epoch, pair in enumerate(both, start=1)}
        others = {name: (header["settings"].get(name), ours) for name, ours in self.settings.items()}
        for name, (theirs, ours) in (others | rates).items():
            if theirs != ours:
                raise ValueError(
                    f"the checkpoint {self.path} belongs to another run: its {name} is {theirs}, not {ours}. "
                    "Delete it to start anew"
                )
        if header["threads"] != _blas_threads():
            warnings.warn(
                f"the checkpoint {self.path} was written with {header['threads']} BLAS threads, not "
                f"{_blas_threads()}: the run goes on, but not bit for bit",
                stacklevel=4,
            )


def _names(net: Network) -> list[dict[str, Any]]:
    """Name and parameters of each activation, as `_activation` reads them back."""
    return [_name(f) for f in net.activations]


def _name(f: Activation) -> dict[str, Any]:
    if _PLAIN.get(repr(f)) == f:
        return {"name": repr(f)}
    if type(f) is Step:
        return {"name": "step", "at_zero": f.at_zero}
    if type(f) is LeakyReLU:
        return {"name": "leaky_relu", "slope": f.slope}
    raise TypeError(f"{f!r} is not one of nnlib's activations, so a file cannot name it")


def _activation(name: str, **parameters: float) -> Activation:
    if name == "step":
        return Step(_check.number("at_zero", parameters["at_zero"]))
    if name == "leaky_relu":
        return LeakyReLU(_check.number("slope", parameters["slope"]))
    if name not in _PLAIN:
        raise ValueError(f"activation {name!r} is unknown; known are step, leaky_relu, {', '.join(_PLAIN)}")
    return _PLAIN[name]


def _parameters(net: Network) -> dict[str, Array]:
    return {
        f"{kind}{i}": array
        for kind, arrays in (("weights", net.weights), ("biases", net.biases))
        for i, array in enumerate(arrays)
    }


def _states(arrays: Mapping[str, Array], state: State) -> list[Array]:
    return [arrays[f"state{i}"] for i in range(len(state))]


def _network(path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Network:
    try:
        fs = [_activation(**f) for f in header["activations"]]
        weights = [arrays[f"weights{i}"] for i in range(len(fs))]
        biases = [arrays[f"biases{i}"] for i in range(len(fs))]
        net = Network(weights, biases, fs)
        for array in net.parameters:
            _check.finite("a parameter", array)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} does not hold a whole network: {error}") from error
    return net


def _write(path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """A JSON header and arrays as .npz."""
    text = json.dumps({"version": _VERSION, **header}, default=np.ndarray.tolist).encode()
    with whole(path) as file:
        np.savez(file, allow_pickle=False, header=np.frombuffer(text, np.uint8), **arrays)


def _read(path: str | os.PathLike[str], format: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of a file that `_write` wrote, never through pickle."""
    try:
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise ValueError("its parts are compressed, and nnlib writes them plain")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        header = json.loads(arrays.pop("header").tobytes())
        found, written = header["format"], header["version"]
    except FileNotFoundError:
        raise
    except Exception as error:  # from zipfile, NumPy, the parser of its headers: damage has many names
        raise ValueError(f"{path} is damaged or was not written by nnlib: {error}") from error
    if found != format:
        raise ValueError(f"{path} holds a {found!r}, not a {format!r}")
    if written != _VERSION:
        raise ValueError(
            f"{path} was written in version {written} of the format; this nnlib reads version "
            f"{_VERSION}. Update nnlib, or save the network again with this one"
        )
    return header, arrays


def _blas_threads() -> int:
    """How many threads NumPy's matrix products were told to use."""
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal():
            return int(os.environ[name])
    return os.cpu_count() or 1
