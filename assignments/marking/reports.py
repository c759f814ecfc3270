"""What an instructor and the students get: tables, import files, pages."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from . import tables
from .building import FOLDER, Assignment, Question, write_whole
from .grading import Record
from .submissions import Submission
from .tables import Mark, Table

ABSENT = "not among the submissions of the last run"


def write_all(
    folder: Path,
    assignment: Assignment,
    found: Sequence[Submission],
    records: Sequence[Record],
    before: Sequence[tuple[Submission, Record]] = (),
) -> Table:
    """Write the tables and pages.

    Parameters
    ----------
    folder : Path
    assignment : Assignment
    found, records : sequences
        The submissions of this run, and what is known of them.
    before : sequence of pairs, optional
        Those of earlier runs into the same folder that are not among them.

    Returns
    -------
    Table
        What people have marked.

    Raises
    ------
    Misfilled
        A person's entry in `to_mark.csv` cannot be used. Nothing is written then.
    """
    absent = [(one, replace(record, remarks=[*record.remarks, ABSENT])) for one, record in before]
    pairs = [*zip(found, records, strict=True), *absent]
    path = folder / "to_mark.csv"
    manual = tables.read(path, assignment, {one.key: one.student for one, _ in pairs})
    for (key, question), mark in manual.marks.items():
        record = next(record for one, record in pairs if one.key == key)
        manual.marks[key, question] = mark.on(answer(assignment, record, question))
    tables.write(folder / "marks.csv", _marks(assignment, pairs, manual))
    tables.write(path, _to_mark(assignment, pairs, manual), manual.delimiter)
    for system in sorted({submission.system for submission, _ in pairs} - {""}):
        if system == "Canvas":
            tables.write(folder / "canvas.csv", _canvas(assignment, pairs, manual), mark=False)
        else:
            tables.write(folder / "moodle.csv", _moodle(assignment, pairs, manual))
    for submission, record in pairs:
        page = feedback(assignment, submission, record, manual)
        write_whole(folder / "feedback" / f"{submission.key}.html", page.encode("utf-8", "backslashreplace"))
        if any(question.manual for question in assignment.questions):
            page = marking(assignment, submission, record)
            write_whole(
                folder / "marking" / f"{submission.key}.html", page.encode("utf-8", "backslashreplace")
            )
    return manual


def answer(assignment: Assignment, record: Record, name: str) -> str:
    """Sum up what a mark is given for: a person's question by its answer, others by the notebook.

    It is empty where the submission could not be read; then a mark stays as it is.
    """
    if record.fault:
        return ""
    manual = next(question.manual for question in assignment.questions if question.name == name)
    given = record.answers.get(name, {}) if manual else {"notebook": record.digest}
    parts = {kind: content for kind, content in given.items() if kind != "figures"}  # made anew each time
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8", "backslashreplace"))
    return f"a{digest.hexdigest()[:8]}"  # a letter first, or a spreadsheet may make a number of it


# ---- tables -------------------------------------------------------------------------------

Pairs = Sequence[tuple[Submission, Record]]


def _points(question: Question, submission: Submission, record: Record, manual: Table) -> float | None:
    """Return what a question earns: what a person says, else what its checks do; None if that is open."""
    if (points := manual.of(submission.key, question.name).points) is not None:
        return points
    return None if question.manual or record.fault else record.points(question.name)


def _total(assignment: Assignment, submission: Submission, record: Record, manual: Table) -> float:
    return sum(_points(q, submission, record, manual) or 0.0 for q in assignment.questions)


def _marks(assignment: Assignment, pairs: Pairs, manual: Table) -> Iterator[list[object]]:
    columns = [f"{q.name} (of {q.points:g})" for q in assignment.questions]
    yield [
        "student",
        "identifier",
        "graded",
        *columns,
        f"total (of {assignment.points:g})",
        "still to mark",
        "remarks",
        "source",
    ]
    for submission, record in pairs:
        points = [_points(question, submission, record, manual) for question in assignment.questions]
        given = [each for each in points if each is not None]
        cells = ["" if each is None else _number(each) for each in points]
        total = _number(sum(given)) if given or not record.fault else ""
        changed = [
            f"{q.name} changed by hand"
            for q in assignment.questions
            if not q.manual and manual.of(submission.key, q.name).points is not None
        ]
        remarks = "; ".join(filter(None, [record.fault, *changed, *record.remarks]))
        graded = "no" if record.fault else "yes"
        yield [
            record.student,
            record.identifier,
            graded,
            *cells,
            total,
            "" if record.fault else points.count(None),
            remarks,
            record.source,
        ]


def _to_mark(assignment: Assignment, pairs: Pairs, manual: Table) -> Iterator[list[object]]:
    """Give a row to each answer that a person marks, and to whatever else a person has said."""
    yield list(tables.COLUMNS)
    for submission, record in pairs:
        for question in assignment.questions:
            mark = manual.of(submission.key, question.name)
            if (question.manual and not record.fault) or mark != Mark():
                yield [
                    submission.key,
                    record.student,
                    question.name,
                    _number(question.points),
                    "" if mark.points is None else _number(mark.points),
                    mark.comment,
                    mark.earlier,
                    mark.answer or answer(assignment, record, question.name),
                ]


def _canvas(assignment: Assignment, pairs: Pairs, manual: Table) -> Iterator[list[object]]:
    """Columns of Canvas's gradebook import; the second line gives the points possible."""
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title]
    yield ["    Points Possible", "", "", "", "", _number(assignment.points)]
    for submission, record in pairs:
        final = _final(assignment, submission, record, manual)
        if submission.system == "Canvas" and (final or not record.fault):
            yield [record.student, record.identifier, "", "", "", final]


def _moodle(assignment: Assignment, pairs: Pairs, manual: Table) -> Iterator[list[object]]:
    """Columns of Moodle's offline grading worksheet."""
    yield ["Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments"]
    for submission, record in pairs:
        final = _final(assignment, submission, record, manual)
        if submission.system == "Moodle" and (final or not record.fault):
            words = "".join(
                f"<p>{html.escape(text)}</p>" for text in _sentences(assignment, submission, record, manual)
            )
            row = [f"Participant {record.identifier}", record.student, final]
            yield [*row, _number(assignment.points), words]


def _final(assignment: Assignment, submission: Submission, record: Record, manual: Table) -> str:
    """Write the total, or nothing while a person has still to mark something."""
    if _waiting(assignment, submission, record, manual):
        return ""
    return _number(_total(assignment, submission, record, manual))


def _waiting(assignment: Assignment, submission: Submission, record: Record, manual: Table) -> list[Question]:
    return [q for q in assignment.questions if _points(q, submission, record, manual) is None]


def _sentences(
    assignment: Assignment, submission: Submission, record: Record, manual: Table
) -> Iterator[str]:
    """Say what a person and the checks have to say, question by question."""
    for question in assignment.questions:
        failed = [result for result in record.questions.get(question.name, []) if not result.passed]
        comment = manual.of(submission.key, question.name).comment
        for message in dict.fromkeys(filter(None, [comment, *(result.message for result in failed)])):
            yield f"{question.name}: {message}"


def _number(value: float) -> str:
    return f"{value:.6g}"


# ---- pages --------------------------------------------------------------------------------

PAGE = """\
<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin: 1.8rem 0 .3rem; }}
ul {{ padding-left: 1.2rem; }} li {{ margin: .4rem 0; overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
pre {{ padding: .6rem; border: 1px solid #8886; font-size: .85rem; }}
h2 span {{ font-weight: 400; white-space: nowrap; }}
img {{ max-width: 100%; background: white; }} .points {{ font-weight: 600; }}
.quiet {{ opacity: .75; font-size: .9rem; }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def _page(title: str, parts: Iterable[str]) -> str:
    return PAGE.format(title=html.escape(title), body="\n".join(parts))


def feedback(assignment: Assignment, submission: Submission, record: Record, manual: Table) -> str:
    """Make a student's page."""
    return _page(f"{assignment.title}: {record.student}", _feedback(assignment, submission, record, manual))


def _feedback(assignment: Assignment, submission: Submission, record: Record, manual: Table) -> Iterator[str]:
    if record.fault:
        yield f"<p>This was not graded by the program: {html.escape(record.fault)}.</p>"
        if not any(manual.of(submission.key, question.name) != Mark() for question in assignment.questions):
            return
    total = _total(assignment, submission, record, manual)
    waiting = _waiting(assignment, submission, record, manual)
    most = assignment.points - sum(question.points for question in waiting)
    worth = _number(sum(question.points for question in waiting))
    rest = f" so far; answers worth {worth} more are still to be marked by a person" if waiting else ""
    yield f"<p class='points'>{_number(total)} of {_number(most)} points{rest}.</p>"
    for question in assignment.questions:
        yield from _question(question, submission, record, manual, assignment.questions)
    if record.cells:
        yield "<h2>Cells that did not run to their end</h2><ul>"
        for place, mishap in sorted(record.cells.items()):
            line = html.escape(mishap.line)
            yield f"<li>Cell {place}, <code>{line}</code>: {html.escape(mishap.text)}</li>"
        yield "</ul>"
    yield f"<p class='quiet'>Graded from {html.escape(record.source)}, which was run from top to bottom.</p>"


def _question(
    question: Question,
    submission: Submission,
    record: Record,
    manual: Table,
    titled: Sequence[Question],
) -> Iterator[str]:
    heading = html.escape(question.title or question.name)
    points = _points(question, submission, record, manual)
    mark = manual.of(submission.key, question.name)
    score = "not marked yet" if points is None else f"{_number(points)} of {_number(question.points)}"
    by_hand = ", changed by hand" if not question.manual and mark.points is not None else ""
    yield f"<h2>{heading} <span>({score}{by_hand})</span></h2>"
    if mark.comment:
        yield f"<p>{html.escape(mark.comment)}</p>"
    if question.manual or record.fault:
        return
    failed = [result for result in record.questions[question.name] if not result.passed]
    if righted := record.given.get(question.name):
        titles = {one.name: one.title.partition(":")[0] or one.name for one in titled}
        earlier = html.escape(" and ".join(titles.get(name, name) for name in righted))
        right = "Right" if not failed else "Partly right"
        yield f"<p>{right}, given your {earlier}: it was checked again with right functions from there.</p>"
    elif not failed:
        yield "<p>All checks passed.</p>"
    if not failed:
        return
    worth: defaultdict[str, float] = defaultdict(float)  # a public check and a hidden one may say the same
    for result in failed:
        worth[result.message] += result.points
    yield "<ul>"
    for message, points in worth.items():
        cost = f" ({_number(points)} point{'s' * (points != 1)})" if points else ""
        yield f"<li>{html.escape(message)}{cost}</li>"
    yield "</ul>"


def marking(assignment: Assignment, submission: Submission, record: Record) -> str:
    """Make the page from which a person marks."""
    return _page(f"To mark: {record.student} ({submission.key})", _marking(assignment, record))


def _marking(assignment: Assignment, record: Record) -> Iterator[str]:
    if record.fault:
        yield f"<p>Not graded: {html.escape(record.fault)}</p>"
        return
    for question in assignment.questions:
        if not question.manual:
            continue
        yield f"<h2>{html.escape(question.title)} (of {_number(question.points)})</h2>"
        if rubric := _rubric(assignment, question):
            yield f"<pre class='quiet'>{html.escape(rubric)}</pre>"
        answer = record.answers.get(question.name, {})
        said = [*answer.get("texts", []), *answer.get("figures", [])]
        said += [code for code in answer.get("code", []) if str(code).strip() != "..."]
        if not said and not answer.get("missing"):
            yield "<p>No answer.</p>"
        if answer.get("missing"):
            yield "<p>The question's heading is not in the notebook; look into the file.</p>"
        for text in answer.get("texts", []):
            yield f"<pre>{html.escape(str(text))}</pre>"
        for figure in answer.get("figures", []):
            if picture := _picture(figure):
                yield f"<img alt='A figure of the student, made anew' src='data:image/png;base64,{picture}'>"
        for code in answer.get("code", []):
            yield f"<pre>{html.escape(str(code))}</pre>"
    for remark in record.remarks:
        yield f"<p>Remark: {html.escape(remark)}</p>"


def _rubric(assignment: Assignment, question: Question) -> str:
    """Find what earns points in an answer."""
    path = FOLDER / assignment.name / "rubric.md"
    if not path.exists():
        return ""
    parts = path.read_text(encoding="utf-8").split(f"## {question.name} (")
    return parts[1].split("\n## ")[0].split("\n", 1)[1].strip() if len(parts) > 1 else ""


def _picture(text: str) -> str:
    """Return base64 that holds a PNG and nothing that could end the attribute; "" otherwise."""
    try:
        data = base64.b64decode(str(text).replace("\n", ""), validate=True)
    except (ValueError, binascii.Error):
        return ""
    return base64.b64encode(data).decode() if data.startswith(b"\x89PNG\r\n") else ""
