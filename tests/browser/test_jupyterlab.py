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


def run_all(browser, lab, name):
    """Open a notebook by itself, in a workspace of its own, and run every cell."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.goto(f"{lab}{name}/tree/{name}.ipynb")
    tab.get_by_text("| Idle").wait_for()  # the kernel is there
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
