"""Notebooks that mean harm gain nothing, harm nobody, and are reported."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import importlib.util
import json
import os
import re
import resource
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from assignments.marking import building, checks, grading, kernel, reports, running, sandbox, submissions
from assignments.marking.submissions import Submission
from nnbook.checking import Slip

if sandbox.lacking():
    pytest.skip("bubblewrap is not on this machine, or does not work", allow_module_level=True)


def load(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


pytestmark = pytest.mark.long
ATTACKS = load("attacks").ATTACKS
NAME = "a2_gradient_descent"
BOUNDS = sandbox.Limits(memory=1536 * sandbox.MIB, home=32 * sandbox.MIB, threads=64)
HONEST = ("ann", "zoe")  # before and after all others


@pytest.fixture(scope="session")
def built():
    """Assignment 2 with limits so small that the tests are fast."""
    made = building.build(building.read(NAME))
    made.assignment.settings |= {"cell_seconds": 8, "call_seconds": 1.5, "seconds": 40}
    return made


def hostile(attack, built, places):
    """Make the notebook of an attack."""
    raw = json.loads(nbformat.writes(built.solution if attack.solved else built.student))
    for source in [cell for cell in raw["cells"] if cell["cell_type"] == "code"]:
        lines = [line for line in "".join(source["source"]).splitlines() if "plt" not in line]
        source["source"] = "\n".join(lines)  # Matplotlib takes longer than all the rest
    code = attack.code
    for name, value in places.items():
        code = code.replace(f"%{name}%", str(value))
    cell = {"cell_type": "code", "metadata": {}, "source": code, "outputs": [], "execution_count": None}
    checks = [place for place, known in enumerate(raw["cells"]) if "grader.check(" in known["source"]]
    if not (attack.first or attack.middle):
        raw["cells"] = [known for place, known in enumerate(raw["cells"]) if place not in checks]
    raw["cells"].insert(2 if attack.first else checks[0] + 1 if attack.middle else len(raw["cells"]), cell)
    raw = attack.change(raw) if attack.change else raw
    return json.dumps(raw).replace("%CANARY%", str(places["CANARY"])).encode()


def children():
    """List the processes that were started from here and are still there."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found.append((int(path.parent.name), int(path.read_text().rpartition(")")[2].split()[1])))
        except OSError:
            continue
    mine = {os.getpid()}
    while more := {child for child, parent in found if parent in mine} - mine:
        mine |= more
    return mine


def snapshot(folder):
    paths = [folder, *sorted(folder.rglob("*"))]
    return [(str(path), path.lstat().st_mtime_ns, path.lstat().st_size) for path in paths]


def leftovers(folder):
    return {path.name for path in folder.iterdir()}


@dataclasses.dataclass
class Outcome:
    """What is left of a run over all attacks."""

    out: Path
    found: list
    records: dict
    changed: list
    left: set
    surviving: set
    visitors: list
    memory: int


@pytest.fixture(scope="session")
def outcome(built, tmp_path_factory):
    """Grade a folder with all attacks and two honest students in it, and see what it did to the host."""
    place, out = tmp_path_factory.mktemp("handed-in"), tmp_path_factory.mktemp("out")
    canary, temporary = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("temporary")
    (canary / "secret").write_text("c4n4ry")
    canary.chmod(0o777)
    listening = [socket.create_server(("127.0.0.1", 0))]
    for address in ("\0nnlib-canary", str(canary / "socket")):
        server = socket.socket(socket.AF_UNIX)
        server.bind(address)
        server.listen()
        listening.append(server)
    places = {"ROOT": building.ROOT, "CANARY": canary, "PORT": listening[0].getsockname()[1]}
    for attack in ATTACKS:
        (place / f"{attack.student}.ipynb").write_bytes(hostile(attack, built, places))
    for name in HONEST:
        (place / f"{name}.ipynb").write_text(nbformat.writes(built.solution))
    before, running = snapshot(canary), children()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY", "c4n4ry")
        patch.setattr("tempfile.tempdir", str(temporary))
        patch.setattr(kernel, "GRACE", 1.0)
        found = submissions.find(place)
        marks = grading.Marks(out)
        records = grading.grade_all(found, built, marks, workers=2, bounds=BOUNDS, progress=lambda *_: None)
    reports.write_all(out, built.assignment, found, records)
    visitors = []
    for server in listening:
        server.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            visitors.append(server.accept()[1])
        server.close()
    return Outcome(
        out=out,
        found=found,
        records={record.student: record for record in records},
        changed=sorted(set(snapshot(canary)) ^ set(before)),
        left=leftovers(temporary),
        surviving=children() - running,
        visitors=visitors,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )


def report(record):
    lines = [record.fault, *(mishap.text for mishap in record.cells.values()), *record.remarks]
    return "\n".join([*lines, *(r.message for rs in record.questions.values() for r in rs if not r.passed)])


def test_blank_notebook_gets_nothing(built):
    blank = Submission("blank", "", "", nbformat.writes(built.student).encode())
    assert grading.grade(blank, built, "", bounds=BOUNDS).automatic == 0


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_gains_nothing_and_is_reported(attack, outcome, built):
    record = outcome.records[attack.student]
    if attack.solved and attack.keeps:
        assert record.automatic == built.assignment.automatic, report(record)
    else:
        assert record.automatic <= (built.assignment.automatic if attack.solved else 0), report(record)
    assert re.search(attack.reported, report(record)), report(record)
    assert "the grader failed" not in record.fault
    assert record.seconds < 40 + 15


@pytest.mark.parametrize("name", HONEST)
def test_others_keep_their_points(name, outcome, built):
    record = outcome.records[name]
    assert (record.automatic, record.fault, record.cells) == (built.assignment.automatic, "", {})


def test_nothing_of_the_host_is_changed(outcome):
    assert outcome.changed == []
    assert not (building.ROOT / "written").exists()
    assert outcome.left == set(), "folders of kernels are left"


def test_no_process_survives(outcome):
    assert outcome.surviving == set()


def test_nobody_called(outcome):
    assert outcome.visitors == []


def test_memory_of_the_grader_is_bounded(outcome):
    assert outcome.memory < 1.5e9


def test_records_are_whole_and_are_used_again(outcome, built):
    marks = grading.Marks(outcome.out)
    for submission in outcome.found:
        assert marks.record(submission) == outcome.records[submission.student]


def test_pages_hold_no_markup_of_students(outcome):
    pages = [*outcome.out.glob("feedback/*.html"), *outcome.out.glob("marking/*.html")]
    assert len(pages) == 2 * len(outcome.records)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "\x1b" not in text


def test_tables_hold_no_formulas(outcome):
    for table in outcome.out.glob("*.csv"):
        text = table.read_text(encoding="utf-8")
        assert not re.search(r"(^|[,;\t\"])[=+@]", text, re.MULTILINE), table
        assert "\x1b" not in text


def test_honest_solution_beside_one_that_takes_the_processor(built):
    """A sandbox keeps to its own processor, and the threads in it can leave for no other."""
    assert len(os.sched_getaffinity(0)) == len(os.sched_getaffinity(os.getpid()))
    with kernel.Kernel(BOUNDS) as first, kernel.Kernel(BOUNDS) as second:
        code = "import os\nraise RuntimeError(sorted(os.sched_getaffinity(0)))"
        one, other = first.run(code, 5).error, second.run(code, 5).error
    assert re.fullmatch(r"RuntimeError: “\[\d+\]”", one)
    assert len(os.sched_getaffinity(0)) == 1 or one != other


def test_output_that_takes_long_to_read_is_counted_to_its_end(monkeypatch):
    """On a slow machine most of it comes long after the reply."""
    late = 0.0

    def slowly(connection, read=kernel.Connection.read):
        nonlocal late
        late += 0.01
        return read(connection)

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + late, sleep=time.sleep)
    printing = "print('x' * 60_000_000)"
    with kernel.Kernel(BOUNDS) as started:
        started.run(f"def f():\n    {printing}", 5)
        monkeypatch.setattr(kernel, "time", clock)
        monkeypatch.setattr(kernel.Connection, "read", slowly)
        with pytest.raises(kernel.TooMuchOutput):
            started.run(printing, 300)
        with pytest.raises(Slip, match="printed too much"):
            checks.Environment(started, 300)["f"]()


def test_limits_leave_built_alone(built):
    assert copy.copy(running.Limits.of(built.assignment)) == running.Limits(8, 1.5, 40)
