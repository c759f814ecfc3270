"""Find the submissions in a folder or a zip, without trusting them.

Nothing is unpacked to disk, no link is followed, and whatever is wrong with one submission is
said in one line about that one.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

MOST_BYTES = 30_000_000  # of a notebook with its outputs
MOST_MEMBERS = 20_000  # of a zip
MOST_ZIPS = 10  # of one student, that are looked into
MOST_PATH = 1_000  # characters of the name of a member of a zip
MOST_NAME = 200  # characters of a student's name
IGNORED = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini")

CANVAS = re.compile(r"^(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)$")
MOODLE = re.compile(r"^(?P<who>.+)_(?P<id>\d+)_assignsubmission_\w+?_?$")


class Unreadable(Exception):
    """A submission that cannot be graded; the text says why, in one line that any screen can show."""

    def __init__(self, why: str):
        super().__init__(printable(why)[:1000])


@dataclass
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student : str
        The name to show: what the file or folder says of who it is.
    identifier : str
        The number that Canvas or Moodle gave the student; "" elsewhere.
    source : str
        Where it was found.
    content : bytes
        The notebook, as handed in.
    fault : str
        Why it cannot be graded; "" if it can.
    system : str
        "Canvas", "Moodle" or "".
    """

    student: str
    identifier: str
    source: str
    content: bytes = b""
    fault: str = ""
    system: str = ""

    @property
    def key(self) -> str:
        """A name for files about this submission: safe, and unlike that of any other."""
        mark = hashlib.sha256(
            f"{self.student}\0{self.identifier}\0{self.system}".encode(errors="replace")
        ).hexdigest()[:8]
        safe = re.sub(r"[^A-Za-z0-9-]+", "_", self.student)[:40].strip("_-") or "student"
        return f"{safe}-{mark}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class _File:
    """A file in a folder or a zip, which is read when it is needed and not before."""

    name: str
    read: Callable[[], bytes] = bytes
    fault: str = ""


@dataclass
class _Found:
    """Files that belong to one student."""

    student: str
    identifier: str
    system: str
    notebooks: list[str] = field(default_factory=list)
    content: bytes | None = None  # of the first notebook
    zips: int = 0
    others: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def find(place: Path) -> list[Submission]:
    """Find the submissions in a folder, or in a zip of one, sorted by student.

    Known are the downloads of Canvas (`name_12345_67890_file.ipynb`) and Moodle (a folder
    `Name_12345_assignsubmission_file`), and otherwise a file or a folder for each student.

    Raises
    ------
    Unreadable
        The place does not exist, or nothing is in it.
    """
    if not place.exists():
        raise Unreadable(f"there is no {place}")
    grouped: dict[str, _Found] = {}
    for file in _files_of_folder(place) if place.is_dir() else _files_of_zip(_opened(place, place)):
        if _ignored(file.name):
            continue
        top, slash, rest = file.name.partition("/")
        who = _who(top, is_folder=bool(slash))
        own = "" if who.identifier or not slash else top  # of one student there may be two folders
        key = f"{own}\0{who.system}\0{who.student}\0{who.identifier}"
        found = grouped.setdefault(key, who)
        if rest or not slash:
            _take(found, file)
    if not grouped:
        raise Unreadable(f"there are no submissions in {place}: it is empty")
    return sorted(
        _once([_submission(found) for found in grouped.values()]), key=lambda s: (s.student, s.source)
    )


def _ignored(name: str) -> bool:
    return any(part in IGNORED or part.startswith("._") for part in name.split("/"))


def _who(top: str, *, is_folder: bool) -> _Found:
    """Read off a file's or folder's name whose it is."""
    if is_folder and (found := MOODLE.match(top)):
        return _Found(found["who"][:MOST_NAME], found["id"], "Moodle")
    if not is_folder and (found := CANVAS.match(top)):
        return _Found(found["who"][:MOST_NAME], found["id"], "Canvas")
    return _Found((top if is_folder else top.rsplit(".", 1)[0])[:MOST_NAME], "", "")


def _files_of_folder(place: Path) -> Iterator[_File]:
    """Yield every file below a folder, and the folders in it itself; links are not followed."""
    waiting = [place]
    while waiting:
        folder = waiting.pop()
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            if folder == place:
                raise
            name = printable(folder.relative_to(place).as_posix())
            yield _File(f"{name}/?", fault=f"{name} cannot be read: {error.strerror}")
            continue
        folders = []
        for path in paths:
            name = printable(unicodedata.normalize("NFC", path.relative_to(place).as_posix()))
            try:
                status = path.lstat()
            except OSError as error:
                yield _File(name, fault=f"{name} cannot be read: {error.strerror}")
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
                if folder == place:
                    yield _File(f"{name}/")
            elif not stat.S_ISREG(status.st_mode):
                kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no ordinary file"
                yield _File(name, fault=f"{name} is {kind}, and is not read")
            else:
                yield _File(name, partial(_read_file, path, name))
        waiting += reversed(folders)


def _read_file(path: Path, name: str) -> bytes:
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
            return _read_some(stream.read(MOST_BYTES + 1), name)
    except OSError as error:
        raise Unreadable(f"{name} cannot be read: {error.strerror}") from None


def _read_some(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise Unreadable(f"{name} is larger than {MOST_BYTES // 10**6} MB")
    return data


def _opened(file: Path | io.BytesIO, name: object) -> zipfile.ZipFile:
    """Open a zip.

    Raises
    ------
    Unreadable
    """
    if isinstance(file, Path) and not zipfile.is_zipfile(file):
        raise Unreadable(f"{name} is neither a folder nor a zip of submissions")
    # The list of members is read as a whole: each takes forty bytes in a zip and a thousand in memory.
    listed = file.getvalue().count(b"PK\x01\x02") if isinstance(file, io.BytesIO) else 0
    if listed <= MOST_MEMBERS:
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # damage has many names
            raise Unreadable(f"{name} is no zip that can be read: {error}") from None
        listed = len(archive.infolist())
    if listed > MOST_MEMBERS:
        raise Unreadable(f"{name} holds {listed:,} files, more than {MOST_MEMBERS:,}")
    return archive


def _files_of_zip(archive: zipfile.ZipFile) -> Iterator[_File]:
    """Yield every member of a zip, and the folders in it itself; they are read in memory."""
    for member in archive.infolist():
        written = _named(member)
        parts = [part for part in written.split("/") if part not in {"", ".", ".."}]
        name = printable("/".join(parts))
        if not name or written.endswith("/"):  # a name may be empty, which `is_dir` does not expect
            if len(parts) == 1:
                yield _File(f"{name}/")
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield _File(name, fault=f"{name} is a symbolic link, and is not read")
        elif ".." in written.split("/") or written.startswith("/"):
            yield _File(name, fault=f"a file named {printable(written)!r} wants to be outside the folder")
        else:
            yield _File(name, partial(_read_member, archive, member, name))


def _named(member: zipfile.ZipInfo) -> str:
    """Return a member's name; a Mac writes UTF-8 without saying so, and accents as letters of their own."""
    name = member.filename
    if not member.flag_bits & 0x800:  # read as the DOS of 1981 would have
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return unicodedata.normalize("NFC", name[:MOST_PATH])


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    try:
        with archive.open(member) as stream:
            data = stream.read(MOST_BYTES + 1)
    except Exception as error:  # zlib.error, lzma.LZMAError, a password: damage has many names
        raise Unreadable(f"{name} cannot be unpacked: {error}") from None
    return _read_some(data, name)


def _take(found: _Found, file: _File, within: str = "") -> None:
    """Sort a file in; a zip is looked into, a zip within a zip is not."""
    name = within + file.name
    lower = name.lower()
    if file.fault:
        found.faults.append(file.fault)
    elif lower.endswith(".ipynb"):
        found.notebooks.append(name)
        if len(found.notebooks) == 1:  # of several none is graded
            try:
                found.content = file.read()
            except Unreadable as error:
                found.faults.append(str(error))
    elif lower.endswith(".zip") and not within:
        found.zips += 1
        if found.zips > MOST_ZIPS:
            return
        try:
            archive = _opened(io.BytesIO(file.read()), name)
        except Unreadable as error:
            found.faults.append(str(error))
            return
        for inner in _files_of_zip(archive):
            if not _ignored(inner.name) and not inner.name.endswith("/"):
                _take(found, inner, f"{name}/")
    else:
        found.others.append(name)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return ", ".join(name[:MOST_NAME] for name in names[:5]) + more


def _submission(found: _Found) -> Submission:
    submission = Submission(found.student, found.identifier, "", system=found.system)
    names = found.notebooks
    submission.source = _listed(names) or _listed(found.others) or found.student
    if found.zips > MOST_ZIPS:
        submission.fault = f"{found.zips:,} zips; leave the one that counts"
    elif len(names) > 1:
        submission.fault = f"{len(names):,} notebooks ({_listed(names)}); leave the one that counts"
    elif found.content is not None:
        submission.content = found.content
    elif found.faults:
        submission.fault = found.faults[0]
    else:
        held = f"; there is {_listed(found.others)}" if found.others else ""
        submission.fault = f"no notebook (.ipynb){held}"
    return submission


def _once(submissions: list[Submission]) -> list[Submission]:
    """Mark students who are there more than once: which one counts is not for a program to say."""
    groups: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for submission in submissions:
        groups[submission.system, submission.identifier or submission.student].append(submission)
    for group in groups.values():
        if holders := [one for one in group if one.content]:
            group[:] = holders  # a folder without a notebook beside it is nothing
        if len(group) > 1:
            sources = _listed([submission.source for submission in group])
            group[0].fault = f"handed in {len(group)} times ({sources}); leave the one that counts"
            group[0].source, group[0].content = sources, b""
    return [group[0] for group in groups.values()]


def printable(text: str) -> str:
    """Make a line that can be written anywhere, whatever bytes it was made of."""
    text = re.sub(r"[\n\r\t]+", " ", text.encode("utf-8", "backslashreplace").decode("utf-8"))
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
