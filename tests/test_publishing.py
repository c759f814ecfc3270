"""What happens to the pages after Sphinx has written them."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("pylatexenc")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "book" / "_extensions"))
import publishing

HEAD = """<head>
  <link href="../_static/styles/theme.css" rel="stylesheet">
  <link rel="icon" href="../_static/logo.svg"/>
    <link rel="stylesheet" type="text/css" href="../_static/own.css?v=1" />
    <script src="../_static/a.js?v=1"></script>
    <script>let inline = 1;</script>
    <script async="async" src="../_static/b.js"></script>
</head>
"""


@pytest.fixture
def built(tmp_path):
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text("a { color: red }")
    (static / "styles" / "theme.css").write_text(
        '@import "../basic.css";\nb { background: url("../img/x.png") }\n'
        "c { background: url(data:image/png;base64,AA) }\n/*# sourceMappingURL=theme.css.map */"
    )
    (static / "own.css").write_text("b { color: blue }")
    (tmp_path / "book").mkdir()
    for name in ("page", "search"):
        (tmp_path / "book" / f"{name}.html").write_text(HEAD)
    return tmp_path


def finish(folder, exception=None, format="html"):
    app = SimpleNamespace(outdir=str(folder), builder=SimpleNamespace(format=format))
    publishing._fewer_requests(app, exception)


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


def test_the_one_sheet_says_what_the_others_said_in_their_order(built):
    finish(built)
    said = (built / "_static" / "site.css").read_text()
    assert said == (
        "a { color: red }\nb { background: url(img/x.png) }\n"
        "c { background: url(data:image/png;base64,AA) }\n\nb { color: blue }"
    )


@pytest.mark.parametrize("how", [{"exception": RuntimeError()}, {"format": "latex"}])
def test_nothing_is_touched_after_a_failure_or_for_paper(built, how):
    finish(built, **how)
    assert (built / "book" / "page.html").read_text() == HEAD
