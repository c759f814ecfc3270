"""The built site in a real browser: no outside request, no error, nothing wider than a phone."""

import functools
import gzip
import http.server
import importlib
import re
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from by_itself import FORMULAS_SET, TURN, TURNS

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
first_picture = importlib.import_module("first_picture")
PAGES = sorted(p.stem for p in (ROOT / "book").glob("*.ipynb"))
APPENDICES = sorted(p.stem for p in (ROOT / "book").glob("*.md"))
ALL = [*(f"book/{page}" for page in [*PAGES, *APPENDICES]), "search"]
# A server sees every page on a phone in the dark, and some at a desk; the rest is left to `make test-all`.
SEEN_AS = {
    (390, "dark"): (None, pytest.mark.long),
    (1280, "light"): (None, pytest.mark.slow),
    (1280, "dark"): (pytest.mark.slow, pytest.mark.slow),
    (390, "light"): (pytest.mark.slow, pytest.mark.slow),
}
VISITS = [
    pytest.param((page, width, theme), marks=[mark] if mark else [], id=f"{page}-{width}-{theme}")
    for (width, theme), (in_turn, otherwise) in SEEN_AS.items()
    for place, page in enumerate(ALL)
    for mark in [in_turn if place % TURNS == TURN else otherwise]
]


def axe():
    """Read the script of axe-core."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def test_every_page_is_there_and_no_source_of_a_hidden_cell_is_shown(site):
    for page in PAGES:
        html = (site / "book" / f"{page}.html").read_text(encoding="utf-8")
        assert "prose-check" not in html
        assert "%pip install" not in html


def test_the_icon_script_is_not_shipped_and_every_icon_is_drawn(site):
    assert not list(site.rglob("fontawesome.js*"))
    drawn = set(re.findall(r"\.(fa-[a-z-]+) \{ --icon", (site / "_static" / "icons.css").read_text()))
    named = set()
    for page in [*site.glob("*.html"), *site.glob("book/*.html")]:
        html = page.read_text(encoding="utf-8")
        assert "fontawesome.js" not in html
        for classes in re.findall(r'class="([^"]*\bfa[bsr]?\b[^"]*|[^"]*\bfa-solid\b[^"]*)"', html):
            named |= {c for c in classes.split() if c.startswith("fa-")} - {"fa-solid", "fa-lg"}
    assert {"fa-bars", "fa-rocket", "fa-github"} <= named <= drawn


@dataclass
class Visit:
    """A page that has been opened, and what was heard while it loaded."""

    name: str
    tab: Any
    width: int
    outside: list[str]
    problems: list[str]


@pytest.fixture(scope="module", params=VISITS)
def visit(request, browser, address):
    """Each page is opened once for all tests that look at it."""
    name, width, theme = request.param
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    visit = Visit(name, context.new_page(), width, [], [])
    inside = (address, "data:")
    visit.tab.on("request", lambda r: None if r.url.startswith(inside) else visit.outside.append(r.url))
    visit.tab.on("console", lambda m: visit.problems.append(m.text) if m.type == "error" else None)
    visit.tab.on("pageerror", lambda e: visit.problems.append(str(e)))
    assert visit.tab.goto(f"{address}{visit.name}.html", wait_until="networkidle").ok
    visit.tab.evaluate(FORMULAS_SET)
    yield visit
    context.close()


def test_page(visit):
    tab = visit.tab
    assert not visit.outside
    missing = "Failed to load resource: the server responded with a status of 404 (File not found)"
    problems = [p for p in visit.problems if p != missing and "theme mode" not in p]
    assert problems == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= visit.width
    pictures = tab.evaluate(
        "[...document.querySelectorAll('.bd-article img')].map(i => [i.naturalWidth, i.alt])"
    )
    assert all(natural > 0 and len(alt) > 40 for natural, alt in pictures)
    assert tab.evaluate(
        "[...document.querySelectorAll('.math')].every(m => m.querySelector('mjx-container'))"
    )
    if visit.width == 390 and visit.name.removeprefix("book/") in PAGES:
        wide = tab.evaluate(
            "[...document.querySelectorAll('.bd-article pre')].filter(e =>"
            " e.scrollWidth > e.clientWidth + 1 && !e.closest('details')).map(e => e.innerText)"
        )
        assert wide == []
        closed = "[...document.querySelectorAll('.bd-article details:not([open])')]"
        tab.evaluate(f"window.opened = {closed}; window.opened.forEach(d => {{ d.open = true }})")
        cut = tab.evaluate(
            "(right => [...document.querySelectorAll('.bd-article mjx-math')].filter(m => {"
            " const place = m.closest('.math').getBoundingClientRect().right;"
            " return m.getBoundingClientRect().right > Math.min(right, place) + 1"
            " }).map(m => m.parentElement.textContent))"
            "(document.querySelector('.bd-article').getBoundingClientRect().right)"
        )
        tab.evaluate("window.opened.forEach(d => { d.open = false })")
        assert cut == []


WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": WCAG,
    "rules": {
        "label-content-name-mismatch": {"enabled": True},  # off by default, as the next
        "target-size": {"enabled": True},
        "empty-table-header": {"enabled": False},  # takes formulas for nothing; see what_no_tool_sees
    },
}


def test_axe_finds_no_violation(visit):
    tab = visit.tab
    tab.evaluate("document.getAnimations().forEach(a => a.finish())")  # colours as they will stay
    tab.evaluate(axe())
    found = tab.evaluate("options => axe.run(document, options)", OPTIONS)
    assert [(v["id"], node["html"]) for v in found["violations"] for node in v["nodes"]] == []
    assert len(found["passes"]) > 15  # it did look


def test_what_no_tool_sees(visit):
    """Tables have heads with text, pictures say what they show, formulas are there to be read out."""
    tab = visit.tab
    heads = tab.evaluate(
        "[...document.querySelectorAll('.bd-article table:not([hidden])')]"
        ".map(t => [...t.querySelectorAll('th')].map(h => h.textContent.trim()))"
    )
    assert all(row and all(row) for row in heads)
    said = tab.evaluate("[...document.querySelectorAll('.bd-article img')].map(i => i.alt)")
    nothing_said = re.compile(
        r"(an? |the )?(image|picture|figure|plot|graph|chart|diagram)( of)?\b", re.IGNORECASE
    )
    assert [alt for alt in said if nothing_said.match(alt)] == []
    formulas = tab.locator("mjx-container").count()
    assert tab.locator("mjx-container:has(mjx-assistive-mml math)").count() == formulas


def test_nothing_is_cut_where_a_page_is_enlarged(visit):
    """1280 pixels at 200 % are 640, and at 400 % the 320 that WCAG 1.4.10 asks for."""
    size = visit.tab.viewport_size
    for width in (640, 320):
        visit.tab.set_viewport_size({"width": width, "height": 600})
        assert visit.tab.evaluate("document.documentElement.scrollWidth") <= width
    visit.tab.set_viewport_size(size)


def test_the_site_works_in_a_folder_of_a_server(browser, site, tmp_path):
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "course").symlink_to(site, target_is_directory=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}/someone/course/"
        tab, missing = browser.new_page(), []
        tab.on("response", lambda r: None if r.ok and r.url.startswith(root) else missing.append(r.url))
        tab.goto(root, wait_until="networkidle")  # leads on to the landing page
        assert tab.url == f"{root}book/index.html"
        tab.locator(".bd-article a.internal").first.click()
        tab.wait_for_load_state("networkidle")
        assert tab.url.startswith(f"{root}book/")
        tab.goto(f"{root}search.html?q=perceptron", wait_until="networkidle")
        tab.locator("#search-results li a").first.click()
        tab.wait_for_load_state("networkidle")
        assert tab.url.startswith(f"{root}book/")
        server.shutdown()
        tab.close()
    assert missing == []


def test_a_page_with_three_demos_is_no_heavier_than_it_may_be(browser, address, site):
    page = first_picture.crowded(site)
    assert (site / page).read_text(encoding="utf-8").count('class="nn-demo"') == 3
    tab = browser.new_page()
    bodies = []
    tab.on("response", lambda r: bodies.append(r) if r.url.startswith(address) and r.ok else None)
    tab.goto(f"{address}{page}", wait_until="networkidle")
    assert tab.locator(".nn-demo[data-ready]").count() == 3
    transferred = sum(len(gzip.compress(response.body(), 6)) for response in bodies)
    assert 300_000 < transferred < first_picture.LIMIT_BYTES
    tab.close()
    (site / page).unlink()
