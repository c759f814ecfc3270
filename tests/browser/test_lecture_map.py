"""The map from slides to pages in a real browser: links that lead somewhere, readable on a phone."""

import re
from pathlib import Path

import pytest

book_data = pytest.importorskip("nnbook.book_data")

ROOT = Path(__file__).parents[2]
ROWS = book_data.read("coverage")
LINK = re.compile(r'<a class="reference internal" href="(\w+)\.html#([^"]+)">')


def test_every_link_leads_to_an_id_of_its_page_and_no_place_is_left_out(site):
    links = set(LINK.findall((site / "book" / "lecture_map.html").read_text(encoding="utf-8")))
    for page, anchor in links:
        assert f'id="{anchor}"' in (site / "book" / f"{page}.html").read_text(encoding="utf-8")
    own = {(row["page"], row["anchor"]) for row in ROWS if "anchor" in row}
    also = {tuple(place.split("#")) for row in ROWS for place in row.get("also", [])}
    assert links == own | also


def test_each_course_has_all_its_slides_in_order(browser, address):
    tab = browser.new_page()
    tab.goto(f"{address}book/lecture_map.html", wait_until="networkidle")
    for course in ("san-jose", "linkoping", "auburn", "erlangen", "edinburgh"):
        at = sorted((a["line"], a["slide"]) for row in ROWS for a in row["at"] if a["course"] == course)
        titles = list(dict.fromkeys(title for _, title in at if "$" not in title))
        section = "san-jose-state" if course == "san-jose" else course
        cells = tab.locator(f"#{section} td.slide", has_not=tab.locator(".math"))
        straight = [text.strip().replace("’", "'") for text in cells.all_text_contents()]
        assert straight == [title.replace("’", "'") for title in titles]
    tab.close()


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 700, 390])
def test_nothing_is_cut_or_wider_than_the_page(browser, address, width):
    context = browser.new_context(viewport={"width": width, "height": 844})
    tab = context.new_page()
    tab.goto(f"{address}book/lecture_map.html", wait_until="networkidle")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    cut = tab.evaluate(
        "[...document.querySelectorAll('.bd-article div, table.lecture-map tbody :is(tr, td, p)')]"
        ".filter(e => e.scrollWidth > e.clientWidth + 1"
        " || e.getBoundingClientRect().right > innerWidth).map(e => e.innerText.slice(0, 80))"
    )
    assert cut == []
    stacked = tab.evaluate("getComputedStyle(document.querySelector('table.lecture-map td')).display")
    assert stacked == ("block" if width <= 700 else "table-cell")
    context.close()
