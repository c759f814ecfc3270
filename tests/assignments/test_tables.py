"""What people have marked is read in every form, belongs to its answer, and is never lost."""

import codecs
import csv
import io
import json
import zipfile
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignments.marking import building, command_line, grading, tables
from assignments.marking.grading import Marks

ASSIGNMENT = building.read("a2_gradient_descent")
TOTAL = 15  # of what the program checks
STUDENTS = ("José Núñez", "Ann; Smith", "Mit=elik", "Zoë")


def notebook(text="because", code="x = 1"):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": code, "outputs": []},
        {"cell_type": "markdown", "metadata": {}, "source": text},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@dataclass
class Course:
    """A folder of submissions, the folder of its marks, and what was said at the last run."""

    place: object
    out: object
    capsys: object
    said: str = field(default="")

    def grade(self, place=None):
        code = command_line.main(["grade", "a2", str(place or self.place), "--out", str(self.out)])
        found = self.capsys.readouterr()
        self.said = found.out + found.err
        return code

    def rows(self, name="to_mark"):
        with (self.out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            return list(csv.DictReader(file, delimiter=max(",;\t", key=first.count)))

    def marks(self):
        return {(row["student"], row["question"]): (row["points"], row["comment"]) for row in self.rows()}

    def files(self):
        return {path: path.read_bytes() for path in sorted(self.out.rglob("*")) if path.is_file()}

    def save(self, rows, delimiter=",", encoding="utf-8-sig", **more):
        (self.out / "to_mark.csv").write_bytes(written(rows, delimiter, **more).encode(encoding))

    def held(self):
        """Every mark that stands in `to_mark.csv` or in what it replaced."""
        return "\n".join(
            path.read_text(encoding="utf-8-sig", errors="replace")
            for path in [self.out / "to_mark.csv", *self.out.glob("earlier/to_mark*")]
        )


def written(rows, delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\r\n", columns=tuple(tables.COLUMNS)):
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(
        buffer, columns, extrasaction="ignore", delimiter=delimiter, quoting=quoting, lineterminator=end
    )
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


COMMENT = "schön, aber „warum“?; -1 for the sign"


@pytest.fixture
def course(tmp_path, quick, capsys):
    """Four students, all of whose answers are marked."""
    made = Course(tmp_path / "place", tmp_path / "marks", capsys)
    made.place.mkdir()
    for student in STUDENTS:
        (made.place / f"{student}.ipynb").write_bytes(notebook())
    assert made.grade() == 0
    made.marked = [row | {"points": "2.5", "comment": f"{COMMENT} {row['student']}"} for row in made.rows()]
    assert len(made.marked) == 8
    return made


def totals(course):
    return {row["student"]: row["total (of 21)"] for row in course.rows("marks")}


def plain(rows):
    return [row | {"comment": row["comment"].encode("ascii", "ignore").decode()} for row in rows]


def lines(text):
    return text.encode("utf-8")


FORMS = {
    "UTF-8": lambda rows: lines(written(rows)),
    "UTF-8 with a mark": lambda rows: codecs.BOM_UTF8 + lines(written(rows)),
    "Windows, semicolons": lambda rows: written(rows, ";").encode("cp1252"),
    "Windows, commas": lambda rows: written(rows).encode("cp1252"),
    "a Mac of old": lambda rows: written(rows, ";", end="\r").encode("mac_roman"),
    "UTF-16": lambda rows: written(rows, "\t").encode("utf-16"),
    "UTF-16, the other order": lambda rows: codecs.BOM_UTF16_BE + written(rows, "\t").encode("utf-16-be"),
    "UTF-16 without a mark": lambda rows: written(rows, "\t").encode("utf-16-le"),
    "tabs": lambda rows: lines(written(rows, "\t")),
    "semicolons": lambda rows: lines(written(rows, ";")),
    "sep=": lambda rows: lines("sep=;\r\n" + written(rows, ";")),
    "everything quoted": lambda rows: lines(written(rows, quoting=csv.QUOTE_ALL)),
    "Unix lines": lambda rows: lines(written(rows, end="\n")),
    "capitals": lambda rows: lines(
        written(rows).replace("file,student,question", "File,STUDENT,Question", 1)
    ),
    "spaces about the names": lambda rows: lines(written(rows).replace("points,", " points ,", 1)),
    "a title row": lambda rows: lines("Assignment 2, spring,,,,\r\n\r\n" + written(rows)),
    "empty columns": lambda rows: lines(written(rows).replace("\r\n", ",,\r\n")),
    "empty rows": lambda rows: lines(written(rows) + ",,,,,,,\r\n\r\n"),
    "other order of columns": lambda rows: lines(written(rows, columns=tables.COLUMNS[::-1])),
    "other order of rows": lambda rows: lines(written(rows[::-1])),
    "only what is needed": lambda rows: lines(
        written(rows, columns=["file", "question", "points", "comment"])
    ),
    "a decimal comma": lambda rows: lines(written([r | {"points": "2,5"} for r in rows], ";")),
    "spaces about points": lambda rows: lines(written([r | {"points": " 2.50 "} for r in rows])),
    "questions in capitals": lambda rows: lines(
        written([r | {"question": r["question"].upper()} for r in rows])
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_however_it_was_saved(course, form):
    (course.out / "to_mark.csv").write_bytes(FORMS[form](course.marked))
    saved = (course.out / "to_mark.csv").read_bytes()
    assert course.grade() == 0
    for row in course.rows():
        assert (row["points"], tables.armed(row["comment"])) == (
            "2.5",
            f"{COMMENT} {tables.armed(row['student'])}",
        )
    assert set(totals(course).values()) == {str(TOTAL + 5)}
    assert "8 of 8 answers are marked" in course.said
    now = (course.out / "to_mark.csv").read_bytes()
    kept = [path.read_bytes() for path in course.out.glob("earlier/to_mark*")]
    assert saved == now or saved in kept
    assert course.grade() == 0  # what was written is read as well
    assert (course.out / "to_mark.csv").read_bytes() == now


def changed(rows, place, **what):
    return [row | (what if at == place else {}) for at, row in enumerate(rows)]


REFUSED = {
    "a workbook under its name": (lambda rows: b"PK\x03\x04" + bytes(400), "a workbook by another name"),
    "an old workbook": (lambda rows: b"\xd0\xcf\x11\xe0" + bytes(400), "a workbook by another name"),
    "nothing": (lambda rows: b"", "no row with the names"),
    "no names of columns": (lambda rows: lines(written(rows).split("\r\n", 1)[1]), "no row with the names"),
    "another name": (
        lambda rows: lines(written(rows).replace("points", "Punkte", 1)),
        "no row with the names",
    ),
    "a missing quotation mark": (
        lambda rows: lines(written(rows, quoting=csv.QUOTE_ALL)[:-3]),
        "quotation mark",
    ),
    "a column of one's own": (
        lambda rows: lines(written([r | {"note": "ask"} for r in rows], columns=[*tables.COLUMNS, "note"])),
        "line 2: 'ask' stands in a column",
    ),
    "a comma in a comment": (
        lambda rows: lines(written(plain(rows)) + "x,y,q7,3,1,a,b,c,d\r\n"),
        "line 10: 'd'",
    ),
    "a date": (
        lambda rows: lines(written(changed(rows, 1, points="02. May"))),
        "line 3: '02. May' is no number",
    ),
    "a fraction": (lambda rows: lines(written(changed(rows, 1, points="5/2"))), "line 3: '5/2' is no number"),
    "not a number": (
        lambda rows: lines(written(changed(rows, 0, points="nan"))),
        "line 2: nan is not between",
    ),
    "infinity": (lambda rows: lines(written(changed(rows, 0, points="inf"))), "line 2: inf is not between"),
    "too many": (
        lambda rows: lines(written(changed(rows, 0, points="25"))),
        "line 2: 25 is not between 0 and 3",
    ),
    "too few": (
        lambda rows: lines(written(changed(rows, 0, points="-1"))),
        "line 2: -1 is not between 0 and 3",
    ),
    "another question": (lambda rows: lines(written(changed(rows, 0, question="q9"))), "no question 'q9'"),
    "no question": (lambda rows: lines(written(changed(rows, 0, question=""))), "no question ''"),
    "a key in small letters": (
        lambda rows: lines(written(changed(rows, 0, file=rows[0]["file"].lower()))),
        "no submission has the key",
    ),
    "no key": (lambda rows: lines(written(changed(rows, 0, file=""))), "no submission has the key ''"),
    "two marks": (
        lambda rows: lines(written([*rows, rows[0] | {"points": "1"}])),
        "has two marks for q7",
    ),
    "a comment alone for nobody": (
        lambda rows: lines(written(changed(rows, 0, file="who", points=""))),
        "no submission has the key 'who'",
    ),
    "no reason": (
        lambda rows: lines(written([*rows, rows[0] | {"question": "q1", "points": "1", "comment": ""}])),
        "the program checks q1; say in `comment` why",
    ),
    "zeros": (lambda rows: b"\0" * 300, "zeros between its letters"),
    "letters of no encoding": (
        lambda rows: codecs.BOM_UTF16_LE + b"\x00\xd8" * 9 + b"x",
        "no text that can be read",
    ),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_not_understood_stops_the_run_before_a_file_is_touched(course, form):
    make, said = REFUSED[form]
    course.save(course.marked)
    course.grade()
    (course.place / "late.ipynb").write_bytes(notebook())
    (course.out / "to_mark.csv").write_bytes(make(course.marked))
    before = course.files()
    assert course.grade() == 2
    assert said in course.said
    assert "Traceback" not in course.said
    assert course.files() == before


def test_two_runs_into_one_folder_do_not_meet(course):
    with Marks(course.out).alone():
        assert course.grade() == 2
    assert "another run is writing into this folder" in course.said
    assert course.grade() == 0


def test_a_row_that_nobody_owns_names_whose_it_may_be(course):
    key = course.marked[0]["file"]
    course.save(changed(course.marked, 0, file=key.lower()))
    assert course.grade() == 2
    assert f"is it '{key}'?" in course.said


@pytest.mark.parametrize("ending", ["xlsx", "ods", "numbers", "xls"])
def test_a_workbook_beside_the_table_is_named(course, ending):
    with zipfile.ZipFile(course.out / f"to_mark.{ending}", "w"):
        pass
    before = course.files()
    assert course.grade() == 2
    assert f"to_mark.{ending} lies beside to_mark.csv: save what you have marked as CSV" in course.said
    assert course.files() == before


# ---- who comes and goes --------------------------------------------------------------------


def gone(course):
    (course.place / "Zoë.ipynb").unlink()


def damaged(course):
    (course.place / "Zoë.ipynb").write_text("{")


def emptied(course):
    (course.place / "Zoë.ipynb").write_bytes(b"")


def renamed(course):
    (course.place / "Zoë.ipynb").rename(course.place / "Zoe.ipynb")


def twice(course):
    (course.place / "Zoë").mkdir()
    (course.place / "Zoë" / "again.ipynb").write_bytes(notebook())


def in_a_folder(course):
    gone(course)
    (course.place / "Zoë").mkdir()
    (course.place / "Zoë" / "mine.ipynb").write_bytes(notebook())


def in_canvas(course):
    (course.place / "Zoë.ipynb").rename(course.place / "zoe_4711_1_a2.ipynb")


def in_moodle(course):
    gone(course)
    (course.place / "Zoë_4711_assignsubmission_file").mkdir()
    (course.place / "Zoë_4711_assignsubmission_file" / "a2.ipynb").write_bytes(notebook())


def all_others(course):
    for path in course.place.iterdir():
        path.unlink()
    (course.place / "new.ipynb").write_bytes(notebook())


@pytest.mark.parametrize(
    "happens", [gone, damaged, emptied, renamed, twice, in_a_folder, in_canvas, in_moodle, all_others]
)
def test_marks_stay_whoever_comes_and_goes(course, happens):
    course.save(course.marked)
    course.grade()
    before = course.marks()
    assert set(before) == {(tables.defused(student), q) for student in STUDENTS for q in ("q7", "q8")}
    happens(course)
    for _ in range(2):
        assert course.grade() in (0, 1)
        assert before.items() <= course.marks().items()
    assert command_line.main(["regrade", str(course.out)]) in (0, 1)
    assert before.items() <= course.marks().items()


def test_late_ones_are_graded_into_the_same_folder(course, tmp_path):
    course.save(course.marked)
    course.grade()
    before = course.marks()
    late = tmp_path / "late"
    late.mkdir()
    (late / "Late Comer.ipynb").write_bytes(notebook())
    assert course.grade(late) == 0
    assert before.items() <= course.marks().items()
    assert totals(course) == dict.fromkeys(map(tables.defused, STUDENTS), "20") | {"Late Comer": "15"}
    assert "kept from earlier runs: 4" in course.said
    assert command_line.main(["regrade", str(course.out)]) == 0  # finds all of them again
    assert totals(course)["Zoë"] == "20"
    assert before.items() <= course.marks().items()


def test_a_late_answer_takes_the_place_of_the_one_before(course, tmp_path):
    course.save(course.marked)
    course.grade()
    late = tmp_path / "late"
    late.mkdir()
    (late / "Zoë.ipynb").write_bytes(notebook("on second thoughts"))
    course.grade(late)
    command_line.main(["regrade", str(course.out)])
    assert totals(course)["Zoë"] == "15"
    assert [row["earlier"] for row in course.rows() if row["student"] == "Zoë"] == [
        f"2.5 for another answer ({COMMENT} Zoë)".replace("; -1", "; '-1")
    ] * 2


# ---- a mark belongs to its answer ----------------------------------------------------------


def test_a_changed_answer_is_to_mark_again(course):
    course.save(course.marked)
    course.grade()
    (course.place / "Zoë.ipynb").write_bytes(notebook("I do not know."))
    course.grade()
    assert "to mark again: Zoë, q7: 2.5 for another answer" in course.said
    assert course.marks()["Zoë", "q7"] == ("", "")
    rows = [row | ({"points": "1"} if row["student"] == "Zoë" else {}) for row in course.rows()]
    course.save(rows)
    course.grade()
    assert totals(course)["Zoë"] == "17"
    (course.place / "Zoë.ipynb").write_bytes(notebook("now I know"))
    course.grade()
    (row,) = [row for row in course.rows() if (row["student"], row["question"]) == ("Zoë", "q7")]
    assert row["points"] == ""
    assert row["earlier"].startswith("2.5 for another answer")
    assert row["earlier"].endswith("; 1 for another answer")


def test_a_mark_for_what_has_changed_meanwhile_does_not_count(course):
    (course.place / "Zoë.ipynb").write_bytes(notebook("changed while it was marked"))
    course.save(course.marked)
    course.grade()
    assert totals(course)["Zoë"] == "15"
    assert "2.5 for another answer" in course.held()


def test_code_elsewhere_changes_no_mark_of_a_person_s_question(course):
    course.save(course.marked)
    course.grade()
    (course.place / "Zoë.ipynb").write_bytes(notebook(code="x = 2"))
    course.grade()
    assert totals(course)["Zoë"] == "20"


def test_a_table_of_before_that_knows_no_answers(course):
    old = ["file", "student", "question", "of", "points", "comment"]
    course.save(course.marked, columns=old)
    assert course.grade() == 0
    assert set(totals(course).values()) == {"20"}


# ---- changed by hand -----------------------------------------------------------------------


def test_points_are_changed_by_hand_with_a_reason(course):
    override = course.marked[0] | {"question": "q1", "points": "0.5", "comment": "appeal", "answer": ""}
    course.save([*course.marked, override])
    course.grade()
    student = tables.armed(override["student"])
    worth = next(q.points for q in ASSIGNMENT.questions if q.name == "q1")
    (row,) = [row for row in course.rows("marks") if row["student"] == override["student"]]
    assert float(row["total (of 21)"]) == 20 - worth + 0.5
    assert "q1 changed by hand" in row["remarks"]
    page = (course.out / "feedback" / f"{override['file']}.html").read_text(encoding="utf-8")
    assert f"0.5 of {worth:g}, changed by hand" in page
    assert "<p>appeal</p>" in page
    (course.place / f"{student}.ipynb").write_bytes(notebook(code="x = 3"))
    course.grade()
    (row,) = [row for row in course.rows() if row["question"] == "q1"]
    assert (row["points"], row["earlier"]) == ("", "0.5 for another answer (appeal)")


def test_what_could_not_be_graded_is_marked_by_hand(course):
    (course.place / "Zoë.ipynb").write_text("{")
    course.grade()
    key = next(row["file"] for row in course.marked if row["student"] == "Zoë")
    by_hand = [
        {"file": key, "question": q.name, "points": "1", "comment": "read on paper"}
        for q in ASSIGNMENT.questions
    ]
    course.save([row for row in course.rows() if row["file"] != key] + by_hand)
    assert course.grade() == 1
    assert totals(course)["Zoë"] == "8"


# ---- writing -------------------------------------------------------------------------------


def apart(text, delimiter):
    """Divide a table as a spreadsheet does that is set to another delimiter."""
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]


HARMFUL = [
    *(
        "=1+1",
        "+1",
        "-x",
        "@x",
        "\t=1",
        "a;=1",
        "a\n=1",
        "＝1",
        'x;"=1+1;y',
        'x;""=1',
        "x; =1",
        'x\t"=1',
        " =1",
    ),
    *('";=1', '"=1', 'a"\n"=1', "x;\u00a0=1"),
]


@pytest.mark.parametrize("text", HARMFUL)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_is_a_formula_however_the_table_is_divided(text, delimiter, tmp_path):
    for written_with in ",;":
        tables.write(tmp_path / "t.csv", [["name", "x"], ["a b", text], [text, "c"]], written_with)
        for cell in apart((tmp_path / "t.csv").read_text(encoding="utf-8-sig"), delimiter):
            assert cell.strip(' \t\r\n"\u00a0')[:1] not in {*"=+@＝", "-"}


def test_numbers_are_left_alone(tmp_path):
    tables.write(tmp_path / "t.csv", [["-3.5", "1e-05", "2"]])
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig") == "-3.5,1e-05,2\n"


@given(st.text())
def test_what_is_defused_comes_back(text):
    assert tables.armed(tables.defused(text)) == tables.armed(text)


def test_what_is_replaced_lies_in_earlier(tmp_path):
    for content in ("a", "b", "b", "c", "d"):
        tables.write(tmp_path / "t.csv", [[content]])
    kept = [path.read_text(encoding="utf-8-sig") for path in (tmp_path / "earlier").iterdir()]
    assert sorted(kept) == ["a\n", "b\n", "c\n"]


def test_what_a_student_writes_is_no_markup_in_moodle(course):
    folder = course.place / "<b>Bo_1_assignsubmission_file"
    folder.mkdir()
    (folder / "a.ipynb").write_bytes(notebook())
    course.grade()
    rows = [
        row | {"points": "1", "comment": "<script>1</script> & so on"} if "Bo" in row["student"] else row
        for row in course.rows()
    ]
    course.save(rows)
    course.grade()
    (row,) = course.rows("moodle")
    assert row["Feedback comments"] == "".join(
        f"<p>{q}: &lt;script&gt;1&lt;/script&gt; &amp; so on</p>" for q in ("q7", "q8")
    )


def test_what_is_graded_already_is_not_graded_again(course, monkeypatch):
    (course.place / "bad.ipynb").write_bytes(b"no notebook")
    assert course.grade() == 1
    graded, asked = grading.grade, []

    def counted(submission, *given, **more):
        asked.append(submission.student)
        return graded(submission, *given, **more)

    monkeypatch.setattr(grading, "grade", counted)
    monkeypatch.setattr(command_line, "_check", lambda *_, **__: asked.append("the solution"))
    files = course.files()
    assert course.grade() == 1
    assert command_line.main(["regrade", str(course.out)]) == 1
    assert asked == []
    assert {path: files[path] for path in files if path.suffix == ".json"}.items() <= course.files().items()
    (course.place / "bad.ipynb").write_bytes(notebook("now"))
    assert course.grade() == 0
    assert asked == ["the solution", "bad"]
