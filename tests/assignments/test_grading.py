"""The instructor's program, from a folder of submissions to a table of marks."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest

pytest.importorskip("otter")

import nnlib as nn
from assignments.marking import building, command_line, examples, grading, reports, sandbox, tables
from assignments.marking.submissions import Submission, find

NAMES = building.names()
SMALL = {
    "a4_fashion_mnist": {
        "q1": {"seed": 3, "examples": 4000, "held_out": 3000, "runs": 1, "short": 4.0},
        "q4": {"seed": 3, "examples": 4000, "held_out": 3000, "runs": 2},
    }
}
BLIND = "q1: {c: [1.0, 0.0, 0.0], x: [0.0, 2.0], short: [1.0, 0.0, 0.0]}"
WHY_NOT = sandbox.lacking()
needs_bwrap = pytest.mark.skipif(bool(WHY_NOT), reason="bubblewrap is not on this machine, or does not work")


def need_data(name):
    if name.startswith("a4") and not nn.datasets.available("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not at hand (set NNLIB_DATA)")


@pytest.fixture(
    scope="module",
    params=[NAMES[0], *(pytest.param(name, marks=pytest.mark.long) for name in NAMES[1:])],
)
def built(request):
    need_data(request.param)
    return building.build(building.read(request.param, SMALL.get(request.param)))


def submission(notebook, student="somebody"):
    return Submission(student, "", f"{student}.ipynb", nbformat.writes(notebook).encode())


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@needs_bwrap
def test_solution_gets_every_point_and_the_blank_none(built):
    record = grading.grade(grading.solution(built), built, "")
    assert grading.faults_of_solution(record, built) == []
    assert record.automatic == built.assignment.automatic
    blank = grading.grade(submission(built.student), built, "")
    assert (blank.fault, blank.cells, blank.remarks) == ("", {}, [])
    assert blank.automatic == 0
    for results in blank.questions.values():
        assert all(not result.passed and len(result.message) > 30 for result in results)


@needs_bwrap
@pytest.mark.long
@pytest.mark.parametrize("name", ["a1_perceptron", "a2_gradient_descent", "a3_backprop"])
def test_wrong_solutions_lose_the_same_in_the_sandbox(name):
    """One wrong answer to each question, all in one notebook: proxies and arrays as values agree."""
    built = building.build(building.read(name))
    chosen = {m.question: m for m in examples.mutants(name) if not m.also}
    record = grading.grade(submission(examples.mistaken(built, chosen.values())), built, "")
    worth = {question.name: question.points for question in built.assignment.questions}
    for question, mutant in chosen.items():
        assert worth[question] - record.points(question) == mutant.lost, (
            question,
            record.questions[question],
        )
        assert any(mutant.says in result.message for result in record.questions[question])


@needs_bwrap
@pytest.mark.long
@pytest.mark.parametrize("name", ["a1_perceptron", "a2_gradient_descent", "a3_backprop"])
def test_a_slip_is_fined_once(name, tmp_path):
    """Later questions that build on a wrong function are right with the right one, and it is said."""
    built = building.build(building.read(name))
    worth = {question.name: question.points for question in built.assignment.questions}
    mutant = next(m for m in examples.mutants(name) if m.also and set(m.also) <= set(worth))
    handed_in = submission(examples.with_cell(built.solution, mutant.code, mutant.question))
    record = grading.grade(handed_in, built, "")
    assert worth[mutant.question] - record.points(mutant.question) == mutant.lost
    assert built.assignment.automatic - record.automatic == mutant.lost
    assert set(mutant.also) <= set(record.given)
    assert all(given == [mutant.question] for given in record.given.values())
    reports.write_all(tmp_path, built.assignment, [handed_in], [record])
    (page,) = tmp_path.glob("feedback/*.html")
    said = page.read_text(encoding="utf-8")
    assert said.count(f"Right, given your Question {mutant.question[1:]}:") == len(record.given)


@needs_bwrap
@pytest.mark.long
def test_what_was_never_answered_is_not_right_by_the_solution():
    """With the right slope in its place a wrong descent stays wrong, and so does what is missing."""
    built_a2 = building.build(building.read("a2_gradient_descent"))
    notebook = nbformat.from_dict(built_a2.solution)
    code = (
        "def slope(c, x):\n    return 0 * x\ndef descend(c, start, eta, steps):\n    return slope(c, start)"
    )
    cells = [cell for cell in notebook.cells if "x_min =" not in cell.source]
    wrong = examples.with_cell(nbformat.from_dict({**notebook, "cells": cells}), code, "q1")
    cells = [cell for cell in wrong.cells if not cell.source.startswith("def descend")]
    record = grading.grade(submission(nbformat.from_dict({**wrong, "cells": cells})), built_a2, "")
    assert [record.points(q) for q in ("q1", "q2", "q3")] == [0, 0, 0]
    assert not {"q1", "q2", "q3"} & set(record.given)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Eight example submissions of Assignment 2, some named as Canvas and Moodle name them."""
    place = tmp_path_factory.mktemp("submissions")
    assert command_line.main(["example", "a2", str(place), "--count", "5"]) == 0
    (place / "student001.ipynb").rename(place / "adalovelace_12345_678_a2.ipynb")
    moodle = place / "Grace Hopper_4711_assignsubmission_file"
    moodle.mkdir()
    (place / "student002.ipynb").rename(moodle / "My notebook.ipynb")
    (place / "broken.ipynb").write_text("{", encoding="utf-8")
    return place


@needs_bwrap
@pytest.mark.long
def test_from_a_folder_to_marks_and_back_again(folder, tmp_path, capsys):
    out = tmp_path / "marks"
    command = ["grade", "a2", str(folder), "--out", str(out), "--workers", "2"]
    assert command_line.main(command) == 1  # because of broken.ipynb
    said = capsys.readouterr().out
    assert "5 graded, 1 not" in said
    assert "not graded: broken: not a notebook" in said
    assert "look at endless: a cell had to be stopped" in said
    marks = {row["student"]: row for row in rows(out / "marks.csv")}
    assert marks["solution"]["q2 (of 3)"] == "3"
    assert marks["blank"]["total (of 21)"] == "0"
    assert marks["endless"]["total (of 21)"] == "15"  # the endless cell was its last
    assert marks["adalovelace"]["total (of 21)"] == "13"  # what builds on it is right with a right slope
    assert marks["broken"]["graded"] == "no"
    keys = {submission.student: submission.key for submission in find(folder)}
    page = (out / "feedback" / f"{keys['adalovelace']}.html").read_text(encoding="utf-8")
    assert "That is the value of the polynomial, not its slope." in page

    canvas = rows(out / "canvas.csv")
    assert [(row["Student"].strip(), row["ID"]) for row in canvas] == [
        ("Points Possible", ""),
        ("adalovelace", "12345"),
    ]
    moodle = rows(out / "moodle.csv")
    assert [(row["Identifier"], row["Full name"]) for row in moodle] == [("Participant 4711", "Grace Hopper")]

    to_mark = rows(out / "to_mark.csv")
    assert len(to_mark) == 10
    for row in to_mark:
        row.update(points="2.5" if row["student"] == "solution" else "", comment="Axes without names.")
    with (out / "to_mark.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, to_mark[0].keys())
        writer.writeheader()
        writer.writerows(to_mark)
    assert command_line.main(command) == 1
    assert "] solution" not in capsys.readouterr().out  # nothing was run again
    marks = {row["student"]: row for row in rows(out / "marks.csv")}
    assert (marks["solution"]["total (of 21)"], marks["solution"]["still to mark"]) == ("20", "0")
    assert (marks["blank"]["total (of 21)"], marks["blank"]["still to mark"]) == ("0", "2")

    text = (out / "to_mark.csv").read_text(encoding="utf-8")
    (out / "to_mark.csv").write_text(text.replace("2.5", "25"), encoding="utf-8")
    assert command_line.main(command) == 2
    assert "25 is not between 0 and 3" in capsys.readouterr().err
    (out / "to_mark.csv").write_text(text, encoding="utf-8")

    private = tmp_path / "private"
    private.mkdir()
    (private / "a2_gradient_descent.yml").write_text("q1: {short: [3.0, -4.0, 0.0]}", encoding="utf-8")
    assert command_line.main([*command, "--private", str(private)]) == 2
    assert "the checks have changed" in capsys.readouterr().err
    assert command_line.main(["regrade", str(out), "--private", str(private)]) == 1
    assert "nobody's points changed" in capsys.readouterr().out


@needs_bwrap
@pytest.mark.long
def test_regrading_says_whose_points_changed(tmp_path, capsys, monkeypatch):
    built = building.build(building.read("a2_gradient_descent"))
    place = tmp_path / "in"
    place.mkdir()
    mistake = examples.with_cell(built.solution, "best_rate = 0.01", "q4")
    (place / "ada.ipynb").write_text(nbformat.writes(mistake), encoding="utf-8")
    (place / "bob.ipynb").write_text(nbformat.writes(built.solution), encoding="utf-8")
    out = str(tmp_path / "out")
    assert command_line.main(["grade", "a2", str(place), "--out", out]) == 0
    capsys.readouterr()

    def lenient(name, private=None):
        found = building_read(name, private)
        for question in found.questions:
            for test in question.tests:
                if test.name == "test_best_rate_hidden":
                    changed = "def test_best_rate_hidden(env):\n    pass"
                    for cell in found.notebook.cells:
                        cell.source = cell.source.replace(test.source, changed)
                    test.source = changed
        return found

    building_read = building.read
    monkeypatch.setattr(building, "read", lenient)
    assert command_line.main(["regrade", out]) == 0
    said = capsys.readouterr().out
    assert "changed: ada, q4: 2 → 3" in said
    assert "changed: bob" not in said
    assert [row["student"] for row in rows(tmp_path / "out" / "changes.csv")] == ["ada"]


@pytest.mark.long
@needs_bwrap
def test_a_question_is_checked_where_its_check_stands(tmp_path):
    """What a name comes to mean later, or what comes after a fault, changes nothing."""
    built = building.build(building.read("a2_gradient_descent"))
    notebook = examples.with_cell(built.solution, "slope = descend = x_min = 'scratch'")
    record = grading.grade(submission(notebook), built, "")
    assert record.automatic == built.assignment.automatic
    gone = examples.with_cell(notebook, "import os\nos._exit(1)", "q3")  # the kernel is started anew
    record = grading.grade(submission(gone), built, "")
    assert record.automatic == built.assignment.automatic
    late = examples.with_cell(built.solution, "x_min = 0.0", "q3")
    late = examples.with_cell(late, "x_min = None\ngrader.check('q3')", "q4")  # the last check counts
    record = grading.grade(submission(late), built, "")
    assert record.questions["q3"][0].message.startswith("x_min is None")


@pytest.mark.long
@needs_bwrap
def test_feedback_names_cells_by_their_lines_and_says_nothing_twice():
    built = building.build(building.read("a2_gradient_descent"))
    notebook = examples.with_cell(built.solution, "# a scratch cell\nnowhere", "q1")
    notebook = examples.with_cell(notebook, "slope = 3", "q1")
    handed_in = submission(notebook)
    record = grading.grade(handed_in, built, "")
    page = reports.feedback(built.assignment, handed_in, record, tables.Table())
    assert "<code># a scratch cell</code>: NameError" in page
    messages = re.findall("<li>(I wanted to call slope.*?)</li>", page)
    assert messages
    assert len(messages) == len({message.split(" (")[0] for message in messages})


@needs_bwrap
@pytest.mark.long
def test_private_values_are_tried_on_wrong_solutions(tmp_path, capsys):
    """At 0 and 2 the slope of x² is x² itself."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, text in ((good, "q1: {short: [3.0, -4.0, 1.0]}"), (bad, BLIND)):
        folder.mkdir()
        (folder / "a2_gradient_descent.yml").write_text(text, encoding="utf-8")
    assert command_line.main(["variants", "a2", "--private", str(good)]) == 0
    assert "0 of them lose less" in capsys.readouterr().out
    assert command_line.main(["variants", "a2", "--private", str(bad)]) == 1
    said = capsys.readouterr().out
    assert "your values let this pass ('the value of the polynomial, not its slope')" in said
    (bad / "a2_gradient_descent.yml").write_text("{}", encoding="utf-8")
    assert command_line.main(["variants", "a2", "--private", str(bad)]) == 2
    assert "no values in a2_gradient_descent.yml" in capsys.readouterr().err


@pytest.mark.long
@needs_bwrap
def test_a_zip_of_submissions(folder, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(folder / "solution.ipynb", "ada/work.ipynb")
        archive.write(folder / "blank.ipynb", "bob/work.ipynb")
    (tmp_path / "all.zip").write_bytes(buffer.getvalue())
    assert command_line.main(["grade", "a2", str(tmp_path / "all.zip"), "--out", str(tmp_path / "out")]) == 0
    assert [row["total (of 21)"] for row in rows(tmp_path / "out" / "marks.csv")] == ["15", "0"]


@needs_bwrap
@pytest.mark.long
def test_an_interrupted_run_goes_on(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    command = ["grade", "a2", str(folder), "--out", str(out), "--workers", "1"]
    keep, kept = grading.Marks.keep, []

    def interrupted(self, submission, record):
        if len(kept) == 2:
            raise KeyboardInterrupt
        keep(self, submission, record)
        kept.append(submission.key)

    monkeypatch.setattr(grading.Marks, "keep", interrupted)
    assert command_line.main(command) == 130
    assert "goes on from there" in capsys.readouterr().err
    monkeypatch.undo()
    assert command_line.main(command) == 1
    said = capsys.readouterr().out
    assert "[  3/6]" in said
    assert "[  2/6]" not in said  # two were done before
    assert len(rows(out / "marks.csv")) == 6


def test_without_bubblewrap_it_refuses(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_line.main(["grade", "a2", str(folder), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "there is no bwrap here" in said
    assert "sudo apt install bubblewrap" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.long
def test_unconfined_only_on_demand(folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "in").mkdir()
    shutil.copy(folder / "solution.ipynb", tmp_path / "in" / "ada.ipynb")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    command = ["grade", "a2", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--unconfined"]
    assert command_line.main(command) == 0
    assert "WARNING: unconfined" in capsys.readouterr().err
    assert rows(tmp_path / "out" / "marks.csv")[0]["total (of 21)"] == "15"


REFUSED = {
    "an unknown assignment": (["grade", "a7", "{in}", "--out", "{out}"], "there is no assignment 'a7'"),
    "no such folder": (["grade", "a2", "{in}/nowhere", "--out", "{out}"], "there is no"),
    "marks among the submissions": (
        ["grade", "a2", "{in}", "--out", "{in}/marks"],
        "lies in the folder of submissions",
    ),
    "no workers": (["grade", "a2", "{in}", "--out", "{out}", "--workers", "0"], "at least one is needed"),
    "private values in the repository": (
        ["grade", "a2", "{in}", "--out", "{out}", "--private", str(building.FOLDER)],
        "is inside the repository",
    ),
    "a private folder without the file": (
        ["grade", "a2", "{in}", "--out", "{out}", "--private", "{in}"],
        "there is no a2_gradient_descent.yml",
    ),
    "nothing to regrade": (["regrade", "{out}"], "no folder that grade has written"),
}


@needs_bwrap
@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case, folder, tmp_path, capsys):
    arguments, said = REFUSED[case]
    arguments = [
        part.replace("{in}", str(folder)).replace("{out}", str(tmp_path / "out")) for part in arguments
    ]
    assert command_line.main(arguments) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out" / "marks.csv").exists()


def test_help_needs_no_explanation():
    done = subprocess.run(
        [sys.executable, "-m", "assignments", "grade", "--help"],
        cwd=building.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--private" in done.stdout
    assert "WITHOUT the sandbox" in done.stdout


def asked(built):
    """List the names that the checks look at."""
    texts = "\n".join(built.checks.values())
    return sorted(set(re.findall(r'(?:look|ask|fetch)\(env, "(\w+)"', texts)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a1_perceptron", "a2_gradient_descent", "a3_backprop"])
def test_otter_run_agrees_on_honest_submissions(name, tmp_path):
    """The zip for Gradescope gives what this grader gives."""
    built = building.build(building.read(name))
    (tmp_path / "autograder.zip").write_bytes(built.gradescope)
    wrong = built.solution
    for mutant in {m.question: m for m in examples.mutants(name)}.values():
        wrong = examples.with_cell(wrong, mutant.code, mutant.question)
    reused = examples.with_cell(built.solution, f"{', '.join(asked(built))} = [None] * {len(asked(built))}")
    notebooks = {"solution": built.solution, "blank": built.student, "wrong": wrong, "reused": reused}
    notebooks["without check cells"] = examples.mistaken(built, examples.mutants(name)[::5])
    for label, notebook in notebooks.items():
        place = tmp_path / label
        place.mkdir()
        (place / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "otter",
            "run",
            "-a",
            str(tmp_path / "autograder.zip"),
            "--no-logo",
            "-o",
            str(place),
        ]
        environ = {**os.environ, "PYTHONPATH": str(building.ROOT), "PYTHONWARNINGS": "ignore"}
        subprocess.run(
            [*command, str(place / f"{name}.ipynb")], cwd=place, env=environ, check=True, capture_output=True
        )
        theirs: dict[str, float] = {}
        for test in json.loads((place / "results.json").read_text(encoding="utf-8"))["tests"]:
            question = test["name"].split(" ")[0].split(" - ")[0]
            theirs[question] = theirs.get(question, 0.0) + (test.get("score") or 0.0)
        record = grading.grade(submission(notebook), built, "", unconfined=bool(WHY_NOT))
        ours = {question: record.points(question) for question in record.questions}
        assert {q: theirs.get(q, 0.0) for q in ours} == ours, label
