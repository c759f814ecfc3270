"""What every page promises, read from the committed notebooks."""

import json
import re

import pytest

from nnbook import pages
from nnbook.pages import markdown

PAGES = pages.notebooks()


def cells(page, kind):
    notebook = json.loads(page.read_text(encoding="utf-8"))
    return [c for c in notebook["cells"] if c["cell_type"] == kind]


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def test_every_page_is_in_the_table_of_contents():
    assert sorted(pages.names()) == sorted(page.stem for page in [*PAGES, *pages.BOOK.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_page(page):
    code = cells(page, "code")
    assert code
    for cell in code:
        source = "".join(cell["source"])
        outputs = cell["outputs"]
        assert cell["execution_count"] is not None, f"never run: {source}"
        assert all(o["output_type"] != "error" for o in outputs), f"an error is stored: {source}"
        assert not any(o.get("name") == "stderr" for o in outputs), f"a warning is stored: {source}"
        if any("image/png" in (data := o.get("data", {})) and "text/html" not in data for o in outputs):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 40, f"a figure says nothing to those who cannot see it: {source}"
        if not tags(cell) & {"remove-cell", "remove-input", "hide-input", "listing"}:  # as printed
            wide = [line for line in source.splitlines() if len(line) > 48]
            assert not wide, f"too wide for a phone: {wide}"
            assert len(source.splitlines()) <= 22
        if not tags(cell) & {"remove-cell", "remove-input", "listing"}:
            wide = [line for line in source.splitlines() if len(line) > 76]
            assert not wide, f"too wide for the column: {wide}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_what_nbval_does_not_compare_is_asserted(page):
    """A page with a trained number, which differs between processors, asserts a band in a hidden cell."""
    code = cells(page, "code")
    checks = [c for c in code if "prose-check" in tags(c)]
    for cell in checks:
        assert "remove-cell" in tags(cell)
        assert re.search(r"^\s*assert |assert_allclose", "".join(cell["source"]), re.MULTILINE)
    if any("nbval-ignore-output" in tags(c) for c in code):
        assert checks
    known = {
        "nbval-ignore-output", "prose-check", "remove-cell", "remove-input", "hide-input", "hide-output",
        "listing", "setup",
    }  # fmt: skip
    assert set().union(*map(tags, code)) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_prose(page):
    text = "\n".join("".join(c["source"]) for c in cells(page, "markdown"))
    filler = r"\b(?:clearly|simply|obviously|easy to see|delve|powerful|crucial|journey|TODO|FIXME)\b"
    assert not re.findall(filler, text, re.IGNORECASE)
    american = r"\b(?:color|neighbor|behavior|initializ|regulariz|optimiz|normaliz|center(?!ed by mass))\w*"
    prose = re.sub(
        r'`[^`]*`|\{[^}]*\}`[^`]*`|"[^"\n]*"|\]\([^)]*\)', "", text
    )  # others' words keep their spelling
    assert not re.findall(american, prose)


QUICK = re.compile(r"^(:{4,})\{admonition\}[^\n]*\n:class: quick\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
ANSWER = re.compile(r"^(:{3,})\{dropdown\} ([^\n]+)\n(.*?)^\1$", re.DOTALL | re.MULTILINE)
EXERCISE = re.compile(r"^:::\{exercise\} (\d)\. (\w+)\n:label: ([a-z-]+)\n:nonumber:\n", re.MULTILINE)
SOLUTION = re.compile(r"^:::\{solution\} ([a-z-]+)\n:class: dropdown\n\n(.*?)^:::$", re.DOTALL | re.MULTILINE)
FOLDED = re.compile(r"^(:{3,})\{dropdown\}.*?^\1$", re.DOTALL | re.MULTILINE)
APPENDICES = {"five_derivations", "bug_museum", "speed"}  # to look things up in and to try out
LESSONS = [page for page in PAGES if page.stem not in {"index", *APPENDICES}]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_nothing_is_hidden_where_markup_is_not_understood(page):
    """Colab and plain Jupyter show colon fences as text; fences of backticks would become code."""
    text = markdown(page)
    assert re.findall(r"^\s*`{3,}\{.*$", text, flags=re.MULTILINE) == []
    assert re.findall(r"<(?:details|template|script|style)\b|<[a-z]+ [^>\n]*\bhidden\b", text) == []
    comments = re.findall(r"<!--(.*?)-->", text, flags=re.DOTALL)
    assert all(re.fullmatch(r" (minutes: \w+|end) ", comment) for comment in comments)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_quick_questions_say_what_a_wrong_answer_comes_from(page):
    for _, question in QUICK.findall(markdown(page)):
        answers = ANSWER.findall(question)
        assert len(answers) >= 3, question
        texts = [text.strip() for _, _, text in answers]
        right = [text for text in texts if text.startswith("Right")]
        assert len(right) == 1, question
        assert all(t in right or (t.startswith("No") and len(t) > 40) for t in texts), question
    assert markdown(page).count(":class: quick") == len(QUICK.findall(markdown(page)))


def test_the_right_answer_stands_anywhere():
    """Nobody gets through the book, or is placed at its end, by always taking the first one."""
    place = {}
    for page in PAGES:
        for _, question in QUICK.findall(markdown(page)):
            right = [text.strip().startswith("Right") for _, _, text in ANSWER.findall(question)]
            place.setdefault(page.stem, []).append(right.index(True))
    every = [at for places in place.values() for at in places]
    assert all(0.2 < every.count(at) / len(every) < 0.5 for at in range(3))
    assert len(set(place["index"])) == 3


@pytest.mark.parametrize("page", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_has_its_parts(page):
    text = markdown(page)
    found = EXERCISE.findall(text)
    assert [(number, kind) for number, kind, _ in found] == [("1", "Check"), ("2", "Do"), ("3", "Stretch")]
    solutions = SOLUTION.findall(text)
    assert [label for label, _ in solutions] == [label for _, _, label in found]
    assert all(len(solution) > 100 for _, solution in solutions)
    assert text.count("{dropdown} If you come from the slides") <= 1
    three = text.split("## In three lines")[1].split("**Lectures.**")
    assert three[0].count("\n- ") == 3
    assert "**Sources.**" in three[1]
    code = [cell for cell in cells(page, "code") if not tags(cell) & {"remove-cell", "remove-input"}]
    calls = r"\b(?:Demo|draw_a_digit|notation_reader|softmax_bars|tuning_game)\("
    assert any(re.search(calls, "".join(c["source"])) for c in code)


@pytest.mark.parametrize("page", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_is_short(page):
    """About 1,500 words and 60 lines of code before the exercises, what is folded not counted."""
    before = FOLDED.sub("", QUICK.sub("", markdown(page).split("## Exercises")[0]))
    words = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "X", before, flags=re.DOTALL).split()
    assert len(words) <= 1650
    shown = [c for c in cells(page, "code") if not tags(c) & {"remove-cell", "remove-input", "hide-input"}]
    assert sum(bool(line.strip()) for c in shown for line in c["source"]) <= 75
