"""The book and its site hold no solution, no hidden check and no graded value."""

import re

import numpy as np
import pytest

pytest.importorskip("otter")

from assignments.marking import building

ROOT = building.ROOT
SITE = ROOT / "_build" / "html"


def published():
    """Yield everything a reader gets: pages as they are committed, the wheel's code, the built site."""
    kinds = ("*.ipynb", "*.md", "*.html", "*.js", "*.json", "*.txt")
    for folder in (ROOT / "book", SITE):
        for kind in kinds:
            for path in folder.rglob(kind):
                if "mathjax" not in path.parts and "_static" not in path.relative_to(folder).parts[:1]:
                    yield path


def graded_values():
    """Work Assignment 6's first question out anew."""
    quartic = np.array([1 / 4, -3, 0, 7, -5])
    far, _, near = sorted(np.roots(np.polyder(quartic)).real)[::-1]
    second = np.polyder(quartic, 2)
    values = [near, np.polyval(quartic, near), np.polyval(second, near), 1 / np.polyval(second, near)]
    values += [far, np.polyval(quartic, far)]
    return [f"{abs(value):.5g}"[:6] for value in values]


def test_the_values_are_those_of_the_notes():
    assert graded_values() == ["0.8432", "8.9775", "17.313", "0.0577", "8.9119", "489.06"]


def test_no_graded_value_is_published():
    pattern = re.compile("|".join(rf"(?<![\d.]){re.escape(value)}" for value in graded_values()))
    words = ("0.84329", "8.97751", "17.3127", "489.056")
    for path in published():
        text = re.sub(r"[A-Za-z0-9+/]{120,}={0,2}", "", path.read_text(encoding="utf-8"))  # pictures
        assert not [word for word in words if word in text], path
        if path.suffix == ".md":
            assert not pattern.search(text), path


def test_no_solution_and_no_hidden_check_is_published():
    lines, tests = set(), set()
    for name in building.names():
        assignment = building.read(name)
        lines |= {line for line in building.solution_lines(assignment) if len(line) > 25}
        tests |= {test.name for question in assignment.questions for test in question.tests if test.hidden}
    assert len(lines) > 30
    for path in published():
        text = path.read_text(encoding="utf-8")
        assert not [test for test in tests if test in text], path
        assert not [line for line in lines if line in text], path


def test_numbers_in_the_solution_of_assignment_4_were_measured():
    import json

    folder = building.FOLDER / "a4_fashion_mnist"
    measured = json.loads((folder / "measured.json").read_text(encoding="utf-8"))
    master = (folder / "a4_fashion_mnist.py").read_text(encoding="utf-8")
    means = {float(rate): float(np.mean(found)) for rate, found in measured["validation"].items()}
    rates = [float(part) for part in re.search(r"^rates = \[(.*)\]", master, re.MULTILINE)[1].split(",")]
    found = [float(part) for part in re.search(r"^accuracies = \[(.*)\]", master, re.MULTILINE)[1].split(",")]
    assert rates == sorted(means)
    np.testing.assert_allclose(found, [means[rate] for rate in rates], atol=0.051)
    assert float(re.search(r"^best_rate = (\S+)", master, re.MULTILINE)[1]) == max(means, key=means.get)
    assert float(re.search(r"^test_accuracy = (\S+)", master, re.MULTILINE)[1]) == measured["test"]
    assert float(re.search(r"^seconds = (\S+)", master, re.MULTILINE)[1]) == measured["seconds"]
    solution = re.sub(r"\n# ", " ", master[master.index("**Solution.**") :])
    plain, better = np.array(measured["plain"]), np.array(measured["better"])
    assert f"reaches {plain.mean():.1f} % on average over {len(plain)} seeds" in solution
    assert f"(standard deviation {plain.std(ddof=1):.1f})" in solution
    assert f"this one {better.mean():.1f} % over eight ({better.std(ddof=1):.1f})" in solution
    assert len(better) == 8
    assert f"A gain of {better.mean() - plain.mean():.1f} points" in solution
    plain_pairs = [abs(a - b) >= 0.5 for k, a in enumerate(plain) for b in plain[:k]]
    assert f"{100 * np.mean(plain_pairs):.0f} % of all pairs differ by half a point" in re.sub(
        r"\n# ", " ", master
    )
    page = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8")
    luck = measured["share of identical networks that gain"]
    some, half = 100 * luck["0.3"], 100 * luck["0.5"]
    assert f"0.30 points in {some:.0f} % of cases, and of 0.50 in {half:.1f} %" in page
    assert f"{len(plain)} runs of the plain network" in page
