"""The table of errata in a real browser: sorted by mouse and keyboard, readable on a phone."""

import re
from collections import Counter
from pathlib import Path

import pytest
from by_itself import FORMULAS_SET

book_data = pytest.importorskip("nnbook.book_data")

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
ENTRIES = book_data.read("errata")
IN_ORDER = [entry["id"] for entry in ENTRIES]
NUMBERS = "[...document.querySelectorAll('table.errata tbody tr')].map(r => Number(r.id.split('-')[1]))"


@pytest.fixture
def tab(browser, address):
    tab = browser.new_page(viewport={"width": 1280, "height": 844})
    problems = []
    tab.on("pageerror", lambda e: problems.append(str(e)))
    tab.goto(f"{address}book/errata.html", wait_until="networkidle")
    tab.evaluate(FORMULAS_SET)
    yield tab
    assert [p for p in problems if "THEBE_JS_URL" not in p] == []
    tab.close()


def column(tab, name):
    return tab.locator(f"table.errata tbody td.errata-{name}").all_inner_texts()


def sorted_by(tab):
    return tab.evaluate(
        "[...document.querySelectorAll('table.errata th[aria-sort]')]"
        ".map(th => [th.innerText.trim(), th.getAttribute('aria-sort')])"
    )


def test_without_scripts_every_row_is_there_in_order_and_no_button(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}book/errata.html")
    rows = tab.locator("table.errata tbody tr")
    assert [rows.nth(i).get_attribute("id") for i in range(rows.count())] == [
        f"erratum-{n}" for n in IN_ORDER
    ]
    assert tab.locator("table.errata button").count() == 0
    context.close()


def test_sorting_by_mouse(tab):
    assert tab.evaluate(NUMBERS) == IN_ORDER
    assert sorted_by(tab) == []
    tab.locator("table.errata th button", has_text="No.").click()
    assert tab.evaluate(NUMBERS) == sorted(IN_ORDER)
    assert sorted_by(tab) == [["No.", "ascending"]]
    tab.locator("table.errata th button", has_text="No.").click()
    assert tab.evaluate(NUMBERS) == sorted(IN_ORDER, reverse=True)
    assert sorted_by(tab) == [["No.", "descending"]]
    tab.locator("table.errata th button", has_text="Kind").click()
    kinds = [text.strip() for text in column(tab, "kind")]
    assert kinds == sorted(kinds)
    assert Counter(kinds) == Counter(entry["kind"] for entry in ENTRIES)
    assert sorted_by(tab) == [["Kind", "ascending"]]
    first = [n for n, kind in zip(tab.evaluate(NUMBERS), kinds, strict=True) if kind == "wrong"]
    assert first == [
        entry["id"] for entry in ENTRIES if entry["kind"] == "wrong"
    ]  # equal ones keep their order
    tab.locator("table.errata th button", has_text="Course").click()
    courses = [text.strip() for text in column(tab, "course")]
    assert courses == sorted(courses)


def test_sorting_by_keyboard(tab):
    button = tab.locator("table.errata th button", has_text="Kind")
    button.focus()
    tab.keyboard.press("Enter")
    assert sorted_by(tab) == [["Kind", "ascending"]]
    tab.keyboard.press("Space")
    assert sorted_by(tab) == [["Kind", "descending"]]
    assert tab.evaluate("document.activeElement.innerText").startswith("Kind")
    tab.keyboard.press("Shift+Tab")
    assert tab.evaluate("document.activeElement.innerText").startswith("Course")


@pytest.mark.parametrize("width", [390, 699, 1280])
def test_nothing_is_cut_or_scrolls_sideways(tab, width):
    tab.set_viewport_size({"width": width, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("(t => t.scrollWidth - t.clientWidth)(document.querySelector('.errata-table'))") <= 0
    cut = tab.evaluate(
        "[...document.querySelectorAll('table.errata td mjx-math, table.errata td code, table.errata td a')]"
        ".filter(e => { const cell = e.closest('td');"
        " const edge = cell.getBoundingClientRect().right - parseFloat(getComputedStyle(cell).paddingRight);"
        " return [...e.getClientRects()].some(r => r.right > edge + 1) })"
        ".map(e => e.closest('tr').id + ' ' + e.closest('td').className)"
    )
    assert cut == []
    for name in ("No.", "Course", "Kind"):
        button = tab.locator("table.errata th button", has_text=name)
        button.click()
        assert button.is_visible()
    if width < 700:
        labels = tab.evaluate(
            "[...document.querySelectorAll('table.errata tbody tr:first-child td')]"
            ".map(td => getComputedStyle(td, '::before').content.replace(/\"/g, ''))"
        )
        assert {"The notes say", "Correct", "Shown by"} <= set(labels)


def test_rows_have_anchors_and_their_links_lead_somewhere(tab, site, address):
    tab.goto(f"{address}book/errata.html#erratum-53")
    place = "document.querySelector('#erratum-53').getBoundingClientRect().top"
    tab.wait_for_function(f"() => 0 <= {place} && {place} < 844")
    for href in tab.evaluate(
        "[...document.querySelectorAll('table.errata a')].map(a => a.getAttribute('href'))"
    ):
        if found := re.search(r"/blob/[^/]+/(tests/errata/\w+\.py)$", href):
            assert (ROOT / found[1]).exists()
        else:
            page, _, anchor = href.partition("#")
            target = site / "book" / (page or "errata.html")
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), href


def test_the_script_leaves_other_pages_alone(browser, address):
    tab = browser.new_page()
    tab.goto(f"{address}book/perceptron.html", wait_until="networkidle")
    assert tab.evaluate("[...document.scripts].some(s => s.src.includes('sortable.js'))")
    assert tab.locator("th button").count() == 0
    tab.close()


def test_maths_is_set_in_every_cell(tab):
    assert tab.evaluate(
        "[...document.querySelectorAll('table.errata .math')].every(m => m.querySelector('mjx-container'))"
    )
    assert "$" not in tab.locator("table.errata").inner_text()
    assert tab.locator("table.errata mjx-merror").count() == 0
