"""Finding the files of a data set, and fetching those that are missing.

If the environment variable NNLIB_DATA names a folder, files are taken from there, zipped
or not, and nowhere else. Otherwise they come from the user's cache, into which pooch downloads
them once. Either way no byte is used before the file's SHA-256 has been checked.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import os
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nnlib.datasets._sources import SOURCES, File, Source

TIMEOUT = 30.0  # seconds without a byte from a mirror
CHUNK = 2**16
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DataUnavailable(RuntimeError):
    """A data set that is neither at hand nor to be had; the message says what to do."""


@dataclass(frozen=True)
class Found:
    """A file with the right SHA-256.

    Attributes
    ----------
    path : Path
    address : str or None
        Where it was downloaded from just now; None if it was at hand.
    """

    path: Path
    address: str | None = None


def find_source(name: str) -> Source:
    """Look a name up in the table."""
    if name not in SOURCES:
        raise DataUnavailable(f"there is no data set {name!r} to fetch; there are: {', '.join(SOURCES)}")
    return SOURCES[name]


def available(name: str) -> bool:
    """Whether all files of a data set are at hand, undamaged; downloads nothing.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}

    Raises
    ------
    DataUnavailable
        If there is no data set of that name.
    """
    source = find_source(name)
    try:
        folder = (_given_folder() or _cache_folder()) / source.name
    except DataUnavailable:  # without pooch there is no cache
        return False
    return all(_at_hand(folder, file) is not None for file in source.files)


def fetch(source: Source, *, folder: Path | None = None, timeout: float = TIMEOUT) -> Iterator[Found]:
    """Yield the files of a data set one by one, each verified, and downloaded if need be.

    Parameters
    ----------
    source : Source
    folder : Path, optional
        Where to look and to download to, instead of NNLIB_DATA or the cache.
    timeout : float
        Seconds to wait for a mirror that sends nothing.

    Yields
    ------
    Found

    Raises
    ------
    DataUnavailable
        If a file in NNLIB_DATA is missing or damaged, no mirror gives the right
        file, or it cannot be written.
    """
    given = _given_folder() if folder is None else None
    home = (folder or given or _cache_folder()) / source.name
    for file in source.files:
        path = _at_hand(home, file)
        if path is not None:
            yield Found(path)
        elif given is None:
            yield _download(source, file, home / file.name, timeout)
        else:
            raise DataUnavailable(
                f"NNLIB_DATA is set to {given}, but {home / file.name} {_fault(home / file.name, file)}.\n"
                f"{_remedy(source, file, given)}, or unset NNLIB_DATA to have it downloaded to the cache.\n"
                "nn.datasets.digits() works offline."
            )


def _given_folder() -> Path | None:
    given = os.environ.get("NNLIB_DATA")
    return Path(given).expanduser() if given else None


def _cache_folder() -> Path:
    return Path(_import_pooch().os_cache("nnlib"))


def _import_pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise DataUnavailable(
            "downloading needs the package pooch: `pip install pooch`, or set NNLIB_DATA to a folder "
            "that has the files already.\nnn.datasets.digits() works offline."
        ) from error
    return pooch


def _at_hand(folder: Path, file: File) -> Path | None:
    """The official file, or what a browser made of it: unzipped, with or without its ending."""
    paths = (folder / file.name, folder / file.name.removesuffix(".gz"))
    return next((path for path in paths if _fault(path, file) is None), None)


def _remedy(source: Source, file: File, given: Path) -> str:
    if _at_hand(given, file) is not None:
        return f"The file is in {given} itself: set NNLIB_DATA to the folder above, {given.parent}"
    return f"Put the official file there, for example with `{_command(source, given)}`"


def _fault(path: Path, file: File) -> str | None:
    """Say what is wrong with a file; None if nothing is."""
    try:
        if not path.exists():
            return "is missing"
        if not path.is_file():
            return "is not a file"
        size = path.stat().st_size
        right = file.sha256 if size == file.size else file.plain_sha256 if size == file.plain_size else ""
        if not right:
            return f"is damaged: {size:,} bytes instead of {file.size:,}"
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None if sha256 == right else f"is damaged: its SHA-256 is {sha256}, not {right}"


def _download(source: Source, file: File, path: Path, timeout: float) -> Found:
    """Fetch one file from the first mirror that sends it unharmed.

    pooch writes to a temporary file beside `path`, removes it whatever happens, and
    moves it into place only if the SHA-256 is right.
    """
    pooch = _import_pooch()
    from requests.exceptions import RequestException  # pooch brings requests along

    failures = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for mirror in source.mirrors:
            address = mirror + file.name
            try:
                pooch.retrieve(
                    address,
                    f"sha256:{file.sha256}",
                    path.name,
                    path.parent,
                    downloader=_downloader(file, timeout),
                )
            except (RequestException, ConnectionError, TimeoutError, ValueError) as error:
                failures.append(f"  {address}: {_reason(error)}")
            else:
                with contextlib.suppress(OSError):
                    path.chmod(0o644)  # pooch lets only the owner read, which is no use in a shared folder
                return Found(path, address)
    except OSError as error:
        raise DataUnavailable(_not_written(source, file, path, error)) from error
    raise DataUnavailable(
        f"{source.title} is not at hand, and no mirror gave {file.name}:\n"
        + "\n".join(failures)
        + f"\nRun `python -m nnlib.datasets {source.name}` when there is a network; or run "
        f"`{_command(source)}` on a computer that has one, bring FOLDER here and set NNLIB_DATA to it.\n"
        "nn.datasets.digits() works offline."
    )


def _downloader(file: File, timeout: float) -> Callable[[str, str, Any], None]:
    http = _import_pooch().HTTPDownloader(
        progressbar=importlib.util.find_spec("tqdm") is not None,
        chunk_size=CHUNK,
        timeout=timeout,
        headers={
            "Accept-Encoding": "identity"
        },  # else a server may call the .gz its encoding; it is then undone
    )

    def download(address: str, target: str, _: Any) -> None:
        with Path(target).open("wb") as stream:
            bounded = _BoundedFile(stream, file.size)
            http(address, bounded, None)
        if bounded.left:
            raise ValueError(f"sent {file.size - bounded.left:,} bytes instead of {file.size:,}")

    return download


class _BoundedFile:
    """Takes `size` bytes and no more, so that an endless answer cannot fill the disk."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.size, self.left = stream, size, size

    def write(self, chunk: bytes) -> int:
        if len(chunk) > self.left:
            raise ValueError(f"sent more than the {self.size:,} bytes of the file")
        self.left -= len(chunk)
        return self.stream.write(chunk)

    def flush(self) -> None:
        self.stream.flush()


def _reason(error: BaseException) -> str:
    """Name, in a line, the innermost of the errors that requests and urllib3 wrap in one another."""
    wrapped = [e for e in (getattr(error, "reason", None), *error.args) if isinstance(e, BaseException)]
    if wrapped:
        return _reason(wrapped[-1])
    text = textwrap.shorten(str(error), 300)
    printable = "".join(c if c.isprintable() else "?" for c in text)  # a server may have sent it
    return f"{type(error).__name__}: {printable}"


def _not_written(source: Source, file: File, path: Path, error: OSError) -> str:
    if error.errno in DISK_FULL:
        trouble = f"there is no room for the {file.size:,} bytes of {file.name} in {path.parent}"
        remedy = "Make room and try again"
    else:
        trouble = f"{file.name} cannot be written to {path.parent}"
        remedy = "Make that folder writable"
    return (
        f"{source.title} cannot be stored: {trouble} ({error.strerror or error}).\n"
        f"{remedy}; or run `{_command(source)}` with another folder and set NNLIB_DATA to it.\n"
        "nn.datasets.digits() works offline."
    )


def _command(source: Source, folder: Path | str = "FOLDER") -> str:
    return f'python -m nnlib.datasets {source.name} --to "{folder}"'
