"""The IDX format of the MNIST files, read with every promise of its header checked.

An IDX file holds two zero bytes, a type code (8 for unsigned bytes), the number of
dimensions, each dimension as a 32-bit integer with the high byte first, and then
the data in row order. The official files are gzipped; plain ones are read too.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LIMIT = 2**28  # bytes; the largest official file holds 47 million
CHUNK = 2**20
UNSIGNED_BYTES = 0x08
MAX_DIMENSIONS = 32


def read_idx(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Unsigned bytes from an IDX file, gzipped or plain (the contents decide, not the name).

    Memory stays at the size that the header announces, whatever a compressed file
    would swell to.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    ndarray of uint8
        Shape as in the header: (m, 28, 28) for MNIST's images, (m,) for its labels.

    Raises
    ------
    ValueError
        If there is no such file, it is damaged, it is not an IDX file of unsigned
        bytes, or its data do not fill the announced shape exactly.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise _refusal(path, "a file", "there is none", "check the path")
        if not path.is_file():
            raise _refusal(path, "a file", "this is not one", "give the path of a file")
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not zipped:
                return _read(path, raw)
            with gzip.GzipFile(fileobj=raw) as unzipped:
                return _read(path, unzipped)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _refusal(path, "an intact gzip file", f"it is damaged or cut short ({error})") from error
    except OSError as error:
        reason = error.strerror or error
        raise _refusal(
            path, "a readable file", f"reading failed: {reason}", "check its permissions"
        ) from error


def _read(path: Path, stream: io.BufferedIOBase) -> NDArray[np.uint8]:
    shape = _read_shape(path, stream)
    size = math.prod(shape)
    data = np.empty(size, dtype=np.uint8)
    filled = _fill(stream, data.data)
    if filled < size:
        raise _refusal(path, f"{size:,} bytes of data for shape {shape}", f"only {filled:,} are there")
    if stream.read(1):  # for gzip, reaching the end also checks length and CRC
        raise _refusal(path, f"{size:,} bytes of data for shape {shape}", "more bytes follow")
    return data.reshape(shape)


def _read_shape(path: Path, stream: io.BufferedIOBase) -> tuple[int, ...]:
    start = stream.read(4)
    if not start:
        raise _refusal(path, "an IDX file", "it is empty")
    if len(start) == 4 and start[:2] != b"\0\0":
        raise _refusal(path, "an IDX file, which begins with two zero bytes", f"it begins with {start!r}")
    if len(start) == 4 and start[2] != UNSIGNED_BYTES:
        raise _refusal(
            path,
            f"unsigned bytes (type code 0x{UNSIGNED_BYTES:02x})",
            f"the type code is 0x{start[2]:02x}",
            "use a file of unsigned bytes",
        )
    dimensions = start[3] if len(start) == 4 else 1
    if not 1 <= dimensions <= MAX_DIMENSIONS:
        raise _refusal(path, f"1 to {MAX_DIMENSIONS} dimensions", f"the header announces {dimensions}")
    rest = stream.read(4 * dimensions)
    if len(rest) < 4 * dimensions:
        length = len(start) + len(rest)
        raise _refusal(path, f"a header of {4 + 4 * dimensions} bytes", f"the file ends after {length}")
    shape = tuple(int(d) for d in np.frombuffer(rest, dtype=">u4"))
    if math.prod(max(d, 1) for d in shape) > LIMIT:  # a zero must not hide an absurd neighbour
        raise _refusal(path, f"at most {LIMIT:,} bytes of data", f"the header announces shape {shape}")
    return shape


def _fill(stream: io.BufferedIOBase, target: memoryview) -> int:
    filled = 0
    while filled < len(target):
        count = stream.readinto(target[filled : filled + CHUNK])
        if not count:
            break
        filled += count
    return filled


def _refusal(path: Path, expected: str, came: str, advice: str = "fetch the file again") -> ValueError:
    return ValueError(f"{path}: expected {expected}, but {came}; {advice}")
