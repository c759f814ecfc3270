"""What is built is what the masters say; what would grade wrongly in silence is refused."""

import dataclasses
import importlib
import json
import re

import nbformat
import pytest

pytest.importorskip("otter")

from assignments.marking import building, checks, command_line, grading

A2 = building.FOLDER / "a2_gradient_descent" / "a2_gradient_descent.py"
NAMES = building.names()


@pytest.fixture(scope="session", params=NAMES)
def built(request):
    return building.build(building.read(request.param))


def changed(tmp_path, *replacements):
    """Read Assignment 2's master with something changed."""
    text = A2.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "a2_gradient_descent.py"
    path.write_text(text, encoding="utf-8")
    return building.read("a2_gradient_descent", path=path)


def test_there_are_four():
    assert [name[:2] for name in NAMES] == ["a1", "a2", "a3", "a4"]


def test_the_students_folders_are_up_to_date(built):
    folder = building.FOLDER / built.assignment.name / "student"
    assert building.stale(built, folder) == []


@pytest.fixture(scope="session")
def a2():
    return building.build(building.read("a2_gradient_descent"))


@pytest.mark.long
def test_building_twice_gives_the_same(a2):
    built = a2
    again = building.build(building.read("a2_gradient_descent"))
    assert (again.student, again.solution) == (built.student, built.solution)
    assert again.gradescope == built.gradescope


def test_nothing_hidden_in_the_students_folder(built):
    assert list(building.leaks(built)) == []
    given = nbformat.writes(built.student) + json.dumps(built.public)
    hidden = [test.name for question in built.assignment.questions for test in question.tests if test.hidden]
    assert hidden
    assert not [name for name in hidden if name in given]
    assert len(building.solution_lines(built.assignment)) >= 8


def test_set_up_cell_carries_the_public_checks(built, tmp_path):
    from nnbook.checking import unpack

    setup = next(cell.source for cell in built.student.cells if "@title Set-up" in cell.source)
    (packed,) = re.findall(r'^unpack\("(.+)"\)$', setup, flags=re.MULTILINE)
    unpack(packed, tmp_path / "checks")
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "checks").iterdir()}
    assert written == built.public
    assert len(setup.splitlines()) < 15  # it is what a student sees first
    assert f"@v{building._address()['version']}" in setup
    assert building.OTTER in setup


def test_public_checks_of_numbers_hold_no_answer(built):
    """No line that Otter would print on a failure names a value that is graded."""
    names = {}
    for cell in built.solution.cells:
        if cell.cell_type == "code" and "grader" not in cell.source and "fashion" not in cell.source:
            exec(compile(cell.source.replace("plt.show()", ""), "solution", "exec"), names)
    asked = {
        match[1]
        for question in built.assignment.questions
        for test in question.tests
        for match in re.finditer(r'look\(env, "(\w+)"\)', test.source)
    }
    public = "\n".join(built.public.values())
    importlib.import_module("matplotlib.pyplot").close("all")
    for name in asked - {"rates", "bug_lines"}:
        value = names[name]
        if isinstance(value, float) and value * 100 != round(value * 100):
            assert f"{value:.4g}" not in public, name


def test_gradescope_zip_says_where_its_checks_run(built):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(built.gradescope)) as archive:
        assert "same process" in archive.read("NOTICE.txt").decode()
        assert "setup.sh" in archive.namelist()
        assert "otter-grader[grading,plugins]==7.0.0" in archive.read("environment.yml").decode()


def test_check_files_are_those_that_otter_runs(built):
    for question, file in checks.load(built.checks).items():
        worth = {q.name: q.points for q in built.assignment.questions}
        assert sum(case.points for case in file.test_cases if case.hidden) == worth[question]
        assert sum(case.points for case in file.test_cases if not case.hidden) == 0


def test_every_rubric_adds_up(built):
    text = (building.FOLDER / built.assignment.name / "rubric.md").read_text(encoding="utf-8")
    for question in built.assignment.questions:
        heading = f"## {question.name} ({question.points:g} points): "
        assert (heading in text) == question.manual, question.name
        if question.manual:
            section = text.split(heading)[1].split("\n## ")[0]
            assert sum(map(int, re.findall(r"^- (\d+) points?:", section, re.MULTILINE))) == question.points


FAULTS = {
    "a misspelt key of a test": (("hidden: true", "hiden: true"), "unknown keys ['hiden']"),
    "a misspelt key of a question": (("# points: 2\n", "# point: 2\n"), "unknown keys ['point']"),
    "points that do not add up": (
        ("hidden: true\npoints: 2", "hidden: true\npoints: 1"),
        "do not add up to 2",
    ),
    "a public test with points": (
        ('CONFIG\npoints: 0\n"""', 'CONFIG\npoints: 1\n"""'),
        "must be worth 0 points",
    ),
    "a hidden test that is not": (
        ('hidden: true\npoints: 2\n"""', 'points: 0\n"""'),
        "a name ends in _hidden",
    ),
    "a message that Otter breaks": (
        ("hidden: true\npoints: 2", "hidden: true\npoints: 2\nfailure_message: 'say \"x\"'"),
        "unknown keys ['failure_message']",
    ),
    "a test that is no Python": (("def test_slope_hidden(env):", "def test_slope_hidden(env:"), "not Python"),
    "a test of something else": (
        ("def test_slope_hidden(env):", "def test_slope_hidden(slope):"),
        "a single function of `env`",
    ),
    "two questions of one name": (("# name: q2", "# name: q1"), "not distinct"),
    "another assignment's settings": (
        ("assignment: a2_gradient_descent", "assignment: a1_perceptron"),
        "not 'a2_gradient",
    ),
    "an unknown setting": (("call_seconds: 5", "call_secs: 5"), "unknown settings ['call_secs']"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_refuses(fault, tmp_path):
    replacement, said = FAULTS[fault]
    with pytest.raises(building.BuildError) as error:
        changed(tmp_path, replacement)
    assert said in str(error.value)


@pytest.mark.long
def test_a_solution_outside_its_marks_is_found(tmp_path, a2):
    line = "    return np.polyval(powers * np.asarray(c)[:-1], x)"
    assignment = changed(tmp_path, ("f(c, 0.0)\n", f"def leaked(c, x):\n{line}\n"))
    before = building.solution_lines(building.read("a2_gradient_descent"))
    assert line.strip() in before
    assert line.strip() not in building.solution_lines(assignment)  # it is no longer the solution's alone
    student = nbformat.from_dict(
        {**a2.student, "cells": [*a2.student.cells, nbformat.v4.new_code_cell(line)]}
    )
    assert any(
        "a line of a solution" in fault for fault in building.leaks(dataclasses.replace(a2, student=student))
    )


@pytest.mark.long
def test_private_values_replace_those_of_the_hidden_checks_alone(a2):
    values = {"q2": {"start": 0.5, "steps": 7}}
    built = building.build(building.read("a2_gradient_descent", values))
    plain = a2
    assert "start=0.5" in built.checks["q2.py"]
    assert "steps=7" in built.checks["q2.py"]
    assert built.public == plain.public
    assert built.student == plain.student
    assert grading.stamp(built) != grading.stamp(plain)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"q2": {"begin": 1}}, "q2 has no begin; its checks are given c, eta, start, steps"),
        ({"q77": {"c": []}}, "'q77', which is no question with checks"),
        ({"q7": {"c": []}}, "'q7', which is no question with checks"),
        ({"q2": 3}, "are no mapping"),
    ],
)
def test_private_values_that_fit_nowhere(values, said):
    with pytest.raises(building.BuildError, match=re.escape(said)):
        building.read("a2_gradient_descent", values)


@pytest.mark.long
def test_build_command(tmp_path, capsys):
    assert command_line.main(["build", "a2", "--check", "--gradescope", str(tmp_path)]) == 0
    assert (tmp_path / "a2_gradient_descent-gradescope.zip").exists()
    assert "student's own process" in capsys.readouterr().out
    assert command_line.main(["build", "a9"]) == 2
    assert "there is no assignment 'a9'; there are a1_perceptron" in capsys.readouterr().err


def test_variants_command_writes_a_file_that_can_be_used(capsys):
    import yaml

    assert command_line.main(["variants", "a2"]) == 0
    values = yaml.safe_load(capsys.readouterr().out)
    assert values["q2"]["steps"] == 12
    building.read("a2_gradient_descent", values)
