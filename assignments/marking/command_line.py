"""The instructor's program: build, grade and regrade assignments.

Exit codes: 0 all is well; 1 something was found (a submission that could not be graded, a
stale or faulty assignment); 2 nothing was done, for the reason given; 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import yaml

from . import building, examples, grading, reports, sandbox, submissions, tables
from .building import BuildError, Built
from .grading import Marks, Record
from .mutants import Mutant
from .submissions import Submission, Unreadable

PROGRAM = "python -m assignments"


class Refused(Exception):
    """Nothing was done; the text says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the return value is the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names hold letters that not every terminal knows
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (Refused, BuildError, Unreadable, sandbox.NoSandbox, tables.Misfilled) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "\ninterrupted; what was graded is kept, and the same command goes on from there", file=sys.stderr
        )
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Build and grade the assignments.", epilog=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listed = ", ".join(building.names())

    build = commands.add_parser("build", help="make the students' notebooks from the master files")
    build.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{listed}, or a1, a2, …; all, if none is given"
    )
    build.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if something is stale"
    )
    build.add_argument(
        "--gradescope", type=Path, metavar="FOLDER", help="also write autograder zips for Gradescope"
    )
    build.add_argument(
        "--private", type=Path, metavar="FOLDER", help="values for the hidden checks in the zips"
    )
    build.set_defaults(run=_build)

    grade = commands.add_parser("grade", help="grade a folder or zip of submissions")
    grade.add_argument("name", metavar="NAME", help=f"{listed}, or a1, a2, …")
    grade.add_argument(
        "place", type=Path, metavar="SUBMISSIONS", help="a folder, or a zip from Canvas or Moodle"
    )
    grade.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where marks and feedback go"
    )
    _options(grade)
    grade.set_defaults(run=_grade)

    again = commands.add_parser(
        "regrade", help="grade again after a check was changed, and say whose points change"
    )
    again.add_argument("out", type=Path, metavar="FOLDER", help="the folder given to grade as --out")
    _options(again)
    again.set_defaults(run=_regrade)

    example = commands.add_parser("example", help="write submissions to try the grader on")
    example.add_argument("name", metavar="NAME", help=f"{listed}, or a1, a2, …")
    example.add_argument("folder", type=Path, metavar="FOLDER", help="where to write them")
    example.add_argument("--count", type=int, default=8, metavar="N", help="how many (default: 8)")
    example.set_defaults(run=_example)

    variants = commands.add_parser("variants", help="show what a private variant may set")
    variants.add_argument("name", metavar="NAME", help=f"{listed}, or a1, a2, …")
    variants.add_argument(
        "--private",
        type=Path,
        metavar="FOLDER",
        help="try your values: do the typical wrong solutions still lose what they should?",
    )
    variants.set_defaults(run=_variants)
    return parser


def _options(parser: argparse.ArgumentParser) -> None:
    cores = os.cpu_count() or 1
    parser.add_argument(
        "--private", type=Path, metavar="FOLDER", help="your own values for the hidden checks"
    )
    parser.add_argument(
        "--workers", type=int, default=cores, metavar="N", help="how many at a time (default: one a core)"
    )
    parser.add_argument(
        "--unconfined",
        action="store_true",
        help="run the students' code WITHOUT the sandbox, with all your rights: for code you trust",
    )


# ---- build --------------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> int:
    wanted = [building.full_name(name) for name in options.names] or building.names()
    found = 0
    for name in wanted:
        target = building.FOLDER / name / "student"
        try:
            built = building.build(building.read(name))
            private = _private(options.private, name)
            graded = building.build(building.read(name, private)) if private else built
        except BuildError as error:
            found = 1
            for fault in error.faults:
                print(f"{name}: {fault}", file=sys.stderr)
            continue
        if options.check:
            for file in building.stale(built, target):
                found = 1
                print(f"{name}/student/{file}: stale; run `{PROGRAM} build {name}`")
        else:
            files = building.write(built, target)
            points = f"{built.assignment.points:g} points"
            print(f"{name}: {len(files)} files in assignments/{name}/student, {points}")
        if options.gradescope:
            path = options.gradescope / f"{name}-gradescope.zip"
            building.write_whole(path, graded.gradescope)
            print(
                f"{path}: for Gradescope; its checks run in the student's own process (see NOTICE.txt in it)"
            )
    return found


def _private(folder: Path | None, name: str) -> dict[str, Any]:
    """Read an instructor's values for one assignment."""
    if folder is None:
        return {}
    if folder.resolve().is_relative_to(building.ROOT):
        raise Refused(f"{folder} is inside the repository; private values belong outside it")
    if not folder.is_dir():
        raise Refused(f"there is no folder {folder}")
    path = folder / f"{name}.yml"
    if not path.exists():
        held = ", ".join(sorted(file.name for file in folder.iterdir())) or "nothing"
        raise Refused(f"there is no {name}.yml in {folder}; it holds {held}. See `{PROGRAM} variants {name}`")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise Refused(f"{path} should map questions to values; see `{PROGRAM} variants {name}`")
    return values


def _variants(options: argparse.Namespace) -> int:
    name = building.full_name(options.name)
    if options.private:
        return _try(name, _private(options.private, name))
    print(f"# {name}.yml: keep what you change, in a folder outside the repository")
    for question in building.read(name).questions:
        values = dict(building.given(question))
        if values:
            print(f"{question.name}:  # {question.title}")
            for key, value in values.items():
                print(f"  {key}: {value}")
    return 0


def _try(name: str, values: dict[str, Any]) -> int:
    """Grade the typical wrong solutions with an instructor's values; a slip must cost what it costs."""
    if not values:
        raise Refused(f"there are no values in {name}.yml to try; see `{PROGRAM} variants {name}`")
    sandbox.require()
    built = building.build(building.read(name, values))
    _check(built)
    worth = {question.name: question.points for question in built.assignment.questions}
    mutants = [mutant for mutant in examples.mutants(name) if mutant.question in values]

    def lost(mutant: Mutant) -> float:
        content = nbformat.writes(examples.mistaken(built, [mutant])).encode()
        record = grading.grade(Submission("mistaken", "", "", content), built, "")
        return worth[mutant.question] - record.points(mutant.question)

    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, points in zip(mutants, pool.map(lost, mutants), strict=True):
            if points < mutant.lost:
                missed += 1
                print(f"{mutant.question}: your values let this pass ({mutant.says!r}).")
                print(f"It loses {points:g} instead of {mutant.lost:g}:\n{mutant.code.strip()}\n")
    print(f"{len(mutants)} typical wrong solutions tried, {missed} of them lose less than they should")
    return 1 if missed else 0


def _example(options: argparse.Namespace) -> int:
    name = building.full_name(options.name)
    count = examples.write(building.build(building.read(name)), options.folder, options.count)
    print(f"{count} submissions to {name} in {options.folder}")
    return 0


# ---- grade --------------------------------------------------------------------------------


def _grade(options: argparse.Namespace) -> int:
    name = building.full_name(options.name)
    place, out = options.place.resolve(), options.out.resolve()
    if place.is_dir() and out.is_relative_to(place):
        raise Refused(f"{options.out} lies in the folder of submissions; choose another place")
    marks = Marks(options.out)
    before = marks.settings()
    if before and before.get("assignment") != name:
        raise Refused(f"{options.out} holds the marks of {before.get('assignment')}; choose another folder")
    places = [*dict.fromkeys([*_places(before), str(place)])]
    settings = {"assignment": name, "places": places, "seed": before.get("seed", grading.new_seed())}
    found = submissions.find(place)
    if not options.unconfined:
        sandbox.require()
    built = _seeded(name, settings["seed"], options)
    private = f" --private {options.private}" if options.private else ""
    if before and before.get("stamp") not in (None, grading.stamp(built)):
        raise Refused(
            f"the checks have changed since {options.out} was graded; "
            f"`{PROGRAM} regrade {options.out}{private}` grades anew and says whose points change"
        )
    with marks.alone():
        return _run(marks, built, found, settings, options)


def _places(settings: Mapping[str, Any]) -> list[str]:
    """List the folders of submissions that were graded into a folder, the first one first."""
    return list(settings.get("places") or ([settings["place"]] if "place" in settings else []))


def _seeded(name: str, seed: int, options: argparse.Namespace) -> Built:
    """Build an assignment with private values."""
    values = _private(options.private, name)
    for question in building.read(name).questions:
        if "seed" in dict(building.given(question)):
            values.setdefault(question.name, {}).setdefault("seed", seed)
    return building.build(building.read(name, values))


def _check(built: Built, *, unconfined: bool = False) -> None:
    """See that the solution gets all points."""
    print("checking the checks: the solution must get all points", flush=True)
    record = grading.grade(grading.solution(built), built, "", unconfined=unconfined)
    if faults := grading.faults_of_solution(record, built):
        raise Refused(
            "the assignment's own solution loses points, so nothing was graded:\n" + "\n".join(faults)
        )


def _run(
    marks: Marks, built: Built, found: list[Submission], settings: dict[str, Any], options: argparse.Namespace
) -> int:
    if options.workers < 1:
        raise Refused(f"--workers is {options.workers}; at least one is needed")
    if options.unconfined:
        print("WARNING: unconfined: the students' code can read and write all that you can", file=sys.stderr)
    before = marks.before(found)
    students = {one.key: one.student for one in [*found, *(one for one, _ in before)]}
    tables.read(marks.folder / "to_mark.csv", built.assignment, students)  # before the work, not after it
    if not all(one.fault or grading.known(one, marks, grading.stamp(built)) for one in found):
        _check(built, unconfined=options.unconfined)
    marks.start({**settings, "stamp": grading.stamp(built)})
    most = built.assignment.automatic

    def progress(done: int, total: int, submission: Submission, record: Record) -> None:
        result = f"not graded: {record.fault}" if record.fault else f"{record.automatic:g} of {most:g}"
        print(f"[{done:3}/{total}] {submission.student}: {result}", flush=True)

    records = grading.grade_all(
        found, built, marks, workers=options.workers, progress=progress, unconfined=options.unconfined
    )
    if late := sum(record.met_a_limit and not record.alone for record in records):
        print(f"{late} met a limit; each is tried once more, alone", flush=True)
    records = grading.once_more(found, records, built, marks, unconfined=options.unconfined)
    manual = reports.write_all(marks.folder, built.assignment, found, records, before)
    faults = [record for record in records if record.fault]
    looked = [record for record in records if record.remarks]
    print(f"{len(records) - len(faults)} graded, {len(faults)} not; {marks.folder / 'marks.csv'}")
    for record in faults:
        print(f"not graded: {record.student}: {record.fault}")
    for record in looked:
        print(f"look at {record.student}: {'; '.join(record.remarks)}")
    people = [question.name for question in built.assignment.questions if question.manual]
    if people:
        table = marks.folder / "to_mark.csv"
        graded = [record.key for record in records if not record.fault]
        given = [manual.of(key, name).points is not None for key in graded for name in people]
        marked, wanted = sum(given), len(given)
        print(f"people mark {', '.join(people)}: {marked} of {wanted} answers are marked in {table}")
        for (key, question), mark in manual.marks.items():
            if mark.earlier and mark.points is None:
                print(f"to mark again: {students[key]}, {question}: {mark.earlier}")
    if before:
        print(f"kept from earlier runs: {len(before)}, which are not among the submissions of this one")
    if people and marked < wanted:
        print("fill it in and give the same command again; until then import files hold no grade")
    return 1 if faults else 0


def _regrade(options: argparse.Namespace) -> int:
    marks = Marks(options.out)
    settings = marks.settings()
    if not settings:
        raise Refused(f"there is no run.json in {options.out}: it is no folder that grade has written")
    name, places = settings["assignment"], _places(settings)
    by_key = {one.key: one for place in places for one in submissions.find(Path(place))}
    found = list(by_key.values())  # what was handed in again counts as it was the last time
    before = {submission.key: marks.record(submission) for submission in found}
    if not options.unconfined:
        sandbox.require()
    built = _seeded(name, settings["seed"], options)
    code = _run(
        marks, built, found, {"assignment": name, "places": places, "seed": settings["seed"]}, options
    )
    changes = list(_changes(built, found, before, marks))
    tables.write(options.out / "changes.csv", [["student", "question", "before", "now"], *changes])
    if not changes:
        print("nobody's points changed")
    for student, question, old, new in changes:
        print(f"changed: {student}, {question}: {old} → {new}")
    return code


def _changes(
    built: Built, found: list[Submission], before: dict[str, Record | None], marks: Marks
) -> list[tuple[str, str, str, str]]:
    changes = []
    for submission in found:
        old, new = before[submission.key], marks.record(submission)
        for question in built.assignment.questions:
            if question.manual:
                continue
            was = "none" if old is None or old.fault else f"{old.points(question.name):g}"
            now = "none" if new is None or new.fault else f"{new.points(question.name):g}"
            if was != now:
                changes.append((submission.student, question.name, was, now))
    return changes
