"""From an assignment's master file to what students get and what checks their work.

The master is a jupytext `.py` file in the format of Otter Assign. Otter makes the student's
notebook and the check files of it; what Otter accepts in silence is refused here: keys it does
not know, tests that are no Python, a hidden test or a solution in the student's folder.
"""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml

from nnlib.storage import whole

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "assignments"
OTTER = "otter-grader==7.0.0"
QUESTION_KEYS = {"name", "points", "manual"}
TEST_KEYS = {"points", "hidden"}
SETTINGS = {"assignment", "title", "cell_seconds", "call_seconds", "seconds", "without", "data"}
EPOCH = (2020, 1, 1, 0, 0, 0)  # of every file in a zip, so that equal contents give equal zips

SETUP = """\
# @title Set-up: run this cell first, and leave it as it is
try:
    import otter
    from nnbook.checking import unpack
except ModuleNotFoundError:
    %pip install -q "{otter}" "nnlib[book] @ git+{url}@v{version}"
    import otter
    from nnbook.checking import unpack
# The public checks, packed; unpacked, they are the readable files in ./checks.
unpack("{packed}")
grader = otter.Notebook(tests_dir="checks")"""

NOTICE = """\
This Gradescope autograder for {name} runs its checks in the same process as the student's code
(Otter Grader). A submission that sets out to deceive it can: by replacing the checks, or by
answering with objects that agree with everything. It is meant for honest submissions. The grader
of this repository (`python -m assignments grade`) runs the checks outside the student's process
and has no such limit.
"""


class BuildError(Exception):
    """A master file that would give a broken assignment; one line for each fault."""

    def __init__(self, faults: list[str]):
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass
class Test:
    """One check of a question."""

    name: str
    points: float
    hidden: bool
    source: str


@dataclass
class Question:
    """One question, with what it is worth."""

    name: str
    points: float
    manual: bool
    title: str = ""
    tests: list[Test] = field(default_factory=list)


@dataclass
class Assignment:
    """A master file, read and found sound."""

    name: str
    settings: dict[str, Any]
    notebook: Any
    questions: list[Question]

    @property
    def title(self) -> str:
        return str(self.settings["title"])

    @property
    def automatic(self) -> float:
        return sum(question.points for question in self.questions if not question.manual)

    @property
    def points(self) -> float:
        return sum(question.points for question in self.questions)


def names() -> list[str]:
    """List the assignments of this repository."""
    return sorted(path.name for path in FOLDER.glob("a*_*") if (path / f"{path.name}.py").is_file())


def full_name(name: str) -> str:
    """Find the assignment that a name or its beginning means: a2 for a2_gradient_descent."""
    found = [known for known in names() if known == name or known.split("_")[0] == name]
    if not found:
        raise BuildError([f"there is no assignment {name!r}; there are {', '.join(names())}"])
    return found[0]


def read(name: str, private: Mapping[str, Any] | None = None, *, path: Path | None = None) -> Assignment:
    """Read a master, lay an instructor's values over its hidden checks, and look for faults.

    Parameters
    ----------
    name : str
        The assignment, such as "a2_gradient_descent".
    private : mapping, optional
        For each question, values for the names in `given(...)` of its hidden checks.
    path : Path, optional
        The master file, if it is not the one of that name in this repository.

    Raises
    ------
    BuildError
        With every fault found.
    """
    master = path or FOLDER / name / f"{name}.py"
    notebook = jupytext.read(master)
    faults: list[str] = []
    settings = dict(notebook.metadata.get("nnlib", {}))
    if unknown := set(settings) - SETTINGS:
        faults.append(f"unknown settings {sorted(unknown)}; known are {sorted(SETTINGS)}")
    if settings.get("assignment") != name:
        faults.append(f"the setting `assignment` is {settings.get('assignment')!r}, not {name!r}")
    questions = list(_questions(notebook, faults))
    if not faults:
        faults += _unsound(questions)
    if private:
        _overlay(notebook, questions, private, faults)
    if faults:
        raise BuildError([f"{master.name}: {fault}" for fault in faults])
    return Assignment(name, settings, notebook, questions)


def _questions(notebook: Any, faults: list[str]) -> Iterator[Question]:
    question: Question | None = None
    title, testing = "", False
    for cell in notebook.cells:
        first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
        if cell.cell_type == "markdown" and (found := re.match(r"##+ (.*)", first)):
            title = found[1]
        elif first == "# BEGIN QUESTION":
            keys = _yaml(cell.source, faults)
            if unknown := set(keys) - QUESTION_KEYS:
                faults.append(f"question {keys.get('name')}: unknown keys {sorted(unknown)}")
            question = Question(
                str(keys.get("name")), keys.get("points", 0), keys.get("manual", False), title
            )
        elif first == "# END QUESTION" and question:
            yield question
            question = None
        elif first in {"# BEGIN TESTS", "# END TESTS"}:
            testing = first == "# BEGIN TESTS"
        elif testing and cell.cell_type == "code" and question:
            question.tests.append(_test(cell.source, question.name, faults))


def _yaml(source: str, faults: list[str]) -> dict[str, Any]:
    try:
        found = yaml.safe_load(source)
        return found if isinstance(found, dict) else {}
    except yaml.YAMLError as error:
        faults.append(f"a configuration is not YAML: {error}")
        return {}


def _test(source: str, question: str, faults: list[str]) -> Test:
    found = re.match(r'""" # BEGIN TEST CONFIG\n(.*?)""" # END TEST CONFIG\n(.*)', source, flags=re.DOTALL)
    if not found:
        faults.append(f"{question}: a test does not begin with its configuration")
        return Test("?", 0, False, source)
    keys = _yaml(found[1], faults)
    if unknown := set(keys) - TEST_KEYS:
        faults.append(f"{question}: unknown keys {sorted(unknown)} in a test; known are {sorted(TEST_KEYS)}")
    try:
        body = ast.parse(found[2]).body
    except SyntaxError as error:
        faults.append(f"{question}: a test is not Python: {error}")
        return Test("?", 0, False, source)
    if (
        len(body) != 1
        or not isinstance(body[0], ast.FunctionDef)
        or [a.arg for a in body[0].args.args] != ["env"]
    ):
        faults.append(f"{question}: a test must be a single function of `env`")
        return Test("?", 0, False, source)
    return Test(body[0].name, keys.get("points", -1), keys.get("hidden", False), found[2])


def _unsound(questions: list[Question]) -> Iterator[str]:
    """Say what would grade differently from what it looks like."""
    named = [question.name for question in questions]
    if len(set(named)) < len(named) or not named:
        yield f"the questions' names {named} are not distinct, or there are none"
    for question in questions:
        if question.manual and question.tests:
            yield f"{question.name}: what a person marks has no tests"
        if question.manual:
            continue
        if not any(not test.hidden for test in question.tests):
            yield f"{question.name}: no public test"
        if sum(test.points for test in question.tests if test.hidden) != question.points:
            yield f"{question.name}: the hidden tests' points do not add up to {question.points}"
        for test in question.tests:
            if not test.hidden and test.points != 0:
                yield f"{question.name}: {test.name} is public and must be worth 0 points"
            if test.name.endswith("_hidden") != test.hidden:
                yield f"{question.name}: {test.name}: a name ends in _hidden just if the test is hidden"
            if (
                test.hidden
                and "return" in test.source
                and re.search(r"^    return", test.source, re.MULTILINE)
            ):
                yield f"{question.name}: {test.name} returns before its end"


def _overlay(notebook: Any, questions: list[Question], private: Mapping[str, Any], faults: list[str]) -> None:
    """Put an instructor's values into the `given(...)` of hidden tests."""
    known = {question.name: question for question in questions}
    for name, values in private.items():
        if name not in known or known[name].manual:
            faults.append(f"private values for {name!r}, which is no question with checks")
            continue
        if not isinstance(values, Mapping):
            faults.append(f"private values for {name} are no mapping of names to values")
            continue
        left = set(values)
        for test in known[name].tests:
            if not test.hidden:
                continue
            tree = ast.parse(test.source)
            calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "given"]
            keywords = [keyword for call in calls for keyword in call.keywords if keyword.arg in values]
            for keyword in keywords:
                keyword.value = ast.parse(repr(values[str(keyword.arg)]), mode="eval").body
                left.discard(str(keyword.arg))
            if keywords:
                changed = ast.unparse(tree)
                for cell in notebook.cells:
                    if test.source in cell.source:
                        cell.source = cell.source.replace(test.source, changed)
                test.source = changed
        if left:
            offered = sorted(dict(given(known[name])))
            missing, known_ones = ", ".join(sorted(left)), ", ".join(offered) or "nothing"
            faults.append(f"{name} has no {missing}; its checks are given {known_ones}")


def given(question: Question) -> Iterator[tuple[str, str]]:
    """Yield the names that a private variant may set, with the values they have."""
    for test in question.tests:
        for node in ast.walk(ast.parse(test.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "given":
                yield from ((str(keyword.arg), ast.unparse(keyword.value)) for keyword in node.keywords)


# ---- building -----------------------------------------------------------------------------


@dataclass
class Built:
    """What Otter made of a master, put in order."""

    assignment: Assignment
    student: Any  # the student's notebook
    solution: Any  # the same with the solutions
    public: dict[str, str]  # check files, by file name
    checks: dict[str, str]  # the same with the hidden checks
    gradescope: bytes


def build(assignment: Assignment) -> Built:
    """Run Otter Assign on a master and put its results in order."""
    notebook = nbformat.from_dict(assignment.notebook)  # a copy
    for cell in notebook.cells:
        if cell.source.startswith("# ASSIGNMENT CONFIG"):
            cell.source += f"\nrequirements: [{json.dumps(_library())}]"
    with tempfile.TemporaryDirectory(prefix="assign-") as name:
        folder = Path(name)
        nbformat.write(notebook, folder / f"{assignment.name}.ipynb")
        command = [sys.executable, "-m", "otter", "assign", "--no-run-tests", "--no-pdfs"]
        environ = {**os.environ, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            [*command, f"{assignment.name}.ipynb", "made"],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BuildError([f"otter assign failed: {done.stderr.strip().splitlines()[-1:]}"])
        public = _texts(folder / "made" / "student" / "tests")
        checks = _texts(folder / "made" / "autograder" / "tests")
        setup = SETUP.format(**_address(), otter=OTTER, packed=pack(public))
        student = _tidy(folder / "made" / "student" / f"{assignment.name}.ipynb", assignment, setup)
        solution = _tidy(folder / "made" / "autograder" / f"{assignment.name}.ipynb", assignment, setup)
        zips = list((folder / "made" / "autograder").glob("*.zip"))
        gradescope = _gradescope(zips[0], assignment)
    built = Built(assignment, student, solution, public, checks, gradescope)
    if faults := list(leaks(built)):
        raise BuildError([f"{assignment.name}: {fault}" for fault in faults])
    return built


def _address() -> dict[str, str]:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    version = re.search(r'__version__ = "(.*)"', (ROOT / "nnlib" / "__init__.py").read_text(encoding="utf-8"))
    assert version
    return {"url": config["repository"]["url"], "version": version[1]}


def _library() -> str:
    return "nnlib[book] @ git+{url}@v{version}".format(**_address())


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}


def pack(files: Mapping[str, str]) -> str:
    """Zip texts into a string that a set-up cell can carry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED, 9)
    return base64.b85encode(buffer.getvalue()).decode()


def _tidy(path: Path, assignment: Assignment, setup: str) -> Any:
    """Put in the set-up cell, and take out what changes from run to run."""
    notebook = nbformat.read(path, as_version=4)
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place}"
        cell.metadata.pop("lines_to_next_cell", None)
        for question in assignment.questions if cell.cell_type == "markdown" else ():
            worth = f"{question.points:g} point{'s' * (question.points != 1)}"
            heading = rf"^## {re.escape(question.title)}$"
            cell.source = re.sub(heading, rf"\g<0> ({worth})", cell.source, flags=re.MULTILINE)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if cell.source.strip() == "# SET-UP":
                cell.source = setup
                cell.metadata = nbformat.from_dict(
                    {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["setup"]}
                )
    keep = {name: notebook.metadata[name] for name in ("kernelspec", "otter") if name in notebook.metadata}
    notebook.metadata = nbformat.from_dict(
        {**keep, "language_info": {"name": "python"}, "nnlib": {"assignment": assignment.name}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def _gradescope(path: Path, assignment: Assignment) -> bytes:
    """Copy Otter's zip with a notice in it, equal for equal contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as made, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(made.namelist()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = made.getinfo(name).external_attr
            archive.writestr(info, made.read(name), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("NOTICE.txt", EPOCH), NOTICE.format(name=assignment.name))
    return buffer.getvalue()


def leaks(built: Built) -> Iterator[str]:
    """Say what in a student's folder should not be there, and what in the checks is broken."""
    asked = {f"{q.name}.py": q for q in built.assignment.questions if not q.manual}
    for kind, files in (("student's", built.public), ("hidden", built.checks)):
        if set(files) != set(asked):
            yield f"the {kind} check files are {sorted(files)}, not {sorted(asked)}"
        for name, text in files.items():
            try:
                tree = ast.parse(text)
            except SyntaxError as error:
                yield f"the {kind} check file {name} is not Python: {error}"
                continue
            tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
            wanted = (
                [t.name for t in asked[name].tests if kind == "hidden" or not t.hidden]
                if name in asked
                else []
            )
            if [test.name for test in tests] != wanted:
                yield f"the {kind} check file {name} holds {[test.name for test in tests]}, not {wanted}"
            if kind == "student's" and ("hidden=True" in text or "_hidden" in text):
                yield f"there is a hidden check in the student's file {name}"
    given_out = "\n".join(cell.source for cell in built.student.cells)
    for line in solution_lines(built.assignment):
        if line in given_out:
            yield f"a line of a solution is in the student's notebook: {line!r}"
    if "# SOLUTION" in given_out or "# BEGIN" in given_out:
        yield "a mark of Otter's is left in the student's notebook"


def solution_lines(assignment: Assignment) -> list[str]:
    """List the lines of a master that only a solution holds."""
    solutions, others = [], set()
    inside = solving = False
    for cell in assignment.notebook.cells:
        if cell.cell_type == "raw":
            solving = cell.source.startswith("# BEGIN SOLUTION")
            continue
        for line in map(str.strip, cell.source.splitlines()):
            if line.startswith(("# BEGIN SOLUTION", "# END SOLUTION")):
                inside = line.startswith("# BEGIN")
            elif line.endswith("# SOLUTION"):
                solutions.append(line.removesuffix("# SOLUTION").strip())
            elif inside or (solving and cell.cell_type == "markdown"):
                solutions.append(line)
            else:
                others.add(line)
    return [line for line in solutions if len(line) > 12 and line not in others]


def write(built: Built, folder: Path) -> list[Path]:
    """Write the student's notebook and its checks, each as a whole or not at all."""
    files = {f"checks/{name}": text for name, text in built.public.items()}
    files[f"{built.assignment.name}.ipynb"] = nbformat.writes(built.student) + "\n"
    stale = [path for path in (folder / "checks").glob("*.py") if f"checks/{path.name}" not in files]
    for path in stale:
        path.unlink()
    for name, text in files.items():
        write_whole(folder / name, text.encode())
    return [folder / name for name in files]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the folders it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as file:
        file.write(content)


def stale(built: Built, folder: Path) -> list[str]:
    """Name the files of a student's folder that differ from what would be written."""
    with tempfile.TemporaryDirectory() as name:
        fresh = write(built, Path(name))
        wanted = {path.relative_to(name).as_posix(): path.read_bytes() for path in fresh}
    held = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return sorted(name for name in wanted.keys() | held.keys() if wanted.get(name) != held.get(name))
