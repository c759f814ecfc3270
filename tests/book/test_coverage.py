"""Every item of the lecture notes has a row in coverage.yml, and every anchor of a row is on its page."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from docutils.nodes import make_id

from nnbook import book_data, pages
from nnbook.courses import COURSES

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
BUILT = ROOT / "_build" / "html" / "book"
ROWS = book_data.read("coverage")
LISTED = set(pages.names())

# How many items each topic has, A0 to A18, and A19, the questions that the slides ask.
ITEMS = [17, 15, 12, 19, 13, 15, 18, 3, 7, 4, 7, 8, 3, 5, 5, 2, 5, 7, 4, 15]


@cache
def markdown(page):
    """Give the text of a page without its code; None if there is no such page."""
    if (path := BOOK / f"{page}.ipynb").exists():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return path.read_text(encoding="utf-8") if (path := BOOK / f"{page}.md").exists() else None


def slug(heading):
    """Make a heading's id as docutils does, from its text without markup."""
    text = re.sub(r"\{[\w:]+\}`([^`<]*?)(?:\s*<[^>]*>)?`", r"\1", heading)  # roles
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)  # links
    return make_id(re.sub(r"[`$*]", "", text))


def anchors(page):
    """List headings, explicit targets, labels of equations and of directives of a page."""
    text = re.sub(r"^(`{3,}).*?^\1", "", markdown(page) or "", flags=re.DOTALL | re.MULTILINE)
    return {
        *(slug(heading) for heading in re.findall(r"^#{1,6} +(.+?)\s*$", text, re.MULTILINE)),
        *(make_id(name) for name in re.findall(r"^\(([^)\n]+)\)=\s*$", text, re.MULTILINE)),
        *(f"equation-{label}" for label in re.findall(r"^\$\$ \(([\w-]+)\)\s*$", text, re.MULTILINE)),
        *(make_id(name) for name in re.findall(r"^:(?:label|name): *(\S+)", text, re.MULTILINE)),
    }


def built_ids(page):
    """List the ids of the built page; None if it is not built or older than its source."""
    html = BUILT / f"{page}.html"
    source = next(p for p in (BOOK / f"{page}.ipynb", BOOK / f"{page}.md") if p.exists())
    if not html.exists() or html.stat().st_mtime < source.stat().st_mtime:
        return None
    return set(re.findall(r'\bid="([^"]+)"', html.read_text(encoding="utf-8")))


def places(row):
    """List all places of a row as pairs of page and anchor."""
    own = [(row["page"], row["anchor"])] if "anchor" in row else []
    return own + [tuple(place.split("#")) for place in row.get("also", [])]


def test_every_item_is_there_once():
    wanted = [f"A{topic}.{k}" for topic, count in enumerate(ITEMS) for k in range(1, count + 1)]
    assert [row["id"] for row in ROWS] == wanted
    assert len(wanted) == 184


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_is_complete(row):
    assert {"id", "item", "at", "page"} <= set(row) <= {"id", "item", "at", "page", "anchor", "also"}
    assert row["item"].strip()
    assert len(re.sub(r"\$[^$]*\$", "x", row["item"]).split()) <= 15
    assert re.fullmatch(r"[a-z_]+", row["page"])
    assert row["at"]
    for at in row["at"]:
        assert set(at) == {"course", "slide", "line"}
        assert at["course"] in COURSES
        assert at["slide"].strip()
        assert at["line"] > 0
    assert max(Counter(places(row)).values(), default=1) == 1, "a place is named twice"


def test_a_slide_has_one_stretch_of_its_course():
    """Else the map would show it twice: two slides of the same title need something that tells them apart."""
    for course in COURSES:
        at = sorted((a["line"], a["slide"]) for row in ROWS for a in row["at"] if a["course"] == course)
        titles = [title for _, title in at]
        runs = [title for k, title in enumerate(titles) if k == 0 or titles[k - 1] != title]
        assert max(Counter(runs).values()) == 1, Counter(runs).most_common(1)


@pytest.mark.parametrize("row", [row for row in ROWS if places(row)], ids=lambda row: row["id"])
def test_anchors_are_on_their_pages(row):
    for page, anchor in places(row):
        assert page in LISTED, f"{page} is not in the table of contents"
        assert anchor in anchors(page), f"{page} has no #{anchor}, only {sorted(anchors(page))}"
        ids = built_ids(page)
        assert ids is None or anchor in ids, f"the built {page} has no #{anchor}"


def test_a_page_that_exists_is_linked_and_one_to_come_is_not():
    linked = {row["id"] for row in ROWS if "anchor" in row}
    there = {row["id"] for row in ROWS if row["page"] in LISTED}
    assert linked == there


def test_links_of_the_built_map_lead_somewhere():
    html = BUILT / "lecture_map.html"
    fresh = html.exists() and html.stat().st_mtime > (BOOK / "data" / "coverage.yml").stat().st_mtime
    if not fresh:
        pytest.skip("the map is not built, or older than its rows; tests/browser builds it anew")
    links = re.findall(r'<a class="reference internal" href="(\w+)\.html#([^"]+)">', html.read_text("utf-8"))
    assert {(page, anchor) for row in ROWS for page, anchor in places(row)} == set(links)
