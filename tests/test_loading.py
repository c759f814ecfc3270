"""What happens to the pages after Sphinx has written them, and how much room formulas are given."""

import doctest
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

pytest.importorskip("pylatexenc")
pytest.importorskip("sphinx")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "book" / "_extensions"))
import loading
import room

HEAD = """<head>
  <link href="../_static/styles/theme.css" rel="stylesheet">
  <link rel="icon" href="../_static/logo.svg"/>
    <link rel="stylesheet" type="text/css" href="../_static/own.css?v=1" />
    <script src="../_static/a.js?v=1"></script>
    <script>let inline = 1;</script>
    <script async="async" src="../_static/b.js"></script>
</head>
"""


BODY = (
    '<p class="seen other">A picture: <img alt="" src="../_images/x.png"> '
    '<img width="3" src="../_images/x.png"></p>'
)
CSS = "a { color: red }\n.seen, .gone > p { margin: 0 }"


@pytest.fixture
def built(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text(CSS)
    (static / "styles" / "theme.css").write_text(
        '@import "../basic.css";\nb { background: url("../img/x.png") }\n'
        "c { background: url(data:image/png;base64,AA) }\n/*# sourceMappingURL=theme.css.map */"
    )
    (static / "own.css").write_text(".made-by-script { color: blue }")
    (static / "a.js").write_text('element.className = "made-" + how;')
    (tmp_path / "_images").mkdir()
    Image.new("L", (30, 20)).save(tmp_path / "_images" / "x.png")
    (tmp_path / "book").mkdir()
    for name in ("page", "search"):
        (tmp_path / "book" / f"{name}.html").write_text(HEAD + BODY)
    return tmp_path


def finish(folder, exception=None, format="html"):
    app = SimpleNamespace(outdir=str(folder), builder=SimpleNamespace(format=format))
    loading._finish(app, exception)


def test_a_page_asks_for_one_style_sheet_and_waits_for_no_script(built):
    finish(built)
    page = (built / "book" / "page.html").read_text()
    assert page.count("stylesheet") == 1
    assert '<link rel="stylesheet" href="../_static/site.css?v=' in page
    assert '<link rel="icon" href="../_static/logo.svg"/>' in page
    assert '<script defer src="../_static/a.js?v=1">' in page
    assert "<script>let inline = 1;</script>" in page
    assert '<script async="async" src="../_static/b.js">' in page
    assert "defer" not in (built / "book" / "search.html").read_text()
    finish(built)  # pages that were not written anew stay as they are
    assert (built / "book" / "page.html").read_text() == page


def test_the_one_sheet_says_what_the_others_said_in_their_order_and_only_what_is_used(built):
    finish(built)
    said = (built / "_static" / "site.css").read_text()
    assert said.split("\n") == [
        "a{color: red }",
        ".seen{margin: 0 }",
        "b{background: url(img/x.png) }",
        "c{background: url(data:image/png;base64,AA) }",
        ".made-by-script{color: blue }",
    ]


def test_a_page_written_later_gets_the_same_sheet_and_all_pages_its_new_version(built):
    finish(built)
    before = (built / "book" / "page.html").read_text()
    (built / "book" / "new.html").write_text(HEAD + '<p class="gone"></p>')
    finish(built)
    old, new = ((built / "book" / f"{name}.html").read_text() for name in ("page", "new"))
    version = re.search(r"site[.]css[?]v=\w+", new)[0]
    assert version in old
    assert version not in before
    assert ".gone > p{margin: 0 }" in (built / "_static" / "site.css").read_text()


def test_a_picture_says_how_large_it_is(built):
    finish(built)
    page = (built / "book" / "page.html").read_text()
    assert '<img width="30" height="20" alt="" src="../_images/x.png">' in page
    assert '<img width="3" src="../_images/x.png">' in page


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        (".a.b { c: d }", ""),  # both are needed
        ("p:not(.b) { c: d }", "p:not(.b){c: d }"),
        (".a:is(.b, .c) p { c: d }", ".a:is(.b, .c) p{c: d }"),
        (".a\\:x { c: d }", ""),
        (".sm\\:a { c: d }", ".sm\\:a{c: d }"),
        ('.a[x=","] , .b { c: "/*" }', '.a[x=","]{c: "/*" }'),
        ("@media print { .b { c: d } }", ""),
        ("@media print { .a { c:  d;\n e: f } }", "@media print {.a{c: d; e: f }}"),
        ("@font-face { font-family: X }", "@font-face { font-family: X }"),
        ("@keyframes x { from { c: d } }", "@keyframes x { from { c: d } }"),
        (":root { --b: 1 }", ":root{--b: 1 }"),
    ],
)
def test_a_rule_stays_if_it_can_apply(sheet, kept):
    assert loading.used(sheet, {"a", "sm"}) == kept


@pytest.mark.parametrize(
    ("latex", "em"),  # as Chromium shows them
    [
        ("x", 0.68),
        ("f'(z)", 2.1),
        ("a = b", 2.5),
        (r"W^{\ell+1}", 2.4),
        (r"\frac12", 0.75),
        (r"\{0, 1\}", 2.9),
    ],
)
def test_a_formula_in_the_text_gets_its_width(latex, em):
    assert room.width(latex) == pytest.approx(em, abs=0.3)


@pytest.mark.parametrize(
    ("latex", "em"),  # as Chromium shows them, margins included
    [
        ("f(x) = H(w \\cdot x + b)", 3.0),
        (r"\sigma(z) = \frac{1}{1 + e^{-z}}", 4.3),
        (r"z = \sum_k w_k x_k + b", 4.4),
        (r"a &= b \\ c &= \frac{d}{e}", 6.3),
    ],
)
def test_a_formula_on_its_own_line_gets_its_height(latex, em):
    assert room.height(latex) == pytest.approx(em, abs=0.5)


def test_every_formula_of_a_page_is_told_its_room():
    body = (
        '<p><span class="math notranslate">\\(a &lt; b\\)</span> and</p>\n'
        '<div class="math notranslate" id="e">\n<span class="eqno">(1)</span>\\[\nx = \\frac12\n\\]</div>'
    )
    context = {"body": body}
    room._boxes(None, "page", "page.html", context, None)
    inline, display = re.findall(r'style="--room: ([\d.]+)em"', context["body"])
    assert float(inline) == pytest.approx(room.width("a < b"), abs=0.05)
    assert float(display) == pytest.approx(room.height(r"x = \frac12"), abs=0.05)
    assert re.sub(r' style="[^"]*"', "", context["body"]) == body


@pytest.mark.parametrize("how", [{"exception": RuntimeError()}, {"format": "latex"}])
def test_nothing_is_touched_after_a_failure_or_for_paper(built, how):
    finish(built, **how)
    assert (built / "book" / "page.html").read_text() == HEAD + BODY


@pytest.mark.parametrize("module", [loading, room])
def test_what_the_descriptions_show(module):
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0
