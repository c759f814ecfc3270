"""A demo as a live widget: a page of the book opened in a real JupyterLab, its slider moved."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from by_itself import by_turns

from nnbook import pages

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
DIGIT = """
import numpy as np
import nnlib as nn
from nnbook import demos

def train():
    return nn.Network.random([784, 30, 10], rng=np.random.default_rng(0))

shades = np.repeat(np.arange(10) / 9, 784).reshape(10, 784)
examples = nn.Dataset.from_labels(shades, np.arange(10), 10)
demos.draw_a_digit(train, train(), examples)
"""

WHOLE = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}  # cells out of sight too


@pytest.fixture(scope="module")
def lab(tmp_path_factory, browser):
    """A JupyterLab of its own, with no settings of this machine, over a folder with one page."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "book" / "perceptron.ipynb", folder)
    kernel = nbformat.read(folder / "perceptron.ipynb", as_version=4).metadata.kernelspec
    cells = [nbformat.v4.new_code_cell(DIGIT)]
    digit = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(digit, folder / "digit.ipynb")
    shutil.copytree(ROOT / "book" / "run", folder / "run")
    open_and_folded = (
        ":::{note}\n\nRight: it is.\n\nSee {cite:t}`x`.\n\n"
        "<details>\n<summary>a</summary>\n\nNo: not so.\n\n</details>"
    )
    planted = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(open_and_folded)])
    nbformat.write(planted, folder / "run" / "planted.ipynb")
    (folder / "overrides.json").write_text(json.dumps(WHOLE), encoding="utf-8")
    cells = [nbformat.v4.new_code_cell("from nnbook.demos import softmax_bars\nsoftmax_bars()")]
    bars = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(bars, folder / "bars.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {k: v for k, v in os.environ.items() if k != "NNLIB_DEMOS"}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR",
                 "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR"):  # fmt: skip
        environ[name] = str(folder / ".settings" / name)
    environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"),
        "--LabApp.news_url=None",
        *(f"--LabApp.app_settings_dir={folder}", "--LabApp.expose_app_in_browser=True"),
    ]
    with (
        (folder / "log.txt").open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log) as server,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, folder / "log.txt")
            yield f"http://127.0.0.1:{port}/lab/workspaces/"
        finally:
            server.terminate()


def wait_for(url, server, log):
    """Ask until the server answers; the system's own back-off, no sleep."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError(log.read_text())


def opened(browser, lab, name):
    """Open a notebook by itself, in a workspace of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.goto(f"{lab}{name}/tree/{name}.ipynb")
    tab.get_by_text("| Idle").wait_for()  # the kernel is there
    return tab


def run_all(browser, lab, name):
    """Open a notebook and run every cell."""
    tab = opened(browser, lab, name)
    tab.get_by_text("Run", exact=True).first.click()
    tab.get_by_text("Run All Cells", exact=True).first.click()
    return tab


def stored_sentences():
    """Read what the page's stored demo says, frame by frame."""
    for cell in json.loads((ROOT / "book" / "perceptron.ipynb").read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if found := re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL):
                return json.loads(found[1])["sentences"]
    raise AssertionError("perceptron.ipynb has no demo")


def test_the_slider_of_a_live_demo_moves_the_figure(browser, lab):
    tab = run_all(browser, lab, "perceptron")
    sentences = stored_sentences()
    live = tab.locator(".nn-live")
    live.wait_for(state="attached")
    live.scroll_into_view_if_needed()
    picture, sentence = live.locator("img"), live.locator("p")
    wide_gap, narrow_gap = 16, (1 * 3 + 1) * 2 * 8  # where ρ = 1 begins, not renormalised
    assert sentence.inner_text() == picture.get_attribute("alt") == sentences[wide_gap]
    before = picture.get_attribute("src")
    assert before.startswith("data:image/png")
    assert picture.evaluate("i => i.naturalWidth") == 800

    def moved(said):
        tab.wait_for_function("said => document.querySelector('.nn-live p')?.innerText === said", arg=said)
        return picture.get_attribute("src")

    handles = tab.locator(".jp-OutputArea-output .noUi-handle")
    assert handles.count() == 2  # ρ and step
    handles.nth(1).focus()
    tab.keyboard.press("ArrowRight")
    after = moved(sentences[wide_gap + 1])
    assert after != before
    tab.get_by_role("button", name="narrow gap").click()
    moved(sentences[narrow_gap + 1])
    tab.get_by_label("renormalise").check()
    moved(sentences[narrow_gap + 8 + 1])
    handles.nth(1).focus()
    for step in range(2, 8):
        tab.keyboard.press("ArrowRight")
        moved(sentences[narrow_gap + 8 + step])
    assert picture.get_attribute("src") != after
    tab.context.close()


def test_a_script_runs_in_its_output(browser, lab):
    tab = run_all(browser, lab, "digit")
    demo = tab.locator(".nn-demo[data-ready]")
    demo.wait_for()
    demo.locator("label", has_text=re.compile("^3$")).click()
    tab.wait_for_function("Math.abs(document.querySelector('.nn-demo').reading.image[406] - 3 / 9) < 0.01")
    assert demo.locator(".nn-say").inner_text().startswith("Read as ")
    assert "?" not in tab.url  # JupyterLab's address is left alone
    tab.context.close()


def test_a_slider_of_a_script_keeps_its_keys(browser, lab):
    """JupyterLab takes arrow keys for its own, from one cell to the next."""
    tab = run_all(browser, lab, "bars")
    demo = tab.locator(".nn-demo[data-ready]")
    demo.wait_for()
    slider = demo.locator("input[type=range]").first
    slider.click()
    clicked = int(slider.input_value())
    tab.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == clicked + 1
    tab.context.close()


# What stands open before the reader: text that is not code and not set as a formula.
OPEN = """() => {
    const text = [];
    for (const part of document.querySelectorAll(
            '.jp-RenderedMarkdown :is(p, li, h1, h2, h3, td):not(.jp-OutputArea *)')) {
        const copy = part.cloneNode(true);
        copy.querySelectorAll('code, mjx-container').forEach(formula => formula.remove());
        if (part.checkVisibility()) text.push(copy.textContent.trim());
    }
    return text;
}"""
SET = """() => {
    const texts = [...document.querySelectorAll('.jp-MarkdownCell')];
    const written = [...document.querySelectorAll('.jp-RenderedMarkdown :is(p, td)')];
    return texts.length && texts.every(t => t.querySelector('.jp-RenderedMarkdown')?.textContent.trim())
        && written.every(part => !/\\$[^$]*[\\\\_^][^$]*\\$/.test(part.textContent));
}"""


@pytest.fixture(scope="module")
def app(browser, lab):
    """JupyterLab's page, open once: what it opens comes and goes by its commands."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.goto(f"{lab}editions")
    tab.wait_for_function("() => window.jupyterapp?.restored.then(() => true)")
    yield tab
    context.close()


def shown(app, name):
    """Open a notebook without a kernel; the lines that a reader sees when its formulas are set."""
    app.evaluate(
        """async path => {
            await jupyterapp.commands.execute('application:close-all');
            const kernelPreference = {shouldStart: false, canStart: false};
            const opened = await jupyterapp.commands.execute('docmanager:open', {path, kernelPreference});
            await opened.context.ready;
        }""",
        f"run/{name}.ipynb",
    )
    app.wait_for_function(SET)
    return app.evaluate(OPEN)


LEFT = re.compile(r":::|\{[a-z:]+\}|^\([\w-]+\)=|\$\$|^(Right|No)[:.,]")


@pytest.mark.parametrize("name", by_turns([path.stem for path in pages.notebooks(ROOT / "book" / "run")]))
def test_a_run_edition_reads_well_without_extensions(app, name):
    text = shown(app, name)
    assert len(text) > 20
    assert not [line for line in text if LEFT.search(line)]
    assert not app.locator(".jp-RenderedMarkdown mjx-merror").count()
    page = pages.markdown(ROOT / "book" / f"{name}.ipynb")
    folded = len(re.findall(r"^:{3,}\{(?:dropdown|solution)\}", page, re.MULTILINE))
    assert app.locator(".jp-RenderedMarkdown details").count() == folded
    assert not app.locator(".jp-RenderedMarkdown details[open]").count()
    cells = nbformat.read(ROOT / "book" / "run" / f"{name}.ipynb", as_version=4).cells
    hidden = sum(bool(cell.metadata.get("jupyter", {}).get("source_hidden")) for cell in cells)
    assert app.locator(".jp-InputPlaceholder").count() == hidden


def test_what_lies_open_would_be_noticed(app):
    text = shown(app, "planted")
    assert [line for line in text if LEFT.search(line)] == [":::{note}", "Right: it is.", "See {cite:t}."]
