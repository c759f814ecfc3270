"""What the appendices are made from: exercises, docstrings and the ledger, as the extensions read them."""

import importlib
import inspect
import sys
from pathlib import Path

import pytest

import nnlib as nn
from nnbook import pages, published

pytest.importorskip("yaml")
pytest.importorskip("sphinx")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "book" / "_extensions"))
api = importlib.import_module("api")
reproductions = importlib.import_module("reproductions")
solutions = importlib.import_module("solutions")

TWO = """# A page

:::{exercise} 1. Check
:label: one-check
:nonumber:

What is this?

$$
x = 1
$$ (one-formula)
:::

:::{solution} one-check
:class: dropdown

One; see [above](#here) and [there](other.ipynb#there).
:::

:::{dropdown} Answers
Not a solution.
:::
"""


def test_an_exercise_comes_with_its_solution_and_without_labels():
    (found,) = solutions.exercises("page", TWO)
    assert (found.page, found.label, found.title) == ("page", "one-check", "1. Check")
    assert found.text == "What is this?\n\n$$\nx = 1\n$$"
    assert found.solution == "One; see [above](page.ipynb#here) and [there](other.ipynb#there)."


@pytest.mark.parametrize("lost", ["{solution}", "{exercise}"])
def test_one_without_the_other_is_an_error(lost):
    with pytest.raises(ValueError, match="one-check"):
        list(solutions.exercises("page", TWO.replace(lost, "{note}")))


def test_no_exercise_of_any_page_is_left_out():
    found = [e for path in pages.listed() for e in solutions.exercises(path.stem, pages.markdown(path))]
    written = sum(pages.markdown(path).count(":::{exercise}") for path in pages.notebooks())
    assert len(found) == written > 50
    assert len({e.label for e in found}) == written


def test_every_public_name_belongs_to_a_module_of_the_reference():
    listed = {name for place in api.MODULES for name in api.public(importlib.import_module(place))}
    modules = {name for name in nn.__all__ if inspect.ismodule(getattr(nn, name))}
    assert set(nn.__all__) - modules <= listed
    assert {f"nnlib.{name}" for name in modules | set(nn._LATER)} <= set(api.MODULES)
    assert not [name for name in listed if name.startswith("_")]


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("(λ/n) Σ |w|, and *args", r"(λ/n) Σ \|w\|, and \*args"),
        ("`X` is", "``X`` is"),
        ("yields `Epoch`", "yields :py:class:`Epoch <nnlib.training.Epoch>`"),
        ('Derived in "Softmax".', "Derived in :doc:`Softmax </book/softmax>`."),
        ('Derived in "Nowhere".', 'Derived in "Nowhere".'),
        (">>> a * b | c", ">>> a * b | c"),
    ],
)
def test_a_line_of_a_docstring_says_the_same(line, becomes):
    assert api.plain(line, ROOT) == becomes


def test_every_page_that_a_docstring_names_exists():
    named = set()
    for place in api.MODULES:
        source = inspect.getsource(importlib.import_module(place))
        named |= {match[2] for match in api.DERIVED.finditer(source)}
    assert len(named) > 5
    assert named <= set(api.titles(ROOT))


def test_numbers_are_written_with_the_digits_they_deserve():
    rows = {row.id: row for row in published.rows()}
    his = {name: reproductions.his(row).replace("\N{NO-BREAK SPACE}", " ") for name, row in rows.items()}
    assert his["first-network-peak"] == "95.42 %"
    assert his["start-30-scaled-first"] == "92.70 %"
    assert his["speed-3-2"] == "0.060"
    assert his["overfitting-turn"] == "15"
    assert his["parameters"] == "23,860"
    assert his["no-hidden-layer"] == "–"
    assert reproductions.span(12, 20, rows["overfitting-turn"]) == "12–20"
    assert reproductions.in_words(["a", "b", "c"]) == "a, b and c"
    assert reproductions.in_words(["a"]) == "a"


def test_the_old_default_gives_what_nielsen_published():
    """His accuracies on the validation images, as his repository holds them; the page repeats them."""
    his = {1000: 8387, 5000: 9146, 10000: 9245}
    found = dict(reproductions.baselines())
    assert {size: run["validation"]["auto, 256"] for size, run in found.items()} == his
    page = (ROOT / "book" / "reproductions.md").read_text(encoding="utf-8")
    assert reproductions.in_words(f"{right / 100:.2f} %" for right in his.values()) in page
    assert all(abs(run["validation"]["auto"] - his[size]) <= 3 for size, run in found.items())
    assert all(run["test"]["scale"] > run["test"]["auto"] + 300 for run in found.values())
