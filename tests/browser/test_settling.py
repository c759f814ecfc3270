"""The built pages while they load: nothing jumps, and no rule of style is missed."""

import re

import pytest
from by_itself import FORMULAS_SET, TURN, TURNS
from test_site import ALL, PAGES

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  const observer = new PerformanceObserver(list => {
    for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value;
  });
  observer.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => setTimeout(() => done(sum), 0));
})"""
SCRIPTS = re.compile(r"\.js(\?|$)")
GUESSES = """() => [...document.querySelectorAll(".math")].filter(e => e.offsetParent).map(e => {
  const inline = e.tagName === "SPAN", formula = e.querySelector("mjx-container");
  const set = (inline ? formula : e).getBoundingClientRect();
  const beside = parseFloat(formula.style.fontSize) / 119;  // MathJax suits its size to the text face: 119 %
  const em = parseFloat(getComputedStyle(e).fontSize) * beside;  // beside Helvetica, more beside DejaVu
  return [inline, parseFloat(e.style.getPropertyValue("--room")), (inline ? set.width : set.height) / em];
})"""
MISSED = """async sheets => {
  const selectors = function* (rules) {
    for (const rule of rules) {
      if (rule.selectorText) yield rule.selectorText;
      if (rule.cssRules && !rule.selectorText) yield* selectors(rule.cssRules);
    }
  };
  const split = list => list.split(/,(?![^(]*\\))/).map(part => part.trim());
  const kept = new Set();
  for (const sheet of document.styleSheets) {
    if (!sheet.href?.includes("site.css")) continue;
    for (const list of selectors(sheet.cssRules)) split(list).forEach(selector => kept.add(selector));
  }
  const missed = [];
  for (const text of sheets) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    for (const list of selectors(sheet.cssRules)) for (const selector of split(list)) {
      const still = selector.replace(/::?[\\w-]+(\\([^()]*\\))?/g, "") || "*";
      let found = null;
      try { found = document.querySelector(still); } catch {}
      if (found && !kept.has(selector)) missed.push(selector);
    }
  }
  return [missed, kept.size];
}"""
FAILS = """MathJax.typesetPromise = () => Promise.reject(new Error("no"));
MathJax.startup.pageReady();"""
TOP = [  # not the search, whose scripts come first
    page if place % TURNS == TURN or page == "book/index" else pytest.param(page, marks=pytest.mark.slow)
    for place, page in enumerate(ALL[:-1])
]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", TOP)
def test_a_page_stands_still_while_it_loads(browser, address, page, width):
    """Google's mark for a good page is 0.1; the scripts come as late as on a slow line."""
    context = browser.new_context(viewport={"width": width, "height": 844})
    tab = context.new_page()
    held, shown = [], False
    tab.route(SCRIPTS, lambda route: route.continue_() if shown else held.append(route))
    tab.goto(address + page + ".html", wait_until="commit")
    tab.wait_for_selector("article h1, article h2")
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
    shown = True
    for route in held:
        route.continue_()
    tab.wait_for_load_state("load")
    tab.evaluate(FORMULAS_SET)
    moved = tab.evaluate(SHIFTS)
    context.close()
    assert moved < 0.1


def test_formulas_get_about_the_room_they_need(browser, address):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    off = {True: [], False: []}
    for page in PAGES:
        tab.goto(f"{address}book/{page}.html")
        tab.evaluate(FORMULAS_SET)
        for inline, guess, needed in tab.evaluate(GUESSES):
            off[inline].append(guess - needed)
    tab.close()
    for inline, count, usual, most in ((True, 1000, 0.2, 2.5), (False, 100, 0.5, 3)):
        found = off[inline]
        assert len(found) > count
        assert abs(sum(found)) / len(found) < 0.2
        assert sum(map(abs, found)) / len(found) < usual
        assert max(map(abs, found)) < most


@pytest.mark.parametrize("page", ["book/perceptron", "book/api", "book/solutions", "book/teaching", "search"])
def test_no_rule_that_fits_something_on_a_page_was_left_out(browser, site, address, page):
    own = ("mathjax", "locales")
    sheets = [
        path.read_text(encoding="utf-8")
        for path in sorted((site / "_static").rglob("*.css"))
        if path.name != "site.css" and not any(folder in path.parts for folder in own)
    ]
    assert len(sheets) > 10
    tab = browser.new_page()
    tab.goto(f"{address}{page}.html")
    missed, kept = tab.evaluate(MISSED, sheets)
    tab.close()
    assert kept > 500
    assert missed == []


def test_mathjax_is_on_every_page_with_formulas_and_on_no_other(site):
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert ("mathjax/" in html) == ('class="math ' in html), path


def test_a_formula_outside_the_usual_places_is_set_as_well(browser, address):
    tab = browser.new_page()
    tab.route("**/book/xor.html", add_a_formula)
    tab.goto(f"{address}book/xor.html")
    tab.evaluate(FORMULAS_SET)
    assert tab.locator("#elsewhere mjx-container").count() == 1
    assert tab.locator(".math:not(:has(> mjx-container))").count() == 0
    tab.close()


@pytest.mark.parametrize("how", ["no scripts", "no MathJax", "a MathJax that fails"])
def test_formulas_are_shown_as_written_where_they_cannot_be_set(browser, address, how):
    context = browser.new_context(java_script_enabled=how != "no scripts")
    tab = context.new_page()
    if how == "a MathJax that fails":
        tab.route("**/mathjax/**", lambda route: route.fulfill(body=FAILS, content_type="text/javascript"))
    else:
        tab.route("**/mathjax/**", lambda route: route.abort())
    tab.goto(f"{address}book/xor.html", wait_until="load")
    formula = tab.locator("span.math").first
    assert formula.inner_text().startswith("\\(")
    colour, parent = (
        where.evaluate("e => getComputedStyle(e).color") for where in (formula, formula.locator(".."))
    )
    assert colour == parent
    assert formula.evaluate("e => getComputedStyle(e).display") != "inline-block"
    context.close()


def add_a_formula(route):
    """Give a page one more, as an output of somebody's own would."""
    answer = route.fetch()
    extra = '<p id="elsewhere" class="output_area">\\(x^2\\)</p></article>'
    route.fulfill(response=answer, body=answer.text().replace("</article>", extra))


def test_pictures_say_how_large_they_are(site):
    for page in PAGES:
        html = (site / "book" / f"{page}.html").read_text(encoding="utf-8")
        for tag in re.findall(r'<img [^>]*src="\.\./_images/[^>]*>', html):
            assert re.search(r' width="\d+" height="\d+"', tag), tag[:300]
