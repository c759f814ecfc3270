"""The book as a whole: search, the way from page to page, links in and out, and print."""

import io
import itertools
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import links
import PIL.Image
import pytest

from nnbook import pages
from nnbook.plain import plain

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_extensions"))

PAGES = [f"book/{name}" for name in pages.names()]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
BASE = pages.published(CONFIG["url"])  # an owner may write itself with capitals
FIRST = 5  # of the results, the reader looks at no more
SOUGHT = {
    "perceptron": "perceptron",
    "hyperplane": "perceptron",
    "vanishing gradient": "activations",
    "vanishing gradients": "initialisation",
    "exploding gradient": "initialisation",
    "weight decay": "overfitting",
    "L2 regularization": "overfitting",
    "regularisation": "overfitting",
    "early stopping": "overfitting",
    "He initialisation": "initialisation",
    "Xavier initialization": "initialisation",
    "dropout": "dropout_and_data",
    "data augmentation": "dropout_and_data",
    "softmax": "softmax",
    "temperature": "softmax",
    "log-likelihood": "softmax",
    "cross-entropy": "loss_functions",
    "maximum likelihood": "loss_functions",
    "learning slowdown": "slowdown",
    "ReLU": "activations",
    "leaky relu": "activations",
    "tanh": "activations",
    "overfitting": "overfitting",
    "learning rate": "gradient_descent",
    "momentum": "gradient_descent",
    "mini-batch": "gradient_descent",
    "xor": "xor",
    "backpropagation": "backprop_by_hand",
    "backprop": "backprop_by_hand",
    "chain rule": "backprop_derivation",
    "gradient checking": "backprop_vectorised",
    "universal approximation": "universal_approximation",
    "grid search": "hyperparameters",
    "hyperparameters": "hyperparameters",
    "bayesian optimization": "hyperparameters",
    "normalization": "input_normalisation",
    "min-max scaling": "input_normalisation",
    "standardization": "input_normalisation",
    "mnist": "mnist",
    "confusion matrix": "mnist",
    "handwritten digits": "mnist",
    "sigmoid": "sigmoid_neurons",
    "pytorch": "software",
    "scikit-learn": "software",
    "matlab": "software",
    "network2": "software",
    "neural network": "introduction",
    "notation": "notation",
    "assignment": "assignments",
    "errata": "errata",
    "glossary": "glossary",
}


@pytest.fixture(scope="module")
def tab(browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    yield tab
    tab.close()


@pytest.mark.parametrize(
    ("words", "page"),
    [
        pytest.param(*pair, marks=[] if place % 5 == 0 else pytest.mark.long, id=pair[0])
        for place, pair in enumerate(SOUGHT.items())
    ],
)
def test_search_finds_the_page(tab, address, words, page):
    tab.goto(f"{address}search.html?q={words}")
    tab.wait_for_function(
        "() => document.querySelector('#search-results .search-summary')"
        "?.innerText.match(/\\d+ page|did not match/)"
    )
    tab.wait_for_selector("#search-results li > a")
    hits = tab.locator("#search-results li > a").evaluate_all("es => es.map(e => e.pathname)")
    found = list(dict.fromkeys(re.sub(r".*/|\.html$", "", path) for path in hits))
    assert page in found[:FIRST]


def test_what_is_sought_covers_every_lesson():
    lessons = {name for part, names in pages.parts().items() if part != "Appendices" for name in names}
    assert lessons - {"teaching", "instructors"} <= set(SOUGHT.values())


@pytest.fixture(scope="module")
def parsed(site):
    return {path.relative_to(site).as_posix(): links.read(path) for path in site.rglob("*.html")}


def test_no_link_inside_the_book_is_dead(site, parsed):
    dead = []
    for page, held in parsed.items():
        for target in held.targets:
            if ":" in target.partition("/")[0] or not target:
                continue
            path, anchor = urlsplit(target).path, unquote(urlsplit(target).fragment)
            goal = (site / page).parent / unquote(path) if path else site / page
            if not goal.exists():
                dead.append((page, target))
            elif goal.suffix == ".html" and anchor:
                name = goal.resolve().relative_to(site.resolve()).as_posix()
                if anchor not in parsed[name].anchors:
                    dead.append((page, target))
    assert dead == []


def test_links_to_the_outside_are_well_formed_and_can_be_listed(site, capsys):
    every = links.outside(site)
    assert len(every) > 100
    for address in every:
        if address.startswith("javascript:"):
            continue
        parts = urlsplit(address)
        assert parts.scheme in ("https", "http"), address
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", parts.netloc), address
        assert not re.search(r"\s|localhost|127\.0\.0\.1|//.*//", address), address
        assert str(ROOT) not in address
    assert links.main([str(site)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(every)


def test_links_that_lead_nowhere_are_noticed(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#x">b</a><a href="https://x.org/">x</a>'
    )
    held = links.read(tmp_path / "a.html")
    assert (held.targets, held.anchors) == (["b.html#x", "https://x.org/"], {"top"})
    assert links.outside(tmp_path) == {"https://x.org/": ["a.html"]}


def test_a_folder_without_a_site_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        links.main([str(tmp_path)])
    assert "`make book` builds the site" in capsys.readouterr().err


@pytest.mark.parametrize(("before", "after"), list(itertools.pairwise(PAGES)))
def test_the_next_page_is_the_next_of_the_contents(site, before, after):
    first = (site / f"{before}.html").read_text(encoding="utf-8")
    second = (site / f"{after}.html").read_text(encoding="utf-8")
    (onward,) = re.findall(r'<a class="right-next"\s+href="([^"]+)"', first)
    (back,) = re.findall(r'<a class="left-prev"\s+href="([^"]+)"', second)
    assert ((site / before).parent / onward).resolve() == (site / f"{after}.html").resolve()
    assert ((site / after).parent / back).resolve() == (site / f"{before}.html").resolve()


@pytest.mark.parametrize("page", PAGES)
def test_buttons_and_contents_of_a_page(site, page):
    html = (site / f"{page}.html").read_text(encoding="utf-8")
    source = next(f"{page}{suffix}" for suffix in (".ipynb", ".md") if (ROOT / f"{page}{suffix}").exists())
    url, branch = CONFIG["url"], CONFIG["branch"]
    held = links.read(site / f"{page}.html").targets
    assert f"{url}/edit/{branch}/{source}" in held
    assert any(target.startswith(f"{url}/issues/new") for target in held)
    repository = url.removeprefix("https://github.com/")
    run = f"book/run/{Path(source).name}"
    colab = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{run}"
    assert (colab in held) == source.endswith(".ipynb")
    if source.endswith(".ipynb"):
        binder = f"https://mybinder.org/v2/gh/{repository}/{branch}"
        assert any(t.startswith(binder) and unquote(t).endswith(run) for t in held)
        (download,) = [t for t in held if t.endswith(".ipynb") and "_sources" in t]
        handed_out = (site / page).parent / download
        assert handed_out.read_bytes() == (ROOT / run).read_bytes()
    headings = re.findall(r"<h2>(.*?)<a", html, re.DOTALL)
    listed = html.partition('class="page-toc')[2] if headings else ""
    for heading in headings:
        words = re.sub(r"<[^>]*>", "", heading).strip()
        assert words[:20] in re.sub(r"<[^>]*>", "", listed), f"{words} is not in the page's contents"


@pytest.mark.long
@pytest.mark.parametrize("page", ["book/slowdown", "book/hyperparameters", "book/errata", "book/solutions"])
def test_a_page_prints_on_paper(browser, address, page):
    """What surrounds the text stays off the paper, and the text is not cut."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(f"{address}{page}.html", wait_until="networkidle")
    title = tab.locator("h1").first.inner_text().strip("#¶ \n")
    tab.emulate_media(media="print")
    hidden = [".bd-header-article", ".bd-sidebar-primary", ".bd-sidebar-secondary", ".prev-next-area"]
    for place in hidden:
        assert not any(e.is_visible() for e in tab.locator(place).all()), place
    tab.set_viewport_size({"width": 718, "height": 1000})  # A4 less margins, at 96 dots to the inch
    assert tab.evaluate("document.documentElement.scrollWidth") <= 718
    printed = pypdf.PdfReader(io.BytesIO(tab.pdf(format="A4")))
    text = " ".join(p.extract_text() for p in printed.pages)
    assert title.split()[0] in text
    assert 2 <= len(printed.pages) <= 80
    tab.close()


def test_where_github_puts_the_site():
    assert pages.published("https://github.com/Somebody/a-book") == "https://somebody.github.io/a-book/"
    assert pages.published("https://github.com/somebody/a-book.git") == "https://somebody.github.io/a-book/"
    assert pages.published("https://github.com/somebody/somebody.github.io") == "https://somebody.github.io/"
    assert pages.published("https://example.org/a-book") == ""


def test_formulas_as_plain_text():
    assert plain(r"\tfrac14 x^4 + \eta = 10") == "1/4 x^4 + η = 10"
    assert plain(r"30 \cdot 10") == "30 · 10"


def meta(site, page):
    """What a page says of itself in its head: names and properties with their contents."""
    html = (site / f"{page}.html").read_text(encoding="utf-8")
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', html)
    return dict(found), re.findall(r'<link rel="canonical" href="([^"]*)"', html)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_search_engines_and_previews_what_it_is(site, page):
    said, canonical = meta(site, page)
    assert canonical == [said["og:url"]] == [f"{BASE}{page}.html"]
    assert said["description"] == said["og:description"]
    assert 60 < len(said["description"]) <= 210
    assert "\\" not in said["description"]
    assert said["og:site_name"] == yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    picture = said["og:image"].removeprefix(BASE)
    with PIL.Image.open(site / picture) as image:
        assert image.size == (int(said["og:image:width"]), int(said["og:image:height"]))


def test_no_two_pages_describe_themselves_alike(site):
    assert len({meta(site, page)[0]["description"] for page in PAGES}) == len(PAGES)


def test_the_site_map_lists_the_pages_and_nothing_else(site):
    listed = re.findall(r"<loc>([^<]+)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(f"{BASE}{page}.html" for page in PAGES)


def test_the_pictures_of_the_logo_are_of_one_size_and_kind():
    svg = (ROOT / "book/_static/logo.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 128 128"' in svg
    assert "<title>" in svg
    with PIL.Image.open(ROOT / "book/_static/logo.png") as png:
        assert (png.size, png.mode) == ((256, 256), "RGBA")
