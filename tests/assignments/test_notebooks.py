"""The notebooks run: the solutions from top to bottom, the students' to the first blank."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("otter")

import nnlib as nn
from assignments.marking import building, grading, sandbox
from assignments.marking.submissions import Submission

OLD = (Path(__file__).parent / "handed_out_0.2.0.txt").read_text(
    encoding="utf-8"
)  # Assignment 1's set-up cell
NAMES = building.names()


def nbval(path, folder):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-cell-timeout=200",
        "-p",
        "no:cacheprovider",
    ]
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(building.ROOT), str(building.ROOT / "book")]),
        "OPENBLAS_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
    }
    done = subprocess.run(
        [*command, "-c", os.devnull, str(path)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_solution_notebook(name, tmp_path):
    if name.startswith("a4") and not nn.datasets.available("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not at hand (set NNLIB_DATA)")
    built = building.build(building.read(name))
    for cell in built.solution.cells:
        if cell.cell_type == "code" and cell.source.startswith("grader.check"):
            cell.source = f"result = {cell.source}\nassert result.passed_all, result"
    path = tmp_path / f"{name}.ipynb"
    nbformat.write(built.solution, path)
    assert "passed" in nbval(path, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_student_notebook_to_the_first_blank(name, tmp_path):
    """In a folder that holds nothing but the notebook, as in Colab."""
    if name.startswith("a4") and not nn.datasets.available("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not at hand (set NNLIB_DATA)")
    notebook = nbformat.read(building.FOLDER / name / "student" / f"{name}.ipynb", as_version=4)
    blank = next(
        place
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and any(line.strip().endswith("...") for line in cell.source.splitlines())
    )
    assert blank > 2
    notebook.cells = notebook.cells[:blank]
    path = tmp_path / f"{name}.ipynb"
    nbformat.write(notebook, path)
    nbval(path, tmp_path)
    assert (tmp_path / "checks" / "q1.py").exists()


def test_a_set_up_cell_of_0_2_0_runs_and_its_checks_give_verdicts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(OLD.replace("%pip", "# "), names)
    answers = {"z_by_hand": [0.0, -0.25, 0.25], "y_by_hand": [1, 0, 1]}
    grader = names["grader"]
    assert grader.check("q1", global_env=answers).passed_all
    wrong = grader.check("q1", global_env={**answers, "y_by_hand": [1, 0, 2]})
    assert "A perceptron answers 0 or 1" in repr(wrong)


def test_a_notebook_of_0_2_0_is_graded():
    """It differs in its set-up cell alone."""
    built = building.build(building.read("a1_perceptron"))
    (cell,) = [cell for cell in built.solution.cells if "@title Set-up" in cell.source]
    cell.source = OLD
    handed_in = Submission("somebody", "", "old.ipynb", nbformat.writes(built.solution).encode())
    record = grading.grade(handed_in, built, "", unconfined=bool(sandbox.lacking()))
    assert (record.fault, record.cells) == ("", {})
    assert all(remark.startswith("cell 2: ") for remark in record.remarks)  # no cell of today's notebook
    assert record.automatic == built.assignment.automatic
