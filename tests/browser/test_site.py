"""The built site in a real browser: no outside request, no error, nothing wider than a phone."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HARMLESS = "Identifier 'THEBE_JS_URL' has already been declared"  # the theme logs it on every page
PAGES = sorted(p.stem for p in (ROOT / "book").glob("*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The book built anew, warnings as errors; also the test that it builds."""
    out = tmp_path_factory.mktemp("site")
    command = ["build", "-W", "-n", "--keep-going", "--path-output", str(out), str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out / "_build" / "html"


@pytest.fixture(scope="module")
def address(site):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def test_every_page_is_there_and_no_source_of_a_hidden_cell_is_shown(site):
    for page in PAGES:
        html = (site / "book" / f"{page}.html").read_text(encoding="utf-8")
        assert "prose-check" not in html
        assert "%pip install" not in html


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page", PAGES)
def test_page(browser, address, page, width, theme):
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme)
    tab = context.new_page()
    outside, problems = [], []
    tab.on("request", lambda r: None if r.url.startswith((address, "data:")) else outside.append(r.url))
    tab.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda e: problems.append(str(e)))
    assert tab.goto(f"{address}book/{page}.html", wait_until="networkidle").ok
    assert not outside
    missing = "Failed to load resource: the server responded with a status of 404 (File not found)"
    assert [p for p in problems if HARMLESS not in p and p != missing and "theme mode" not in p] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    pictures = tab.evaluate(
        "[...document.querySelectorAll('.bd-article img')].map(i => [i.naturalWidth, i.alt])"
    )
    assert all(natural > 0 and len(alt) > 40 for natural, alt in pictures)
    assert tab.evaluate(
        "[...document.querySelectorAll('.math')].every(m => m.querySelector('mjx-container'))"
    )
    if width == 390:
        wide = tab.evaluate(
            "[...document.querySelectorAll('.bd-article pre, .bd-article div.math')].filter(e =>"
            " e.scrollWidth > e.clientWidth + 1 && !e.closest('details')).map(e => e.innerText)"
        )
        assert wide == []
    context.close()
