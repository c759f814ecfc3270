"""Stochastic gradient descent, and the measurements one makes while it runs.

`sgd` trains and yields after every epoch, so that stopping early is `break` and a
live plot is the body of the loop. `train` is the loop that most pages need: it
adds history, progress, early stopping and checkpoints.
"""

from __future__ import annotations

import importlib
import itertools
import math
import os
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.backpropagation import errors, examples, gradients
from nnlib.data import Dataset, minibatches
from nnlib.losses import Loss
from nnlib.network import (
    Network,
    Trace,
    forward,
    from_arrays,
    propagate,
    read_arrays,
    to_arrays,
    write_arrays,
)
from nnlib.optimizers import SGD, Optimizer, Schedule, State, schedule
from nnlib.regularizers import Dropout, Regularizer

_CHUNK = 5_000  # rows measured at once: bounds the memory of `outputs`


class Diverged(ArithmeticError, ValueError):
    """Training reached infinite or undefined parameters."""


class Interrupted(KeyboardInterrupt):
    """What `train` raises when it is interrupted, with the record of the whole epochs.

    In a notebook, after the stop button, ``sys.last_value.history`` is that record.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        super().__init__(
            f"training was interrupted after {len(history)} whole epochs. The network can be used; the "
            "record is the attribute history of this exception, in a notebook sys.last_value.history"
        )


@dataclass(frozen=True)
class Batch:
    """One mini-batch, as `sgd` hands it to `each_batch` after its step.

    Attributes
    ----------
    step : int
        Steps so far, from 1, counted through all epochs.
    trace : Trace
        The forward pass, from before the step.
    Y : ndarray of shape (m, n_out)
    """

    step: int
    trace: Trace
    Y: Array


@dataclass(frozen=True)
class Epoch:
    """A finished pass over the training data; `number` counts from 1."""

    number: int
    eta: float


def sgd(
    net: Network,
    data: Dataset,
    *,
    loss: Loss,
    batch_size: int = 10,
    eta: float | Schedule,
    rng: Rng,
    optimizer: Optimizer = SGD(),
    regularizer: Regularizer | None = None,
    dropout: Dropout | None = None,
    each_batch: Callable[[Batch], None] | None = None,
    state: State | None = None,
    first: int = 1,
) -> Iterator[Epoch]:
    """Train in place for as long as the caller asks for another epoch.

    Each epoch shuffles the examples and takes one step per mini-batch: decay the
    weights, then step against the mean gradient. Derived in "Gradient descent".

    Parameters
    ----------
    net : Network
        Changed in place.
    data : Dataset
    loss : Loss
    batch_size : int
        At most the number of examples; the last batch of an epoch holds the rest.
    eta : float or callable
        Learning rate, or a schedule: epoch number → learning rate.
    rng : numpy.random.Generator
        Decides the order of the examples, and which neurons dropout silences.
    optimizer, regularizer, dropout : optional
    each_batch : callable, optional
        Called with every `Batch`.
    state, first : optional
        The optimiser's state and the number of the next epoch, to continue a run.

    Raises
    ------
    Diverged
        If a parameter is not finite at the end of an epoch. The network then
        holds what it held when that epoch began.
    """
    _check.part("data", data, "from_labels", "nn.Dataset(X, Y)")
    _check.part("optimizer", optimizer, "step", "nn.Adam()")
    if regularizer is not None:
        _check.part("regularizer", regularizer, "decay", "nn.L2(5.0)")
    if dropout is not None:
        _check.part("dropout", dropout, "masks", "nn.Dropout(0.5)")
    X, Y = examples(net, data.X, data.Y, loss)
    n = len(X)
    if _check.positive_integer("batch_size", batch_size) > n:
        raise ValueError(f"batch_size {batch_size} is larger than the data: there are {n} examples")
    rate = schedule(eta)
    _check.generator("rng", rng)
    state = optimizer.start(net) if state is None else state

    def run() -> Iterator[Epoch]:  # apart, so that bad arguments are refused by the call itself
        step = (first - 1) * math.ceil(n / batch_size)
        grads = None
        for number in itertools.count(first):
            eta_now = _check.number(f"eta in epoch {number}", rate(number), at_least=0)
            before = net.copy()
            with np.errstate(over="ignore", invalid="ignore"):  # reported below
                for X_batch, Y_batch in minibatches(X, Y, batch_size, rng):
                    masks = None if dropout is None else dropout.masks(net, len(X_batch), rng)
                    trace = propagate(net, X_batch, masks)
                    grads = gradients(trace, errors(net, trace, Y_batch, loss), out=grads)
                    if regularizer is not None:
                        regularizer.decay(net, eta_now, n)
                    optimizer.step(net, grads, eta_now, state)
                    step += 1
                    if each_batch is not None:
                        each_batch(Batch(step, trace, Y_batch))
            if not all(np.isfinite(p).all() for p in net.parameters):
                for p, kept in zip(net.parameters, before.parameters, strict=True):
                    p[...] = kept
                raise Diverged(
                    f"training diverged in epoch {number}: a weight or bias became infinite or undefined. "
                    f"Try a smaller eta (it was {eta_now:g}), inputs of the order of 1 or smaller initial "
                    "weights. The network is back where that epoch began"
                )
            yield Epoch(number, eta_now)

    return run()


def outputs(net: Network, X: Array) -> Array:
    """The network's output for each row of X, a few thousand rows at a time."""
    return np.concatenate([forward(net, X[i : i + _CHUNK]).output for i in range(0, max(len(X), 1), _CHUNK)])


def classify(output: Array) -> Array:
    """Class numbers from outputs: the largest of several, or whether a single one exceeds ½.

    >>> classify(np.array([[0.1, 0.7, 0.2]])), classify(np.array([[0.4], [0.6]]))
    (array([1]), array([0, 1]))
    """
    return output.argmax(axis=1) if output.shape[1] > 1 else (output[:, 0] > 0.5).astype(np.int64)


def accuracy(net: Network, data: Dataset) -> float:
    """The share of examples put into the right class, from 0 to 1."""
    t = _classes(data)
    return float((classify(outputs(net, data.X)) == t).mean())


def label_accuracy(net: Network, data: Dataset) -> float:
    """The share of right yes/no answers where an example may carry several labels at once."""
    return float(((outputs(net, data.X) > 0.5) == (data.Y > 0.5)).mean())


def confusion(net: Network, data: Dataset) -> Array:
    """How many examples of class i (row) were taken for class j (column)."""
    t = _classes(data)
    counts = np.zeros((max(data.Y.shape[1], 2),) * 2, dtype=np.int64)
    np.add.at(counts, (t, classify(outputs(net, data.X))), 1)
    return counts


def cost(net: Network, data: Dataset, loss: Loss, regularizer: Regularizer | None = None) -> float:
    """The mean loss over the examples, plus the penalty if a regulariser is given."""
    X, Y = examples(net, data.X, data.Y, loss)
    total = 0.0
    for i in range(0, len(data), _CHUNK):
        z = propagate(net, X[i : i + _CHUNK]).z[-1]
        total += float(loss.values(net.activations[-1], z, Y[i : i + _CHUNK]).sum(dtype=np.float64))
    penalty = 0.0 if regularizer is None else regularizer.penalty(net, len(data))
    return total / len(data) + penalty


def _classes(data: Dataset) -> Array:
    _check.part("data", data, "from_labels", "nn.Dataset(X, Y, t)")
    if data.t is None:
        raise ValueError(
            "these data have no class numbers t; accuracy and confusion need them. For regression use "
            "cost, for several labels at once label_accuracy"
        )
    return data.t


@dataclass
class History:
    """What `train` measured.

    `history["validation accuracy"]` is a list with one number per epoch; so are
    "validation cost" and "eta", for every name in `monitor`. If `monitor_every`
    was given, `history.steps` holds "batch cost" and, where there are classes,
    "batch accuracy" of every step, and "validation cost" and so on of every
    `monitor_every`-th.
    """

    epochs: dict[str, list[float]] = field(default_factory=dict)
    steps: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int | None = None

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.epochs:
            raise KeyError(f"{name!r} was not recorded; recorded were {', '.join(self.epochs) or 'nothing'}")
        return self.epochs[name]

    def __len__(self) -> int:
        """Epochs recorded."""
        return len(self.epochs.get("eta", []))

    def _forget_the_unfinished(self) -> None:
        """Drop what was recorded of an interrupted epoch, so that all lists are equally long."""
        whole = min(map(len, self.epochs.values()), default=0)
        for values in self.epochs.values():
            del values[whole:]

    def plot(self) -> Any:
        """Draw cost and accuracy against epochs, one panel each: `viz.history`."""
        viz = importlib.import_module("nnlib.viz")  # here, for it needs matplotlib
        return viz.history(self)


@dataclass(frozen=True)
class EarlyStopping:
    """Stop after `patience` epochs without a new best, and go back to the best weights.

    `watch` names what is recorded: an accuracy should rise, a cost should fall.
    """

    patience: int
    watch: str = "validation accuracy"

    def __post_init__(self) -> None:
        _check.positive_integer("patience", self.patience)

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a value beats the best so far."""
        return best is None or (value < best if self.watch.endswith("cost") else value > best)


def train(
    net: Network,
    data: Dataset,
    *,
    loss: Loss,
    epochs: int,
    batch_size: int = 10,
    eta: float | Schedule,
    rng: Rng,
    optimizer: Optimizer = SGD(),
    regularizer: Regularizer | None = None,
    dropout: Dropout | None = None,
    monitor: Mapping[str, Dataset] | None = None,
    monitor_every: int | None = None,
    early_stopping: EarlyStopping | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> History:
    """Train in place for a number of epochs and record what happens.

    Parameters
    ----------
    net, data, loss, batch_size, eta, rng, optimizer, regularizer, dropout
        As for `sgd`.
    epochs : int
    monitor : mapping of str to Dataset, optional
        Measured after every epoch: cost without penalty, and accuracy if there
        are classes.
    monitor_every : int, optional
        Also record every mini-batch, and `monitor` after this many steps.
    early_stopping : EarlyStopping, optional
    checkpoint : path, optional
        Written after every epoch. If the file exists, the run goes on from it
        and ends in the same weights as one that was never interrupted, bit for
        bit on one machine with one number of BLAS threads.
    progress : callable, optional
        Wraps the range of epochs, for example ``nn.progress.bar``.

    Returns
    -------
    History

    Raises
    ------
    Diverged
        If a parameter or a monitored cost is no longer finite.
    Interrupted
        If a KeyboardInterrupt arrives. The network keeps the weights of the last
        step, with early stopping those of the best epoch.
    """
    _check.positive_integer("epochs", epochs)
    _check.part("optimizer", optimizer, "step", "nn.Adam()")
    if monitor_every is not None:
        _check.positive_integer("monitor_every", monitor_every)
    monitor = dict(monitor or {})
    for watched in monitor.values():
        examples(net, watched.X, watched.Y, loss)
    if early_stopping is not None:
        known = [f"{name} {what}" for name, d in monitor.items() for what in _measured(d)]
        if early_stopping.watch not in known:
            raise ValueError(
                f"early stopping watches {early_stopping.watch!r}, but monitor records "
                f"{', '.join(known) or 'nothing'}"
            )
    state = optimizer.start(net)
    run = _Run(net, state, rng, History(), None, None)
    if checkpoint is not None:
        settings = _settings(
            net, data, loss, batch_size, eta, optimizer, regularizer, dropout,
            monitor, monitor_every, early_stopping,
        )  # fmt: skip
        if Path(checkpoint).exists():
            try:
                run.restore(checkpoint, settings)
            except KeyError as missing:
                raise ValueError(f"{checkpoint} is not a whole checkpoint: {missing} is missing") from missing
        elif not Path(checkpoint).absolute().parent.is_dir():
            raise FileNotFoundError(
                f"there is no folder {Path(checkpoint).parent} to write the checkpoint to"
            )
    history = run.history

    def measure(into: dict[str, list[float]], epoch: int) -> None:
        for name, watched in monitor.items():
            for what, function in _measured(watched).items():
                with np.errstate(over="ignore", invalid="ignore"):  # reported below
                    value = function(net, watched, loss)
                if not math.isfinite(value):
                    raise Diverged(
                        f"the {name} {what} is {value} in epoch {epoch}: training diverged. Try a smaller eta"
                    )
                into.setdefault(f"{name} {what}", []).append(value)

    def record(batch: Batch) -> None:
        f = net.activations[-1]
        values = loss.values(f, batch.trace.z[-1], batch.Y)
        history.steps.setdefault("batch cost", []).append(float(values.mean()))
        if data.t is not None:
            right = classify(batch.trace.output) == classify(batch.Y)
            history.steps.setdefault("batch accuracy", []).append(float(right.mean()))
        if monitor_every is not None and batch.step % monitor_every == 0:
            measure(history.steps, len(history) + 1)

    done = len(history)
    running = sgd(
        net, data, loss=loss, batch_size=batch_size, eta=eta, rng=rng, optimizer=optimizer,
        regularizer=regularizer, dropout=dropout, state=state, first=done + 1,
        each_batch=None if monitor_every is None else record,
    )  # fmt: skip
    try:
        for number in progress(range(done + 1, epochs + 1)):
            waited = number - 1 - (history.best_epoch or 0)
            if early_stopping is not None and waited >= early_stopping.patience:
                break
            epoch = next(running)
            history.epochs.setdefault("eta", []).append(epoch.eta)
            measure(history.epochs, number)
            if early_stopping is not None:
                value = history[early_stopping.watch][-1]
                if early_stopping.improves(value, run.best_value):
                    run.best_value, run.best, history.best_epoch = value, net.copy(), number
            if checkpoint is not None:
                run.write(checkpoint, settings)
    except KeyboardInterrupt as stop:
        history._forget_the_unfinished()
        run.go_back()
        raise Interrupted(history) from stop
    run.go_back()
    return history


def _measured(data: Dataset) -> dict[str, Callable[[Network, Dataset, Loss], float]]:
    measures: dict[str, Callable[[Network, Dataset, Loss], float]] = {"cost": cost}
    if data.t is not None:
        measures["accuracy"] = lambda net, data, _: accuracy(net, data)
    return measures


_FORMAT, _VERSION = "nnlib checkpoint", 1


@dataclass
class _Run:
    """Everything that decides how training goes on: what a checkpoint holds."""

    net: Network
    state: State
    rng: Rng
    history: History
    best: Network | None
    best_value: float | None

    def go_back(self) -> None:
        """Give the network the weights of the best epoch, if one was looked for."""
        if self.best is not None:
            for p, best in zip(self.net.parameters, self.best.parameters, strict=True):
                p[...] = best

    def write(self, path: str | os.PathLike[str], settings: dict[str, Any]) -> None:
        header, arrays = to_arrays(self.net)
        header |= {
            "format": _FORMAT, "version": _VERSION, "settings": settings, "threads": _blas_threads(),
            "rng": self.rng.bit_generator.state, "epochs": self.history.epochs, "steps": self.history.steps,
            "best_epoch": self.history.best_epoch, "best_value": self.best_value,
        }  # fmt: skip
        arrays |= {f"state{i}": array for i, array in enumerate(self.state)}
        if self.best is not None:
            arrays |= {f"best_{name}": array for name, array in to_arrays(self.best)[1].items()}
        write_arrays(path, header, arrays)

    def restore(self, path: str | os.PathLike[str], settings: dict[str, Any]) -> None:
        header, arrays = read_arrays(path, _FORMAT, _VERSION)
        for name, value in settings.items():
            if header["settings"].get(name) != value:
                raise ValueError(
                    f"the checkpoint {path} belongs to another run: its {name} is "
                    f"{header['settings'].get(name)}, not {value}. Delete it to start anew"
                )
        if header["threads"] != _blas_threads():
            warnings.warn(
                f"the checkpoint {path} was written with {header['threads']} BLAS threads, not "
                f"{_blas_threads()}: the run goes on, but not bit for bit",
                stacklevel=3,
            )
        saved = from_arrays(path, header, arrays).parameters
        for array, kept in zip(self.net.parameters, saved, strict=True):
            array[...] = kept
        for i, array in enumerate(self.state):
            array[...] = arrays[f"state{i}"]
        self.rng.bit_generator.state = header["rng"]
        self.history = History(header["epochs"], header["steps"], header["best_epoch"])
        self.best_value = header["best_value"]
        best = {name.removeprefix("best_"): a for name, a in arrays.items() if name.startswith("best_")}
        self.best = from_arrays(path, header, best) if best else None


def _settings(net: Network, data: Dataset, *rest: object) -> dict[str, Any]:
    """What must agree for a run to go on: told by repr, and a checksum of the data."""
    names = (
        "loss", "batch_size", "eta", "optimizer", "regularizer", "dropout",
        "monitor", "monitor_every", "early_stopping",
    )  # fmt: skip
    checksum = zlib.crc32(np.ascontiguousarray(data.X).data, zlib.crc32(np.ascontiguousarray(data.Y).data))
    plain = {
        name: getattr(value, "__qualname__", None) or repr(value)
        for name, value in zip(names, rest, strict=True)
    }
    return {"network": repr(net), "data": f"{data!r} with checksum {checksum}", **plain}


def _blas_threads() -> int:
    """How many threads NumPy's matrix products were told to use."""
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        if os.environ.get(name, "").isdecimal():
            return int(os.environ[name])
    return os.cpu_count() or 1
