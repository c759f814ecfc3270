"""Grade submissions: run each in its sandbox, check it from outside, write down what came."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from . import checks, following, reading, sandbox
from .building import Built, write_whole
from .checks import Result, State
from .kernel import Died
from .reading import Notebook
from .running import ALL, Fate, Limits, Mishap, Run
from .submissions import Submission, Unreadable

DAMAGED = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)  # of a record


@dataclass
class Record:
    """What is known of one submission; written to disk as JSON as soon as it is complete."""

    student: str
    identifier: str
    system: str
    source: str
    digest: str
    checks: str
    fault: str = ""
    questions: dict[str, list[Result]] = field(default_factory=dict)
    cells: dict[int, Mishap] = field(default_factory=dict)  # those that did not run to their end
    remarks: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)  # what a person marks
    seconds: float = 0.0
    alone: bool = False  # graded a second time, because it had met a limit
    failed: bool = False  # the fault is the grader's own
    given: dict[str, list[str]] = field(default_factory=dict)  # questions, and those put right for them

    def points(self, question: str) -> float:
        """Points of one question, from its checks."""
        return following.earned(self.questions.get(question, []))

    @property
    def key(self) -> str:
        """The name of files about the submission."""
        return Submission(self.student, self.identifier, "", system=self.system).key

    @property
    def met_a_limit(self) -> bool:
        """Whether more time, or nothing else on the machine, could have changed something."""
        states = {result.state for results in self.questions.values() for result in results}
        cells = any(mishap.fate.at_a_limit for mishap in self.cells.values())
        return cells or bool(states & {State.STOPPED, State.ENDED})

    @property
    def automatic(self) -> float:
        return sum(self.points(question) for question in self.questions)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")

    @classmethod
    def from_json(cls, content: bytes) -> Record:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError, TypeError, KeyError
            It was not that.
        """
        raw = json.loads(content)
        raw["questions"] = {
            question: [Result(**{**result, "state": State(result["state"])}) for result in results]
            for question, results in raw["questions"].items()
        }
        raw["cells"] = {
            int(place): Mishap(**{**mishap, "fate": Fate(mishap["fate"])})
            for place, mishap in raw["cells"].items()
        }
        return cls(**raw)


def grade(
    submission: Submission,
    built: Built,
    stamp: str,
    *,
    bounds: sandbox.Limits | None = None,
    unconfined: bool = False,
) -> Record:
    """Grade one submission; whatever it does costs only itself."""
    assignment = built.assignment
    record = Record(
        submission.student,
        submission.identifier,
        submission.system,
        submission.source,
        submission.digest,
        stamp,
    )
    started = time.monotonic()
    try:
        given = [cell.source for cell in built.student.cells if cell.cell_type == "code"]
        without = assignment.settings.get("without", ())
        notebook = reading.read(submission, assignment.name, without, given)
    except Unreadable as error:
        record.fault = str(error)
        return record
    record.remarks = notebook.remarks
    limits = Limits.of(assignment)
    run = Run(notebook, limits, bounds or sandbox.Limits(), unconfined=unconfined)
    try:
        files = checks.load(built.checks)
        moments = {question: notebook.checked.get(question, ALL) for question in files}

        def check(question: str) -> list[Result]:
            return checks.run(files[question], checks.Environment(run, limits.call))

        for question in sorted(files, key=lambda name: moments[name]):
            with contextlib.suppress(Died):  # then its checks say so
                run.advance(moments[question])
            record.questions[question] = check(question)
        record.questions = {question: record.questions[question] for question in files}
        try:
            run.advance()
        except Died as error:
            record.remarks.append(str(error))
        for question, results in record.questions.items():
            if moments[question] < ALL and any(result.state is State.ABSENT for result in results):
                record.questions[question] = check(question)  # its check stands before the answer
    finally:
        run.close()
    record.cells = run.cells
    if foreign := _foreign(record):
        record.fault, record.questions = foreign, {}
    elif not record.met_a_limit:
        again = Run(notebook, limits, run.bounds, unconfined=unconfined)
        for name, (results, righted) in following.follow(
            again, built, files, moments, record.questions
        ).items():
            record.questions[name], record.given[name] = results, righted
    record.answers = answers(notebook, run.figures, built)
    for results in record.questions.values():
        record.remarks += [
            f"{result.test}: {result.message}" for result in results if result.state is State.BROKEN
        ]
        if all(result.passed for result in results if result.points):
            record.remarks += [  # what is worth nothing is for a person to look at
                result.message
                for result in results
                if result.hidden and not result.points and result.state is State.WRONG
            ]
    if any(mishap.fate.at_a_limit for mishap in record.cells.values()):
        record.remarks.append("a cell had to be stopped, or ended the kernel")
    if any(r.state in (State.STOPPED, State.ENDED) for rs in record.questions.values() for r in rs):
        record.remarks.append("a function had to be stopped, or ended the kernel")
    record.seconds = round(time.monotonic() - started, 2)
    return record


def _foreign(record: Record) -> str:
    """Say so if not one of the names that are asked for is in the notebook."""
    states = {result.state for results in record.questions.values() for result in results}
    if states == {State.ABSENT}:
        return "none of the names asked for is in it: is it the notebook of another course?"
    return ""


def answers(notebook: Notebook, figures: Mapping[int, list[str]], built: Built) -> dict[str, Any]:
    """Collect what a person marks: texts, code and figures (made anew) below each question's heading."""
    given = {cell.source.strip() for cell in built.student.cells}
    headings = {}
    for place, text in notebook.texts:
        lines = [line for line in text.splitlines() if line.startswith("## ")]
        headings[place] = lines[0].removeprefix("## ").strip() if lines else None
    collected: dict[str, Any] = {}
    for question in (question for question in built.assignment.questions if question.manual):
        starts = [
            place for place, heading in headings.items() if heading and heading.startswith(question.title)
        ]
        if not starts:
            collected[question.name] = {"missing": True}
            continue
        after = [place for place, heading in headings.items() if heading and place > starts[0]]
        places = range(starts[0] + 1, min(after, default=10**9))
        collected[question.name] = {
            "texts": [
                text for place, text in notebook.texts if place in places and text.strip() not in given
            ],
            "code": [
                cell.source
                for cell in notebook.cells
                if cell.place in places and "grader.check" not in cell.source
            ],
            "figures": [figure for place in sorted(figures) if place in places for figure in figures[place]],
        }
    return collected


def stamp(built: Built) -> str:
    """Sum up all that decides on points, so that a changed check is noticed."""
    parts = json.dumps([built.checks, built.assignment.settings, 1], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def solution(built: Built) -> Submission:
    """Make a submission of the assignment's own solution."""
    content = nbformat.writes(built.solution).encode()
    return Submission("solution", "", "the master", content)


def faults_of_solution(record: Record, built: Built) -> list[str]:
    """Say where the solution does not get exactly all points: then the checks are wrong."""
    faults = [record.fault] if record.fault else []
    faults += [f"cell {place}: {mishap.text}" for place, mishap in record.cells.items()]
    for question in built.assignment.questions:
        if not question.manual and record.points(question.name) != question.points:
            messages = [
                result.message for result in record.questions.get(question.name, []) if not result.passed
            ]
            faults.append(
                f"{question.name}: {record.points(question.name):g} of {question.points:g}: {messages}"
            )
    return faults


@dataclass
class Marks:
    """The folder where a run's results are kept."""

    folder: Path

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other runs from writing here meanwhile.

        Raises
        ------
        BlockingIOError
            One is under way.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                why = "another run is writing into this folder; wait for its end"
                raise BlockingIOError(error.errno, why, str(self.folder)) from None
            yield

    def record(self, submission: Submission) -> Record | None:
        """Read what is known of a submission, if anything is."""
        try:
            return Record.from_json((self.folder / "records" / f"{submission.key}.json").read_bytes())
        except DAMAGED:
            return None

    def keep(self, submission: Submission, record: Record) -> None:
        """Write a record, as a whole or not at all."""
        write_whole(self.folder / "records" / f"{submission.key}.json", record.to_json())

    def before(self, found: Sequence[Submission]) -> list[tuple[Submission, Record]]:
        """Read what is known of submissions of earlier runs that are not among these."""
        keys = {submission.key for submission in found}
        known = []
        for path in sorted(self.folder.glob("records/*.json")):
            if path.stem in keys:
                continue
            with contextlib.suppress(*DAMAGED):
                record = Record.from_json(path.read_bytes())
                submission = Submission(
                    record.student, record.identifier, record.source, b"", record.fault, record.system
                )
                if submission.key == path.stem:
                    known.append((submission, record))
        return known

    def settings(self) -> dict[str, Any]:
        """Read what the run was started with; empty if there was none."""
        try:
            found = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return dict(found)

    def start(self, settings: Mapping[str, Any]) -> None:
        """Write down what the run is started with."""
        write_whole(self.folder / "run.json", json.dumps(dict(settings), indent=1).encode())


def new_seed() -> int:
    """Draw a private seed for this run."""
    return secrets.randbelow(2**31)


Progress = Callable[[int, int, Submission, Record], None]


def known(submission: Submission, marks: Marks, mark: str) -> Record | None:
    """Return the record of an earlier run, if grading once more would give the same."""
    record = marks.record(submission)
    if record is None or submission.fault or record.failed:
        return None
    return record if (record.checks, record.digest) == (mark, submission.digest) else None


def grade_all(
    found: Sequence[Submission],
    built: Built,
    marks: Marks,
    *,
    workers: int,
    progress: Progress,
    bounds: sandbox.Limits | None = None,
    unconfined: bool = False,
) -> list[Record]:
    """Grade what is not graded yet, several at a time; each record is on disk when it is done.

    Raises
    ------
    KeyboardInterrupt
        After the submissions under way have been ended; what was done is kept.
    """
    mark = stamp(built)
    records = {one.key: record for one in found if (record := known(one, marks, mark))}
    left = [submission for submission in found if submission.key not in records]
    done = len(records)
    with ThreadPoolExecutor(workers) as pool:
        futures = {
            pool.submit(_survived, one, built, mark, bounds=bounds, unconfined=unconfined): one
            for one in left
        }
        try:
            for future in as_completed(futures):
                submission = futures[future]
                try:
                    record = future.result()
                except CancelledError:
                    continue
                marks.keep(submission, record)
                records[submission.key] = record
                done += 1
                progress(done, len(found), submission, record)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return [records[submission.key] for submission in found]


def once_more(
    found: Sequence[Submission],
    records: Sequence[Record],
    built: Built,
    marks: Marks,
    *,
    bounds: sandbox.Limits | None = None,
    unconfined: bool = False,
) -> list[Record]:
    """Grade those who met a limit again, one at a time, with nothing beside them; that counts."""
    last = []
    for submission, record in zip(found, records, strict=True):
        if record.met_a_limit and not record.alone:
            record = _survived(submission, built, stamp(built), bounds=bounds, unconfined=unconfined)
            record.alone = True
            marks.keep(submission, record)
        last.append(record)
    return last


def _survived(
    submission: Submission, built: Built, mark: str, *, bounds: sandbox.Limits | None, unconfined: bool
) -> Record:
    """Grade a submission; a fault of the grader's costs this submission alone."""
    try:
        return grade(submission, built, mark, bounds=bounds, unconfined=unconfined)
    except Exception as error:
        return Record(
            *(submission.student, submission.identifier, submission.system),
            *(submission.source, submission.digest, mark),
            fault=f"the grader failed on it: {type(error).__name__}: {error}"[:300],
            failed=True,
        )


__all__ = ["Marks", "Record", "grade", "grade_all", "known", "once_more"]
