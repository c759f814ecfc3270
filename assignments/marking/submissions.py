"""Find the submissions in a folder or a zip, and read them without trusting them.

Nothing is unpacked to disk, no link is followed, and whatever is wrong with one submission is
said in one line about that one.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 30_000_000  # of a notebook with its outputs
MOST_SOURCE = 256_000  # of its code, in characters
MOST_CELLS = 500
IGNORED = ("__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini")

CANVAS = re.compile(r"^(?P<who>[^_]+)_(?:LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)$")
MOODLE = re.compile(r"^(?P<who>.+)_(?P<id>\d+)_assignsubmission_\w+?_?$")


class Unreadable(Exception):
    """A submission that cannot be graded; the text says why."""


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
        mark = hashlib.sha256(f"{self.student}\0{self.identifier}".encode(errors="replace")).hexdigest()[:8]
        safe = re.sub(r"[^A-Za-z0-9-]+", "_", self.student)[:40].strip("_") or "student"
        return f"{safe}-{mark}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class _Found:
    """Files that belong to one student."""

    student: str
    identifier: str
    system: str
    notebooks: list[tuple[str, bytes]] = field(default_factory=list)
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
    files = list(_files_of_zip(place.name, place.read_bytes()) if place.is_file() else _files_of_folder(place))
    if place.is_file() and not zipfile.is_zipfile(place):
        raise Unreadable(f"{place} is neither a folder nor a zip of submissions")
    grouped: dict[str, _Found] = {}
    for name, content, fault in files:
        if any(part in IGNORED or part.startswith("._") for part in name.split("/")):
            continue
        top, _, rest = name.partition("/")
        who = _who(top, is_folder=bool(rest))
        key = f"{top if rest else ''}\0{who.student}\0{who.identifier}"
        found = grouped.setdefault(key, who)
        _take(found, name, content, fault)
    if not grouped:
        raise Unreadable(f"there are no submissions in {place}: it is empty")
    return sorted(_once([_submission(found) for found in grouped.values()]), key=lambda s: (s.student, s.source))


def _who(top: str, *, is_folder: bool) -> _Found:
    """Read off a file's or folder's name whose it is."""
    if is_folder and (found := MOODLE.match(top)):
        return _Found(found["who"], found["id"], "Moodle")
    if not is_folder and (found := CANVAS.match(top)):
        return _Found(found["who"], found["id"], "Canvas")
    return _Found(top if is_folder else top.rsplit(".", 1)[0], "", "")


def _files_of_folder(place: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield name, content and fault of every file below a folder; links are not followed."""
    for path in sorted(place.rglob("*")):
        name = _printable(path.relative_to(place).as_posix())
        try:
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode):
                continue
            if not stat.S_ISREG(mode):
                kind = "a symbolic link" if stat.S_ISLNK(mode) else "no ordinary file"
                yield name, b"", f"{name} is {kind}, and is not read"
            elif path.lstat().st_size > MOST_BYTES:
                yield name, b"", f"{name} is larger than {MOST_BYTES // 10**6} MB"
            else:
                yield name, path.read_bytes(), ""
        except OSError as error:
            yield name, b"", f"{name} cannot be read: {error.strerror}"


def _files_of_zip(where: str, content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes, str]]:
    """Yield name, content and fault of every member of a zip, read in memory."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        yield where, b"", f"{where} is no zip that can be read: {error}"
        return
    if len(members) > 20_000:
        yield where, b"", f"{where} holds {len(members):,} files"
        return
    for member in members:
        name = _printable("/".join(part for part in member.filename.split("/") if part not in {"", ".", ".."}))
        if member.is_dir() or not name:
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            yield name, b"", f"{name} is a symbolic link, and is not read"
            continue
        if ".." in member.filename.split("/") or member.filename.startswith("/"):
            yield name, b"", f"a file named {_printable(member.filename)!r} wants to be outside the folder"
            continue
        try:
            with archive.open(member) as stream:
                data = stream.read(MOST_BYTES + 1)
        except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, NotImplementedError, EOFError) as error:
            yield name, b"", f"{name} cannot be unpacked: {error}"
            continue
        except Exception as error:  # zlib.error, lzma.LZMAError: damage has many names
            yield name, b"", f"{name} cannot be unpacked: {error}"
            continue
        if len(data) > MOST_BYTES:
            yield name, b"", f"{name} is larger than {MOST_BYTES // 10**6} MB"
        else:
            yield name, data, ""


def _take(found: _Found, name: str, content: bytes, fault: str) -> None:
    """Sort a file in; a zip within is looked into, once."""
    if fault:
        found.faults.append(fault)
    elif name.lower().endswith(".ipynb"):
        found.notebooks.append((name, content))
    elif name.lower().endswith(".zip"):
        for inner, data, wrong in _files_of_zip(name, content, 1):
            if any(part in IGNORED or part.startswith("._") for part in inner.split("/")):
                continue
            if wrong:
                found.faults.append(wrong)
            elif inner.lower().endswith(".ipynb"):
                found.notebooks.append((f"{name}/{inner}", data))
            else:
                found.others.append(inner)
    else:
        found.others.append(name)


def _submission(found: _Found) -> Submission:
    submission = Submission(found.student, found.identifier, "", system=found.system)
    names = [name for name, _ in found.notebooks]
    submission.source = ", ".join(names) or ", ".join(found.others) or found.student
    if len(names) > 1:
        submission.fault = f"{len(names)} notebooks ({', '.join(names)}); leave the one that counts"
    elif not names and found.faults:
        submission.fault = found.faults[0]
    elif not names:
        held = f"; there is {', '.join(found.others)}" if found.others else ""
        submission.fault = f"no notebook (.ipynb){held}"
    else:
        submission.content = found.notebooks[0][1]
    return submission


def _once(submissions: list[Submission]) -> list[Submission]:
    """Mark students who are there more than once: which one counts is not for a program to say."""
    groups: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for submission in submissions:
        groups[submission.system, submission.identifier or submission.student].append(submission)
    for group in groups.values():
        if len(group) > 1:
            sources = ", ".join(submission.source for submission in group)
            group[0].fault = f"handed in {len(group)} times ({sources}); leave the one that counts"
            group[0].source, group[0].content = sources, b""
    return [group[0] for group in groups.values()]


def _printable(text: str) -> str:
    """Make a name that can be written anywhere, whatever bytes it was made of."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


# ---- reading one --------------------------------------------------------------------------


@dataclass
class Cell:
    """A code cell: its place in the notebook, counted from 1, and its source."""

    place: int
    source: str


@dataclass
class Notebook:
    """What of a submitted notebook is used: its code and its texts, none of its outputs."""

    cells: list[Cell]
    texts: list[tuple[int, str]]
    skipped: list[int]
    remarks: list[str]


def read(submission: Submission, assignment: str) -> Notebook:
    """Take a submission apart.

    Raises
    ------
    Unreadable
        It is no notebook of this assignment that could be run.
    """
    if submission.fault:
        raise Unreadable(submission.fault)
    raw = _json(submission.content)
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    kernel = metadata.get("kernelspec") if isinstance(metadata.get("kernelspec"), dict) else {}
    info = metadata.get("language_info") if isinstance(metadata.get("language_info"), dict) else {}
    language = str(kernel.get("language") or info.get("name") or "python").lower()
    if language not in {"python", "ipython"}:
        raise Unreadable(f"a notebook for {language[:40]}, not for Python")
    own = metadata.get("nnlib") if isinstance(metadata.get("nnlib"), dict) else {}
    if own.get("assignment") not in (None, assignment):
        raise Unreadable(f"the notebook of {str(own['assignment'])[:60]}, not of {assignment}")
    if not isinstance(raw.get("cells"), list):
        raise Unreadable("a notebook without cells, or in the format before version 4")
    notebook = Notebook([], [], [], [])
    for place, cell in enumerate(raw["cells"], 1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        tags = cell.get("metadata", {}).get("tags", []) if isinstance(cell.get("metadata"), dict) else []
        if cell.get("cell_type") == "markdown":
            notebook.texts.append((place, source))
        elif cell.get("cell_type") == "code" and isinstance(tags, list) and "experiment" in tags:
            notebook.skipped.append(place)
        elif cell.get("cell_type") == "code":
            notebook.cells.append(Cell(place, source))
    if len(notebook.cells) > MOST_CELLS:
        raise Unreadable(f"{len(notebook.cells)} code cells, more than {MOST_CELLS}")
    size = sum(len(cell.source) for cell in notebook.cells)
    if size > MOST_SOURCE:
        raise Unreadable(f"{size:,} characters of code, more than {MOST_SOURCE:,}: no data belong into it")
    if not notebook.cells:
        raise Unreadable("a notebook without code")
    notebook.remarks = list(remarks(notebook))
    return notebook


def _json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise Unreadable("an empty file")
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
FILES = {"open", "chmod", "symlink", "unlink", "rmtree", "listdir", "walk", "write_text", "write_bytes", "read_text"}
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
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
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
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name | ast.Attribute):
                    root = ast.unparse(target.value).split(".")[0]
                    if root in {"np", "numpy", "nn", "nnlib", "otter", "sys", "grader", "builtins"}:
                        yield "changing a library"
        if isinstance(node, ast.FunctionDef) and node.name in {"__eq__", "__array__", "__float__", "__le__", "__lt__"}:
            yield "objects that answer for themselves"
