"""What is fuzzed: every reader of files from outside, and the exceptions its documentation names.

A target takes bytes, hands them to a reader and swallows what the reader may raise. Anything else
that comes out is a finding.
"""

import atexit
import gzip
import io
import json
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "book")]

import nnlib as nn  # noqa: E402
from assignments.marking import looking, submissions  # noqa: E402
from nnbook import book_data  # noqa: E402
from nnlib.datasets.idx import read_idx  # noqa: E402

SCRATCH = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
atexit.register(shutil.rmtree, SCRATCH, ignore_errors=True)


def written(content: bytes, name: str) -> Path:
    """A file that holds the bytes."""
    path = SCRATCH / name
    path.write_bytes(content)
    return path


@dataclass(frozen=True)
class Target:
    """A reader, what it may raise, and files it reads, from which a fuzzer sets out."""

    read: Callable[[bytes], object]
    may_raise: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]

    def __call__(self, content: bytes) -> bool:
        """Whether the bytes were taken for good ones."""
        try:
            self.read(content)
        except self.may_raise as refusal:
            if not str(refusal).strip():
                raise AssertionError(f"{refusal!r} says nothing") from refusal
            return False
        return True


def read_model(content: bytes) -> None:
    """`nnlib.load`, and what it gives must be a network that computes."""
    net = nn.load(written(content, "net.npz"))
    with np.errstate(all="ignore"):
        nn.forward(net, np.zeros((1, net.sizes[0]), net.dtype))


def read_checkpoint(content: bytes) -> None:
    """`nnlib.train` going on from a checkpoint that somebody else may have written."""
    go_on(written(content, "run.npz"))


def go_on(path: Path) -> None:
    """Train for one epoch, or not at all if the checkpoint holds it."""
    rng = np.random.default_rng(0)
    data = nn.Dataset.from_labels(nn.datasets.xor().X, nn.datasets.xor().t, 2)
    net = nn.Network.random([2, 3, 2], rng=rng)
    nn.train(net, data, loss=nn.cross_entropy, epochs=1, batch_size=4, eta=0.1, rng=rng, checkpoint=path)


def repacked(content: bytes, seed: bytes) -> bytes:
    """An intact archive with other bytes in one part: the first says which, the rest is what it holds."""
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[sorted(parts)[content[0] % len(parts) if content else 0]] = content[1:]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return buffer.getvalue()


def parts_of(seed: bytes) -> list[bytes]:
    """What `repacked` turns back into the archive it was made of."""
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        return [bytes([k]) + archive.read(name) for k, name in enumerate(sorted(archive.namelist()))]


def read_data(content: bytes) -> None:
    """The YAML of the book: the first byte says which file it is taken for."""
    names = book_data.NAMES
    book_data.parse(names[content[0] % len(names)] if content else names[0], content[1:])


WITHOUT = ["nnlib", ".polyder", "1j"]


def read_notebook(content: bytes) -> None:
    """A notebook that was handed in."""
    looking.look(content, "a2_gradient_descent", WITHOUT, [])


def read_zip(content: bytes) -> None:
    """A zip of submissions, and every notebook in it that is not refused."""
    for found in submissions.find(written(content, "handed-in.zip")):
        assert found.key
        try:
            looking.look(found.content, "a2_gradient_descent", WITHOUT, [])
        except looking.Unfit:
            continue


def idx_files() -> list[bytes]:
    plain = b"\0\0\x08\x02\0\0\0\x03\0\0\0\x02" + bytes(range(6))
    return [plain, gzip.compress(plain, mtime=0), b"\0\0\x08\x01\0\0\0\x02\1\2"]


@cache
def model_files() -> list[bytes]:
    net = nn.Network.random([2, 3, 2], rng=np.random.default_rng(0), hidden=nn.relu, output=nn.softmax)
    nn.save(net, SCRATCH / "seed.npz")
    return [(SCRATCH / "seed.npz").read_bytes()]


@cache
def checkpoint_files() -> list[bytes]:
    path = SCRATCH / "seed-run.npz"
    go_on(path)
    return [path.read_bytes()]


def data_files() -> list[bytes]:
    cut = [book_data.path(name).read_bytes().split(b"\n- ") for name in book_data.NAMES]
    return [bytes([k]) + b"- " + parts[1] for k, parts in enumerate(cut)]


def notebooks() -> list[bytes]:
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["x"]}, "source": ["import os\n", "x = 1"], "outputs": []},
        {"cell_type": "markdown", "metadata": {}, "source": "text"},
    ]
    own = {"kernelspec": {"language": "python"}, "nnlib": {"assignment": "a2_gradient_descent"}}
    return [json.dumps({"cells": cells, "metadata": own, "nbformat": 4, "nbformat_minor": 5}).encode()]


def zips() -> list[bytes]:
    found = []
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name in ("ann_12_34_a2.ipynb", "Bob B_5_assignsubmission_file/a2.ipynb", "eve.zip"):
                archive.writestr(zipfile.ZipInfo(name), notebooks()[0])
        found.append(buffer.getvalue())
    return found


TARGETS = {
    "idx": Target(lambda content: read_idx(written(content, "images.idx")), (ValueError,), idx_files),
    "model": Target(read_model, (ValueError,), model_files),
    "model parts": Target(
        lambda content: read_model(repacked(content, model_files()[0])),
        (ValueError,),
        lambda: parts_of(model_files()[0]),
    ),
    "checkpoint": Target(read_checkpoint, (ValueError,), checkpoint_files),
    "checkpoint parts": Target(
        lambda content: read_checkpoint(repacked(content, checkpoint_files()[0])),
        (ValueError,),
        lambda: parts_of(checkpoint_files()[0]),
    ),
    "data": Target(read_data, (book_data.BadData,), data_files),
    "notebook": Target(read_notebook, (looking.Unfit,), notebooks),
    "zip": Target(read_zip, (submissions.Unreadable,), zips),
}
