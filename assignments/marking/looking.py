"""Take a submitted notebook apart, and look at its code: a program of its own, with limits of its own.

    python -I looking.py < request

Whatever a student wrote is read here and nowhere else in the grader's own processes: some texts
take Python's parser minutes, others all memory there is. The request is a line of JSON, what is
to be looked for, and then the notebook as it was handed in; the answer is JSON, too.
"""

import ast
import json
import re
import resource
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

MEMORY, SECONDS = 2 * 2**30, 10  # bytes of address space, seconds of a processor
MOST_SOURCE = 256_000  # bytes of code
MOST_CELLS = 500
MOST_PARTS = 500_000  # lists and dictionaries in a notebook: as Python's, each takes fifty times its JSON
MOST_TEXT = 100_000  # characters of a text that are kept; a picture that was pasted is longer
MOST_TEXTS = 2_000_000  # of all texts
LONG = 4_000  # characters of data in a cell that are remarked
CHECK = re.compile(r"""\bgrader\.check\(\s{0,99}["'](\w{1,99})["']\s{0,99}\)""")

INSIDES = "the kernel's insides"
# What no answer needs. It is not forbidden, the sandbox makes it harmless: a person should look.
UNUSUAL = {
    **dict.fromkeys(("socket", "urllib", "requests", "http", "ftplib", "httpx"), "the network"),
    **dict.fromkeys(("subprocess", "multiprocessing", "pty", "signal", "resource"), "processes"),
    **dict.fromkeys(("ctypes", "cffi", "gc", "inspect", "importlib", "builtins"), "Python's insides"),
    **dict.fromkeys(("pickle", "dill", "cloudpickle", "shelve", "marshal"), "pickles"),
    **dict.fromkeys(("ipykernel", "zmq", "jupyter_client", "wire", "launch", "tolerance"), INSIDES),
}
CALLS = {
    **dict.fromkeys(("_exit", "kill", "fork", "system", "popen", "killpg", "execv", "spawnv"), "processes"),
    **dict.fromkeys(("_getframe", "__subclasses__", "__globals__", "__builtins__"), "Python's insides"),
    **dict.fromkeys(("_functions", "answer_function"), INSIDES),
}
BARE = dict.fromkeys(("__import__", "exec", "eval", "compile"), "Python's insides")
FILES = {"open", "chmod", "symlink", "unlink", "rmtree", "listdir", "walk"}
FILES |= {"write_text", "write_bytes", "read_text"}
LIBRARIES = {"np", "numpy", "nn", "nnlib", "nnbook", "otter", "sys", "grader", "builtins"}
CHECKS = {"test_files", "test_case", "TestFile", "ExceptionTestFile", "checking"}
ANSWERING = {"__eq__", "__array__", "__float__", "__le__", "__lt__"}
COMPLEX = {"complex", "complex64", "complex128", "complex256", "csingle", "cdouble", "clongdouble"}


class Unfit(Exception):
    """The notebook cannot be graded; the text says why."""


def look(content: bytes, assignment: str, without: Sequence[str], given: Sequence[str]) -> dict[str, Any]:
    """Take a notebook apart.

    Parameters
    ----------
    content : bytes
        The notebook as it was handed in.
    assignment : str
        What it should be a notebook of.
    without : sequence of str
        What the answers should do without: packages ("nnlib"), names wherever they stand
        (".polyder"), complex numbers ("1j").
    given : sequence of str
        Code that was handed out; cells like it are not looked at.

    Returns
    -------
    dict
        Cells and texts with their places, the places of experiments, where each question is
        checked, and remarks.

    Raises
    ------
    Unfit
    """
    cells: list[tuple[int, str]] = []
    texts: list[tuple[int, str]] = []
    skipped: list[int] = []
    for place, cell in enumerate(_cells(content, assignment), 1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        source = "".join(map(_word, source)) if isinstance(source, list) else _word(source)
        tags = _mapping(cell.get("metadata")).get("tags", [])
        if cell.get("cell_type") == "markdown":
            texts.append((place, source))
        elif cell.get("cell_type") == "code" and (
            (isinstance(tags, list) and "experiment" in tags) or source.lstrip().startswith("# experiment")
        ):
            skipped.append(place)
        elif cell.get("cell_type") == "code":
            cells.append((place, source))
    if len(cells) > MOST_CELLS:
        raise Unfit(f"{len(cells)} code cells, more than {MOST_CELLS}")
    size = sum(len(source.encode()) for _, source in cells)
    if size > MOST_SOURCE:
        raise Unfit(f"{size:,} bytes of code, more than {MOST_SOURCE:,}: no data belong into it")
    if not cells:
        why = ": all its cells are tagged as experiments" if skipped else ""
        raise Unfit(f"a notebook without code{why}")
    own = [(place, source) for place, source in cells if source.strip() not in given]
    return {
        "cells": cells,
        "texts": list(_cut(texts)),
        "skipped": skipped,
        "checked": {name: place for place, source in cells for name in _checks(source)},
        "remarks": list(_remarks(own, without)),
    }


def _cells(content: bytes, assignment: str) -> list[Any]:
    raw = _json(content)
    metadata = _mapping(raw.get("metadata"))
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    language = _word(kernel.get("language") or info.get("name") or "python").lower()
    if not re.match(r"(i|micro|x)?python", language):  # python3, Python 3.11, ipython
        raise Unfit(f"a notebook for {language[:40]}, not for Python")
    own = _mapping(metadata.get("nnlib"))
    if own.get("assignment") not in (None, assignment):
        raise Unfit(f"the notebook of {_word(own['assignment'])[:60]}, not of {assignment}")
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise Unfit("a notebook without cells, or in the format before version 4")
    return cells


def _json(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise Unfit("an empty file")
    if (parts := content.count(b"[") + content.count(b"{")) > MOST_PARTS:
        raise Unfit(f"not a notebook: {parts:,} lists and dictionaries, more than {MOST_PARTS:,}")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unfit("not a notebook: it is no UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise Unfit(f"not a notebook: it is no JSON ({str(error)[:80]})") from None
    if not isinstance(raw, dict):
        raise Unfit("not a notebook: JSON of another kind")
    return raw


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: object) -> str:
    """Return a text that can be written; of anything else, which may be nested for ever, the type's name."""
    return (
        value.encode("utf-8", "replace").decode("utf-8")
        if isinstance(value, str)
        else f"({type(value).__name__})"
    )


def _cut(texts: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    left = MOST_TEXTS
    for place, text in texts:
        most = min(MOST_TEXT, left)
        left -= min(most, len(text))
        more = f"\n\n(cut: {len(text) - most:,} more characters)" if len(text) > most else ""
        yield place, text[:most] + more


def _checks(source: str) -> Iterator[str]:
    """Name the questions that a cell calls `grader.check` for."""
    for line in source.splitlines():
        yield from CHECK.findall(line.partition("#")[0])


# ---- looking at the code ------------------------------------------------------------------


def _remarks(cells: Sequence[tuple[int, str]], without: Sequence[str]) -> Iterator[str]:
    """Say what a person should look at: code that no answer needs, or that should not be needed."""
    seen: dict[str, set[int]] = defaultdict(set)
    for place, source in cells:
        plain = _plain(source)
        try:
            tree = ast.parse(plain)
        except (RecursionError, MemoryError):
            seen["code about something nested too deeply to be looked at"].add(place)
            continue
        except (SyntaxError, ValueError):
            continue
        for what in {*_unusual(tree), *_forbidden(tree, without)}:
            seen[what].add(place)
        if (size := _data(tree)) > LONG:
            seen[f"{size:,} characters of data in the code"].add(place)
    for what, places in sorted(seen.items()):
        yield f"cell {', '.join(map(str, sorted(places)))}: {what}"


def _plain(source: str) -> str:
    """Leave the lines for IPython out, each for a line that does nothing."""
    lines = []
    for line in source.split("\n"):
        bare = line.lstrip()
        lines.append(f"{line[: len(line) - len(bare)]}pass" if bare.startswith(("%", "!")) else line)
    return "\n".join(lines)


def _unusual(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for name in _names(node):
            for known in (UNUSUAL, CALLS):
                if name in known:
                    yield f"code about {known[name]}"
            if name in FILES:
                yield "code about files"
            if name in CHECKS:
                yield "code about the checks"
        if isinstance(node, ast.Name) and node.id in BARE:
            yield f"code about {BARE[node.id]}"
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Delete):
            targets = [node.target] if isinstance(node, ast.AugAssign) else node.targets
            if any(_root(target) in LIBRARIES for target in targets if isinstance(target, ast.Attribute)):
                yield "code about changing a library"
        if isinstance(node, ast.FunctionDef) and node.name in ANSWERING:
            yield "code about objects that answer for themselves"


def _names(node: ast.AST) -> Iterator[str]:
    """Name what a node speaks of: modules, attributes, variables, and texts that could be such."""
    if isinstance(node, ast.Import):
        yield from (part for alias in node.names for part in alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        yield from (node.module or "").split(".")
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _forbidden(tree: ast.AST, without: Sequence[str]) -> Iterator[str]:
    """Name what the answers should do without and this code has."""
    packages = {name for name in without if not name.startswith(".") and name != "1j"}
    parts = {name[1:] for name in without if name.startswith(".")}
    for node in ast.walk(tree):
        names = set(_names(node)) if not isinstance(node, ast.Constant) else set()
        imported = names if isinstance(node, ast.Import | ast.ImportFrom) else _by_text(node, IMPORTING)
        for name in sorted(imported & packages):
            yield f"imports {name}, which is to be done without"
        found = names if isinstance(node, ast.Attribute) else imported | _by_text(node, {"getattr"})
        for name in sorted(found & parts):
            yield f"uses {name}, which is to be done without"
        if "1j" in without and (
            names & COMPLEX or (isinstance(node, ast.Constant) and isinstance(node.value, complex))
        ):
            yield "uses complex numbers, which is to be done without"


IMPORTING = {"__import__", "import_module"}


def _by_text(node: ast.AST, functions: set[str]) -> set[str]:
    """Return the parts of the names that a call of one of these functions is given as texts."""
    called = node.func if isinstance(node, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    given = node.args if isinstance(node, ast.Call) and name in functions else []
    texts = (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))
    return {part for text in texts for part in text.split(".")}


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _data(tree: ast.AST) -> int:
    """Count the characters of numbers and texts in the code, docstrings apart."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said)
    return sum(len(one.value) if isinstance(one.value, str | bytes) else _digits(one.value) for one in found)


def _digits(value: object) -> int:
    return value.bit_length() * 3 // 10 + 1 if isinstance(value, int) else len(repr(value))


def main() -> None:
    """Answer one request."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # of backslashes in a label: no concern of the instructor's
    asked, _, content = sys.stdin.buffer.read().partition(b"\n")
    try:
        found = look(content, **json.loads(asked))
    except Unfit as fault:
        found = {"fault": str(fault)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
