"""Tables that people fill in: read in every form a spreadsheet saves, never lost when written.

A row of `to_mark.csv` that holds points or a comment is somebody's work. What cannot be
understood stops the run before a file is touched; what is replaced stays in `earlier/`.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .building import Assignment, write_whole

COLUMNS = ["file", "student", "question", "of", "points", "comment", "earlier", "answer"]
NEEDED = {"file", "question", "points"}
SAVE = "save it as CSV, in UTF-8; nothing was changed"
TITLES = 20  # rows that may stand above the names of the columns
ENCODINGS = ("cp1252", "mac_roman", "cp1250")  # of spreadsheets that do not save as UTF-8
SIGNS = "=+\\-@＝＋－＠"  # what makes a formula of a cell
FORMULA = re.compile(rf"(^|[;\t\r\n\"])([\s\"]*)(?=[{SIGNS}])")
DEFUSED = re.compile(rf"(^|[;\t\r\n\"])([\s\"]*)'(?=[{SIGNS}])")
NUMBER = re.compile(r"-?[\d.]+(e[+-]\d+)?")

Place = tuple[str, str]  # the key of a submission, and the name of a question


class Misfilled(Exception):
    """A table holds something that is no mark; one line for each."""


@dataclass(frozen=True)
class Mark:
    """What a person has said of one question.

    Attributes
    ----------
    points : float or None
        None if there is only a comment.
    comment : str
        What the student reads.
    earlier : str
        Marks that were given for other answers to the same question.
    answer : str
        A digest of the answer that it was given for; "" where nothing is known of it.
    """

    points: float | None = None
    comment: str = ""
    earlier: str = ""
    answer: str = ""

    def on(self, answer: str) -> Mark:
        """Return the mark if this is the answer that it was given for; else it is an earlier one."""
        if answer in ("", self.answer):
            return self
        if not self.answer or (self.points is None and not self.comment):
            return replace(self, answer=answer)
        said = "no points" if self.points is None else f"{self.points:.6g}"
        mark = f"{said} for another answer" + (f" ({self.comment})" if self.comment else "")
        return Mark(None, "", "; ".join(filter(None, (self.earlier, mark))), answer)


@dataclass
class Table:
    """The marks of `to_mark.csv`, and what divided its columns."""

    marks: dict[Place, Mark] = field(default_factory=dict)
    delimiter: str = ","

    def of(self, key: str, question: str) -> Mark:
        return self.marks.get((key, question), Mark())


def read(path: Path, assignment: Assignment, students: Mapping[str, str]) -> Table:
    """Read what people have marked.

    Parameters
    ----------
    path : Path
        `to_mark.csv`; it need not be there.
    assignment : Assignment
        Whose questions they are.
    students : mapping
        The name of the student behind each key that a row may have.

    Raises
    ------
    Misfilled
        Something in it is not understood.
    """
    others = [p.name for p in sorted(path.parent.glob(f"{path.stem}.*")) if p.suffix != path.suffix]
    if others:
        raise Misfilled(
            f"{others[0]} lies beside {path.name}: save what you have marked as CSV under the name "
            f"{path.name}, and move {others[0]} elsewhere; nothing was changed"
        )
    if not path.exists():
        return Table()
    text = _text(path, students)
    delimiter, rows = _rows(text, path.name)
    table = Table(delimiter=delimiter)
    most = {question.name: question for question in assignment.questions}
    faults: list[str] = []
    for line, row in rows:
        mark = _mark(row)
        if not any(row[name] for name in ("points", "comment", "earlier")):
            continue
        place = row["file"], row["question"].lower()
        if place[0] not in students:
            faults.append(f"line {line}: {_unknown(row, students)}")
        elif place[1] not in most:
            known = ", ".join(most)
            faults.append(
                f"line {line}: there is no question {row['question']!r}; {assignment.name} has {known}"
            )
        elif isinstance(mark, str):
            faults.append(f"line {line}: {mark}")
        elif mark.points is not None and not 0 <= mark.points <= most[place[1]].points:
            faults.append(f"line {line}: {mark.points:g} is not between 0 and {most[place[1]].points:g}")
        elif mark.points is not None and not most[place[1]].manual and not mark.comment:
            faults.append(f"line {line}: the program checks {place[1]}; say in `comment` why you change it")
        elif table.marks.get(place, mark) != mark:
            faults.append(f"line {line}: {place[0]} has two marks for {place[1]}; leave the row that counts")
        else:
            table.marks[place] = mark
    if faults:
        raise Misfilled("\n".join(f"{path.name}, {fault}" for fault in faults))
    return table


def _text(path: Path, students: Mapping[str, str]) -> str:
    """Decode a file that some spreadsheet has saved."""
    data = path.read_bytes()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Misfilled(f"{path.name} is a workbook by another name: {SAVE}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        tried = ["utf-16"]
    elif b"\0" in data:
        tried = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        tried = ["utf-8-sig", *ENCODINGS]
    known = set(students.values())
    texts = []
    for encoding in tried:
        try:
            texts.append(data.decode(encoding))
        except UnicodeDecodeError:
            continue
        if encoding.startswith("utf") or all(
            name in known for name in _names(texts[-1], path.name) if not name.isascii()
        ):
            return texts[-1]
    if not texts:
        raise Misfilled(f"{path.name} is no text that can be read: {SAVE}")
    return texts[0]


def _names(text: str, name: str) -> Iterator[str]:
    for _, row in _rows(text, name)[1]:
        yield row["student"]


def _rows(text: str, name: str) -> tuple[str, list[tuple[int, dict[str, str]]]]:
    """Divide a text into rows by the names of its columns; what stands above them is passed over."""
    if "\0" in text:
        raise Misfilled(f"{name} holds zeros between its letters: {SAVE}")
    faults = []
    for delimiter in ",;\t":
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            faults.append(f"{name}, line {reader.line_num}: {error}; a quotation mark may be missing")
            continue
        for place, (_, cells) in enumerate(rows[:TITLES]):
            names = [cell.strip().strip("\ufeff").lower() for cell in cells]
            if names.count("file") == 1 and set(names) >= NEEDED:
                return delimiter, list(_named(names, rows[place + 1 :], name))
    if faults:
        raise Misfilled(f"{faults[0]}. Nothing was changed")
    begins = text.strip("\ufeff")[:60].splitlines()
    raise Misfilled(
        f"{name} has no row with the names {', '.join(COLUMNS)}; it begins with {begins[:1]}. "
        "Put the names of its columns back; nothing was changed"
    )


def _named(
    names: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], table: str
) -> Iterator[tuple[int, dict[str, str]]]:
    for line, cells in rows:
        row = dict.fromkeys(COLUMNS, "")
        for place, cell in enumerate(cells):
            text = armed(cell.strip())
            named = names[place] if place < len(names) else ""
            if named in row:
                row[named] = text
            elif text:
                raise Misfilled(
                    f"{table}, line {line}: {text[:60]!r} stands in a column that is none of "
                    f"{', '.join(COLUMNS)}; move it into `comment`, in quotation marks if it holds "
                    "what divides columns. Nothing was changed"
                )
        yield line, row


def _mark(row: Mapping[str, str]) -> Mark | str:
    """Read a row; the text says what is wrong with its points."""
    points = None
    if row["points"]:
        try:
            points = float(row["points"].replace(",", "."))
        except ValueError:
            return f"{row['points']!r} is no number of points"
    return Mark(points, row["comment"], row["earlier"], row["answer"])


def _unknown(row: Mapping[str, str], students: Mapping[str, str]) -> str:
    """Say of a row that it belongs to nobody, and whose it may be."""
    meant = [key for key, student in students.items() if student and student == row["student"]]
    meant = meant or difflib.get_close_matches(row["file"], students, 1)
    hint = f"is it {meant[0]!r}? Else " if meant else ""
    return (
        f"no submission has the key {row['file']!r}, and the row holds a mark; {hint}"
        "put that submission back, or move the row to a file of its own"
    )


# ---- writing ------------------------------------------------------------------------------


def write(path: Path, rows: Iterable[Sequence[object]], delimiter: str = ",", *, mark: bool = True) -> None:
    """Write a table that spreadsheets show right; what it replaces is kept in the folder `earlier`.

    Parameters
    ----------
    path : Path
    rows : iterable of sequences
    delimiter : str, optional
        What divides columns.
    mark : bool, optional
        Begin with a byte-order mark, without which Excel takes UTF-8 for something else.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
    content = buffer.getvalue().encode("utf-8-sig" if mark else "utf-8", "backslashreplace")
    if path.exists() and (old := path.read_bytes()) != content:
        keep(path, old)
    write_whole(path, content)


def keep(path: Path, content: bytes) -> None:
    """Put what a table held into the folder `earlier` beside it."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target, count = path.parent / "earlier" / f"{path.stem}-{stamp}{path.suffix}", 1
    while target.exists():
        count += 1
        target = target.with_name(f"{path.stem}-{stamp}-{count}{path.suffix}")
    write_whole(target, content)


def defused(cell: object) -> object:
    """Put an apostrophe before what a spreadsheet would compute, also if it divides at semicolons or tabs."""
    return FORMULA.sub(r"\1\2'", cell) if isinstance(cell, str) and not NUMBER.fullmatch(cell) else cell


def armed(text: str) -> str:
    """Take the apostrophes of `defused` away again."""
    return DEFUSED.sub(r"\1\2", text)
