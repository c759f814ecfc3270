"""Find the submissions in a folder or a zip, and read them without trusting them.

Nothing is unpacked to disk, no link is followed, and whatever is wrong with one submission is
said in one line about that one.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import os
import re
import stat
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

MOST_BYTES = 30_000_000  # of a notebook with its outputs
MOST_SOURCE = 256_000  # of its code, in characters
MOST_CELLS = 500
MOST_PARTS = 500_000  # lists and dictionaries in a notebook: as Python's, each takes fifty times its JSON
MOST_MEMBERS = 20_000  # of a zip
MOST_ZIPS = 10  # of one student, that are looked into
MOST_NAME = 200  # characters of a student's name
IGNORED = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini")

CANVAS = re.compile(r"^(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)$")
CHECK = re.compile(r"""^[^#\n]*\bgrader\.check\(\s*["'](\w+)["']\s*\)""", re.MULTILINE)
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
        key = f"{top if slash else ''}\0{who.student}\0{who.identifier}"
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
            name = printable(path.relative_to(place).as_posix())
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
        parts = [part for part in member.filename.split("/") if part not in {"", ".", ".."}]
        name = printable("/".join(parts))
        if not name or member.filename.endswith("/"):  # a name may be empty, which `is_dir` does not expect
            if len(parts) == 1:
                yield _File(f"{name}/")
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield _File(name, fault=f"{name} is a symbolic link, and is not read")
        elif ".." in member.filename.split("/") or member.filename.startswith("/"):
            wanted = printable(member.filename)
            yield _File(name, fault=f"a file named {wanted!r} wants to be outside the folder")
        else:
            yield _File(name, partial(_read_member, archive, member, name))


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
        if len(group) > 1:
            sources = _listed([submission.source for submission in group])
            group[0].fault = f"handed in {len(group)} times ({sources}); leave the one that counts"
            group[0].source, group[0].content = sources, b""
    return [group[0] for group in groups.values()]


def printable(text: str) -> str:
    """Make a line that can be written anywhere, whatever bytes it was made of."""
    text = re.sub(r"[\n\r\t]+", " ", text.encode("utf-8", "backslashreplace").decode("utf-8"))
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


# ---- reading one --------------------------------------------------------------------------


@dataclass
class Cell:
    """A code cell: its place in the notebook, counted from 1, and its source."""

    place: int
    source: str

    @property
    def first_line(self) -> str:
        """The first line that says something, cut short."""
        lines = [line for line in self.source.splitlines() if line.strip()]
        return printable(lines[0])[:60] if lines else ""


@dataclass
class Notebook:
    """What of a submitted notebook is used: its code and its texts, none of its outputs.

    Attributes
    ----------
    cells : list of Cell
        The code that is run.
    texts : list of (int, str)
        The texts, with their places.
    skipped : list of int
        The places of experiments, which are not run.
    remarks : list of str
        What a person should look at.
    """

    cells: list[Cell]
    texts: list[tuple[int, str]]
    skipped: list[int]
    remarks: list[str]

    @property
    def checked(self) -> dict[str, int]:
        """Where each question is checked: after the last cell that calls `grader.check` for it."""
        return {name: cell.place for cell in self.cells for name in CHECK.findall(cell.source)}


def read(submission: Submission, assignment: str, without: Sequence[str] = ()) -> Notebook:
    """Take a submission apart; say so in its remarks if it imports what it should do without.

    Raises
    ------
    Unreadable
        It is no notebook of this assignment that could be run.
    """
    if submission.fault:
        raise Unreadable(submission.fault)
    raw = _json(submission.content)
    metadata = _mapping(raw.get("metadata"))
    kernel = _mapping(metadata.get("kernelspec"))
    info = _mapping(metadata.get("language_info"))
    language = _word(kernel.get("language") or info.get("name") or "python").lower()
    if language not in {"python", "ipython"}:
        raise Unreadable(f"a notebook for {language[:40]}, not for Python")
    own = _mapping(metadata.get("nnlib"))
    if own.get("assignment") not in (None, assignment):
        raise Unreadable(f"the notebook of {_word(own['assignment'])[:60]}, not of {assignment}")
    if not isinstance(raw.get("cells"), list):
        raise Unreadable("a notebook without cells, or in the format before version 4")
    notebook = Notebook([], [], [], [])
    for place, cell in enumerate(raw["cells"], 1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        source = "".join(map(_word, source)) if isinstance(source, list) else _word(source)
        tags = _mapping(cell.get("metadata")).get("tags", [])
        if cell.get("cell_type") == "markdown":
            notebook.texts.append((place, source))
        elif cell.get("cell_type") == "code" and (
            (isinstance(tags, list) and "experiment" in tags) or source.lstrip().startswith("# experiment")
        ):
            notebook.skipped.append(place)
        elif cell.get("cell_type") == "code":
            notebook.cells.append(Cell(place, source))
    if len(notebook.cells) > MOST_CELLS:
        raise Unreadable(f"{len(notebook.cells)} code cells, more than {MOST_CELLS}")
    size = sum(len(cell.source) for cell in notebook.cells)
    if size > MOST_SOURCE:
        raise Unreadable(f"{size:,} characters of code, more than {MOST_SOURCE:,}: no data belong into it")
    if not notebook.cells:
        why = ": all its cells are tagged as experiments" if notebook.skipped else ""
        raise Unreadable(f"a notebook without code{why}")
    notebook.remarks = [*remarks(notebook), *_imports(notebook, without)]
    return notebook


def _imports(notebook: Notebook, without: Sequence[str]) -> Iterator[str]:
    for name in without:
        wanted = re.compile(rf"^\s*(import|from)\s+{name}\b", re.MULTILINE)
        places = [c.place for c in notebook.cells if "otter" not in c.source and wanted.search(c.source)]
        if places:
            yield f"cell {', '.join(map(str, places))}: imports {name}, which is to be done without"


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    """Return a text that can be written; of anything else, which may be nested for ever, the type's name."""
    return (
        value.encode("utf-8", "replace").decode("utf-8")
        if isinstance(value, str)
        else f"({type(value).__name__})"
    )


def _json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise Unreadable("an empty file")
    if (parts := content.count(b"[") + content.count(b"{")) > MOST_PARTS:
        raise Unreadable(f"not a notebook: {parts:,} lists and dictionaries, more than {MOST_PARTS:,}")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("not a notebook: it is no UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not a notebook: it is no JSON ({str(error)[:80]})") from None
    if not isinstance(raw, dict):
        raise Unreadable("not a notebook: JSON of another kind")
    return raw


# What no answer needs. It is not forbidden, the sandbox makes it harmless: a person should look.
UNUSUAL = {
    **dict.fromkeys(("socket", "urllib", "requests", "http", "ftplib", "httpx"), "the network"),
    **dict.fromkeys(("subprocess", "multiprocessing", "pty", "signal", "resource"), "processes"),
    **dict.fromkeys(("ctypes", "cffi", "gc", "inspect", "importlib", "builtins"), "Python's insides"),
    **dict.fromkeys(("pickle", "dill", "cloudpickle", "shelve", "marshal"), "pickles"),
    **dict.fromkeys(("ipykernel", "zmq", "jupyter_client", "wire", "launch"), "the kernel's insides"),
}
CALLS = {
    **dict.fromkeys(("_exit", "kill", "fork", "system", "popen", "killpg", "execv", "spawnv"), "processes"),
    **dict.fromkeys(("_getframe", "__subclasses__", "__globals__", "__builtins__"), "Python's insides"),
    **dict.fromkeys(("_functions", "answer_function"), "the kernel's insides"),
}
FILES = {
    "open",
    "chmod",
    "symlink",
    "unlink",
    "rmtree",
    "listdir",
    "walk",
    "write_text",
    "write_bytes",
    "read_text",
}
LIBRARIES = {"np", "numpy", "nn", "nnlib", "nnbook", "otter", "sys", "grader", "builtins"}
CHECKS = {"test_files", "test_case", "TestFile", "ExceptionTestFile", "checking"}


def remarks(notebook: Notebook) -> Iterator[str]:
    """Say what a person should look at: code that no answer needs."""
    seen: dict[str, set[int]] = defaultdict(set)
    for cell in notebook.cells:
        if "unpack(" in cell.source and "otter" in cell.source:
            continue  # the set-up cell
        for what in _unusual(cell.source):
            seen[what].add(cell.place)
    for what, places in sorted(seen.items()):
        listed = ", ".join(map(str, sorted(places)))
        yield f"cell {listed}: code about {what}"


def _unusual(source: str) -> Iterator[str]:
    plain = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    if len(plain) < len(source) and re.search(r"^\s*!", source, re.MULTILINE):
        yield "processes"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of backslashes in a label: no concern of the instructor's
            tree = ast.parse(plain)
    except (RecursionError, MemoryError):
        yield "something nested too deeply to be looked at"
        return
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0], *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in CALLS:
                yield CALLS[name]
            if name in FILES:
                yield "files"
            if name in CHECKS:
                yield "the checks"
            if name in {"__import__", "exec", "eval", "compile"} and isinstance(node, ast.Name):
                yield "Python's insides"
        elif isinstance(node, ast.Constant) and node.value in UNUSUAL:
            yield UNUSUAL[node.value]
        for name in names:
            if name in UNUSUAL:
                yield UNUSUAL[name]
            if name in CHECKS:
                yield "the checks"
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
            targets = node.targets if not isinstance(node, ast.AugAssign) else [node.target]
            for target in targets:
                root = target
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(target, ast.Attribute) and isinstance(root, ast.Name) and root.id in LIBRARIES:
                    yield "changing a library"
        if isinstance(node, ast.FunctionDef) and node.name in {
            "__eq__",
            "__array__",
            "__float__",
            "__le__",
            "__lt__",
        }:
            yield "objects that answer for themselves"
