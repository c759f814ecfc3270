"""Printed numbers, solutions and the reference: everything is there, and readable on a phone."""

import importlib
import inspect
import re
import sys
from functools import cache
from pathlib import Path

import pytest
from by_itself import FORMULAS_SET

import nnlib as nn
from nnbook import published
from nnbook.pages import listed, markdown
from nnbook.results import record

pytest.importorskip("yaml")
pytest.importorskip("sphinx")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
bs4 = pytest.importorskip("bs4")

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "book" / "_extensions"))
reproductions = importlib.import_module("reproductions")
solutions = importlib.import_module("solutions")
api = importlib.import_module("api")

ROWS = published.rows()
EXERCISES = [exercise for path in listed() for exercise in solutions.exercises(path.stem, markdown(path))]


@cache
def page(site, name):
    return bs4.BeautifulSoup((site / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def text(node):
    return " ".join(node.get_text().replace("\N{NO-BREAK SPACE}", " ").split())


def cells(row):
    found = {}
    for cell in row.find_all("td"):
        name = re.search(r"of-([\w-]+)", " ".join(cell["class"]))[1]
        found[name] = text(cell)
    return found


def longest(markdown):
    """The longest stretch of words without a mark in it, which is shown as it is written."""
    prose = re.sub(r"\$[^$]*\$|`[^`]*`|\]\([^)]*\)", "|", markdown)
    return " ".join(max(re.findall(r"[\w ,]+", prose), key=len).split())


def digits(said):
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", said.replace(",", ""))]


def test_every_number_of_the_ledger_has_its_row_in_its_chapter(site):
    root = page(site, "reproductions")
    for chapter in (1, 3, 5):
        (section,) = root.select(f"section#chapter-{chapter}")
        ids = [row["id"] for row in section.select("tr[id]")]
        assert ids == [f"published-{row.id}" for row in ROWS if row.chapter == chapter]
        settings = [text(cell) for cell in section.select(".setting")]
        wanted = [row.setting for row in ROWS if row.chapter == chapter]
        assert settings == [s for k, s in enumerate(wanted) if k == 0 or wanted[k - 1] != s]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_what_was_found(site, row):
    found = page(site, "reproductions").find("tr", id=f"published-{row.id}")
    said = cells(found)
    assert said["what"].startswith(row.what)
    assert row.note in said["what"]
    if row.published is not None:
        assert digits(said["his"])[0] == pytest.approx(row.published)
    assert (f"({row.source})" in said["his"]) == (row.source != "text")
    if row.page:
        assert set(said) == {"what", "his", "verdict"}
        assert said["verdict"].startswith("computed on the page")
        assert [link["href"] for link in found.find_all("a")] == [f"{row.page}.html"]
        return
    assert said["verdict"] == row.verdict + (", wide range" if row.wide else "")
    assert digits(said["mean"])[0] == pytest.approx(row.mean, rel=0.01, abs=0.006)
    low, *_, high = 2 * digits(said["range"])  # one number where all seeds agree
    assert low == pytest.approx(row.lowest, rel=0.01, abs=0.006)
    assert high == pytest.approx(row.highest, rel=0.01, abs=0.006)
    assert digits(said["spread"])[0] == pytest.approx(row.spread, rel=0.05, abs=0.06)
    assert said["seeds"] == str(len(row.ours))


def test_the_text_counts_as_the_ledger_does(site):
    said = text(page(site, "reproductions").article)
    verdicts = [row.verdict for row in ROWS]
    compared = verdicts.count("reproduced") + verdicts.count("differs")
    assert f"Of {len(ROWS)} numbers" in said
    assert f"compare {compared} with runs" in said
    assert f"Reproduced: {verdicts.count('reproduced')}. Differing: {verdicts.count('differs')}." in said
    assert f"{verdicts.count('computed on the page')} are computed on a page" in said
    assert f"holds for {sum(row.wide for row in ROWS)} of the {verdicts.count('reproduced')}" in said


def test_what_differs_and_what_is_wide_is_named_and_no_more(site):
    root = page(site, "reproductions")
    for section, wanted in (
        ("what-differs", [row for row in ROWS if row.verdict == "differs"]),
        ("where-reproduced-says-little", [row for row in ROWS if row.wide]),
    ):
        links = [link["href"] for link in root.select(f"section#{section} li a[href^='#published-']")]
        assert links == [f"#published-{row.id}" for row in wanted]
    assert "hundred-quadratic" in {row.id for row in ROWS if row.wide}


def test_the_lost_digits_are_counted(site):
    runs = record("dead_digit_100_quadratic")["runs"]
    lost = sum(run["dead digits"][-1] > 0 for run in runs)
    assert lost > len(runs) / 2
    said = text(page(site, "reproductions").article)
    assert f"Of our {len(runs)} runs of the network with 100 hidden neurons" in said
    assert f"{lost} end with a digit that is recognised in fewer than 5 %" in said


def test_every_results_file_has_its_row(site):
    rows = page(site, "reproductions").select("table.runs tbody tr")
    said = {found["file"]: found for found in map(cells, rows)}
    assert list(said) == reproductions.files()
    for name, found in said.items():
        document = record(name)
        seconds = [run["seconds"] for run in document["runs"]]
        assert found["seeds"] == str(len(seconds))
        assert digits(found["seconds"])[0] == pytest.approx(sum(seconds) / len(seconds), abs=0.051)
        assert found["machine"] == document["machine"]
        assert (found["numpy"], found["nnlib"]) == (document["numpy"], document["nnlib"])
        assert str(document["arithmetic"]["openblas"]) in found["arithmetic"]


def test_the_baselines_are_those_measured(site):
    rows = page(site, "reproductions").select("table.baselines tbody tr")
    said = [[int(digits(value)[0]) for value in cells(row).values()] for row in rows]
    wanted = [
        [n, *(run[data][gamma] for data in ("validation", "test") for gamma in ("auto, 256", "scale"))]
        for n, run in reproductions.baselines()
    ]
    assert said == wanted


def test_every_exercise_has_its_text_its_link_and_its_solution_folded(site):
    root = page(site, "solutions")
    boxes = root.select(".solved")
    assert len(boxes) == len(EXERCISES) > 50
    for box, exercise in zip(boxes, EXERCISES, strict=True):
        (title,) = box.select(".solved-title")
        (link,) = title.find_all("a")
        assert text(title) == exercise.title
        assert link["href"] == f"{exercise.page}.html#{exercise.label}"
        there = (site / "book" / f"{exercise.page}.html").read_text(encoding="utf-8")
        assert f'id="{exercise.label}"' in there
        (folded,) = box.select("details")
        assert folded.get("open") is None
        assert text(folded.summary) == "Solution"
        assert longest(exercise.text) in text(box)
        assert longest(exercise.solution) in text(folded)
    assert not root.select(".problematic")


def test_links_of_the_three_pages_lead_somewhere(site):
    for name in ("reproductions", "solutions", "api"):
        for href in {link["href"] for link in page(site, name).select("article a.internal")}:
            target, _, anchor = href.partition("#")
            path = site / "book" / (target or f"{name}.html")
            assert path.exists(), href
            assert not anchor or f'id="{anchor}"' in path.read_text(encoding="utf-8"), href


def test_every_public_name_is_in_the_reference(site):
    ids = {name["id"] for name in page(site, "api").select("dt[id]")}
    for name in api.MODULES:
        module = importlib.import_module(name)
        assert {f"{name}.{one}" for one in api.public(module)} <= ids
    listed = {full.rpartition(".")[2] for full in ids}
    names = {name for name in nn.__all__ if not inspect.ismodule(getattr(nn, name))}
    assert names <= listed
    modules = {f"nnlib.{name}" for name in nn.__all__ if inspect.ismodule(getattr(nn, name))}
    assert modules <= set(api.MODULES)
    source = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^## (nn\w+\.\w+)$", source, re.MULTILINE)) == api.MODULES
    assert tuple(re.findall(r"^```\{api\} (\S+)$", source, re.MULTILINE)) == api.MODULES


def test_the_page_that_derives_it_is_linked(site):
    article = page(site, "api").article
    assert "Derived in “" not in text(article)
    links = {link["href"] for link in article.select("dd a.internal")}
    assert {"softmax.html", "gradient_descent.html", "loss_functions.html", "notation.html"} <= links


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 700, 1280])
@pytest.mark.parametrize("name", ["reproductions", "solutions", "api"])
def test_nothing_is_cut_or_wider_than_the_page(browser, address, name, width):
    context = browser.new_context(viewport={"width": width, "height": 844})
    tab = context.new_page()
    tab.goto(f"{address}book/{name}.html", wait_until="networkidle")
    tab.evaluate(FORMULAS_SET)
    tab.evaluate("document.querySelectorAll('.bd-article details').forEach(d => { d.open = true })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    cut = tab.evaluate(
        "(right => [...document.querySelectorAll('.bd-article :is(td, pre, dt, dd, code, mjx-math, a)')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().right > right + 1)"
        ".map(e => e.textContent.slice(0, 80)))"
        "(document.querySelector('.bd-article').getBoundingClientRect().right)"
    )
    assert cut == []
    spilt = tab.evaluate(
        "[...document.querySelectorAll('table.reproductions :is(td, th)')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1).map(e => e.textContent)"
    )
    assert spilt == []
    context.close()
