"""What an instructor and the students get: tables, import files, pages."""

from __future__ import annotations

import base64
import binascii
import csv
import html
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .building import FOLDER, Assignment, Question, write_whole
from .grading import Record
from .submissions import Submission

TO_MARK = ["file", "student", "question", "of", "points", "comment"]


class Misfilled(Exception):
    """`to_mark.csv` holds something that is no mark; one line for each."""


def write_all(
    folder: Path, assignment: Assignment, found: Sequence[Submission], records: Sequence[Record]
) -> dict[str, int]:
    """Write the tables and pages; return how many files of each kind.

    Raises
    ------
    Misfilled
        A person's entry in `to_mark.csv` cannot be used. Nothing is written then.
    """
    manual = read_marks(folder / "to_mark.csv", assignment)
    pairs = list(zip(found, records, strict=True))
    table(folder / "marks.csv", _marks(assignment, pairs, manual))
    table(folder / "to_mark.csv", _to_mark(assignment, pairs, manual))
    for system in sorted({submission.system for submission in found} - {""}):
        rows = list(
            _canvas(assignment, pairs, manual) if system == "Canvas" else _moodle(assignment, pairs, manual)
        )
        table(folder / f"{system.lower()}.csv", rows)
    for submission, record in pairs:
        page = feedback(assignment, submission, record, manual)
        write_whole(folder / "feedback" / f"{submission.key}.html", page.encode("utf-8", "backslashreplace"))
        if any(question.manual for question in assignment.questions):
            page = marking(assignment, submission, record)
            write_whole(
                folder / "marking" / f"{submission.key}.html", page.encode("utf-8", "backslashreplace")
            )
    return {"students": len(pairs), "faults": sum(bool(record.fault) for record in records)}


# ---- tables -------------------------------------------------------------------------------

Manual = dict[tuple[str, str], tuple[float, str]]
Pairs = Sequence[tuple[Submission, Record]]


def read_marks(path: Path, assignment: Assignment) -> Manual:
    """Read the points that people have given."""
    if not path.exists():
        return {}
    most = {question.name: question.points for question in assignment.questions if question.manual}
    given: Manual = {}
    faults = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file, dialect=_dialect(path)), 2):
            text = (row.get("points") or "").strip().replace(",", ".")
            question, key = row.get("question") or "", row.get("file") or ""
            comment = (row.get("comment") or "").strip()
            if not text:
                if comment and question in most:
                    given[key, question] = (float("nan"), comment)
                continue
            try:
                points = float(text)
            except ValueError:
                faults.append(f"to_mark.csv, line {line}: {text!r} is no number of points")
                continue
            if question not in most:
                faults.append(
                    f"to_mark.csv, line {line}: there is no question {question!r} for people to mark"
                )
            elif not 0 <= points <= most[question]:
                faults.append(f"to_mark.csv, line {line}: {points:g} is not between 0 and {most[question]:g}")
            else:
                given[key, question] = (points, comment)
    if faults:
        raise Misfilled("\n".join(faults))
    return given


def _dialect(path: Path) -> type[csv.Dialect]:
    """Some spreadsheets save with semicolons."""

    class Found(csv.excel):
        delimiter = ";" if path.read_text(encoding="utf-8-sig").split("\n")[0].count(";") > 2 else ","

    return Found


def _manual(manual: Manual, key: str, question: str) -> float | None:
    points = manual.get((key, question), (float("nan"), ""))[0]
    return None if points != points else points


def _total(assignment: Assignment, submission: Submission, record: Record, manual: Manual) -> float:
    people = [_manual(manual, submission.key, q.name) or 0.0 for q in assignment.questions if q.manual]
    return record.automatic + sum(people)


def _marks(assignment: Assignment, pairs: Pairs, manual: Manual) -> Iterator[list[object]]:
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
        cells: list[object] = []
        open_ = 0
        for question in assignment.questions:
            if record.fault:
                cells.append("")
            elif question.manual:
                points = _manual(manual, submission.key, question.name)
                open_ += points is None
                cells.append("" if points is None else _number(points))
            else:
                cells.append(_number(record.points(question.name)))
        total = "" if record.fault else _number(_total(assignment, submission, record, manual))
        remarks = record.fault or "; ".join(record.remarks)
        graded = "no" if record.fault else "yes"
        yield [
            record.student,
            record.identifier,
            graded,
            *cells,
            total,
            "" if record.fault else open_,
            remarks,
            record.source,
        ]


def _to_mark(assignment: Assignment, pairs: Pairs, manual: Manual) -> Iterator[list[object]]:
    yield list(TO_MARK)
    for submission, record in pairs:
        for question in assignment.questions:
            if question.manual and not record.fault:
                points = _manual(manual, submission.key, question.name)
                comment = manual.get((submission.key, question.name), (0.0, ""))[1]
                yield [
                    submission.key,
                    record.student,
                    question.name,
                    _number(question.points),
                    "" if points is None else _number(points),
                    comment,
                ]


def _canvas(assignment: Assignment, pairs: Pairs, manual: Manual) -> Iterator[list[object]]:
    """Columns of Canvas's gradebook import; the second line gives the points possible."""
    yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment.title]
    yield ["    Points Possible", "", "", "", "", _number(assignment.points)]
    for submission, record in pairs:
        if submission.system == "Canvas" and not record.fault:
            yield [
                record.student,
                record.identifier,
                "",
                "",
                "",
                _final(assignment, submission, record, manual),
            ]


def _moodle(assignment: Assignment, pairs: Pairs, manual: Manual) -> Iterator[list[object]]:
    """Columns of Moodle's offline grading worksheet."""
    yield ["Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments"]
    for submission, record in pairs:
        if submission.system == "Moodle" and not record.fault:
            words = "\n".join(_sentences(assignment, record))
            yield [
                f"Participant {record.identifier}",
                record.student,
                _final(assignment, submission, record, manual),
                _number(assignment.points),
                words,
            ]


def _final(assignment: Assignment, submission: Submission, record: Record, manual: Manual) -> str:
    """Write the total, or nothing while a person has still to mark something."""
    if _waiting(assignment, submission, manual):
        return ""
    return _number(_total(assignment, submission, record, manual))


def _waiting(assignment: Assignment, submission: Submission, manual: Manual) -> list[Question]:
    return [q for q in assignment.questions if q.manual and _manual(manual, submission.key, q.name) is None]


def _sentences(assignment: Assignment, record: Record) -> Iterator[str]:
    for question in assignment.questions:
        failed = [result for result in record.questions.get(question.name, []) if not result.passed]
        for message in dict.fromkeys(result.message for result in failed):
            yield f"{question.name}: {message}"


def _number(value: float) -> str:
    return f"{value:.6g}"


def table(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Write a table; a text that a spreadsheet would take for a formula is defused."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([_defused(cell) for cell in row])
    write_whole(path, buffer.getvalue().encode("utf-8", "backslashreplace"))


def _defused(cell: object) -> object:
    """Put an apostrophe before what a spreadsheet would compute, also if it divides at semicolons or tabs."""
    if not isinstance(cell, str) or re.fullmatch(r"-?[\d.]+(e[+-]\d+)?", cell):
        return cell
    return re.sub(r"(^|[;\t\r\n])(?=[=+\-@\t\r＝＋－＠])", r"\1'", cell)


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


def feedback(assignment: Assignment, submission: Submission, record: Record, manual: Manual) -> str:
    """Make a student's page."""
    return _page(f"{assignment.title}: {record.student}", _feedback(assignment, submission, record, manual))


def _feedback(
    assignment: Assignment, submission: Submission, record: Record, manual: Manual
) -> Iterator[str]:
    if record.fault:
        yield f"<p>This was not graded: {html.escape(record.fault)}.</p>"
        return
    total = _total(assignment, submission, record, manual)
    waiting = _waiting(assignment, submission, manual)
    most = assignment.points - sum(question.points for question in waiting)
    worth = _number(sum(question.points for question in waiting))
    rest = f" so far; answers worth {worth} more are still to be marked by a person" if waiting else ""
    yield f"<p class='points'>{_number(total)} of {_number(most)} points{rest}.</p>"
    for question in assignment.questions:
        yield from _question(question, submission, record, manual)
    if record.cells:
        yield "<h2>Cells that did not run to their end</h2><ul>"
        for place, text in sorted(record.cells.items()):
            line = html.escape(record.lines.get(place, ""))
            yield f"<li>Cell {place}, <code>{line}</code>: {html.escape(text)}</li>"
        yield "</ul>"
    yield f"<p class='quiet'>Graded from {html.escape(record.source)}, which was run from top to bottom.</p>"


def _question(question: Question, submission: Submission, record: Record, manual: Manual) -> Iterator[str]:
    heading = html.escape(question.title or question.name)
    if question.manual:
        points = _manual(manual, submission.key, question.name)
        shown = "not marked yet" if points is None else f"{_number(points)} of {_number(question.points)}"
        comment = manual.get((submission.key, question.name), (0.0, ""))[1]
        yield f"<h2>{heading} <span>({shown})</span></h2>"
        if comment:
            yield f"<p>{html.escape(comment)}</p>"
        return
    score = f"{_number(record.points(question.name))} of {_number(question.points)}"
    yield f"<h2>{heading} <span>({score})</span></h2>"
    failed = [result for result in record.questions[question.name] if not result.passed]
    if not failed:
        yield "<p>All checks passed.</p>"
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
