"""The Python side of the softmax demo: its sentence, its controls, and what a page stores of it."""

import json
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnbook.demos import page, softmax_bars
from nnbook.demos.softmax import softmax_says

START = (
    "z = (2.0, 1.0, 0.0, −1.0), T = 1: the probabilities are 0.64, 0.24, 0.09, 0.03; the target is class 1, "
    "and the cost −ln a₁ = 0.44. The gradient is (−0.36, 0.24, 0.09, 0.03) and sums to 0."
)


@pytest.fixture(scope="module")
def html():
    return softmax_bars().html()


@pytest.fixture(scope="module")
def data(html):
    return json.loads(re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL)[1])


def numbers(text):
    return [float(v.replace("−", "-")) for v in re.findall(r"−?\d+\.\d+", text)]


def test_the_sentence_of_the_start_stands_on_the_page(html):
    assert softmax_says([2.0, 1.0, 0.0, -1.0]) == START
    assert f'<p class="nn-say">{START}</p>' in html
    assert f'alt="{START}"' in html


def test_the_sentence_says_what_the_formulas_say(rng):
    """By the definitions and central differences; nothing of nnlib."""
    for T in (0.1, 0.5, 1.0, 3.2, 10.0):
        z, t = np.round(rng.uniform(-6, 6, 4), 1), int(rng.integers(4))

        def probabilities(z, T=T):
            return np.exp(z / T) / np.exp(z / T).sum()

        def cost(z, T=T, t=t):
            return np.log(np.exp(z / T).sum()) - z[t] / T

        h = 1e-5
        slopes = [(cost(z + h * e) - cost(z - h * e)) / (2 * h) for e in np.eye(4)]
        sigmoids = 1 / (1 + np.exp(-z / T))
        said = softmax_says(z.tolist(), T, t + 1, sigmoids=True)
        said = numbers(said.replace(f"T = {T:g}", ""))
        expected = [*z, *probabilities(z), cost(z), *slopes, *sigmoids, sigmoids.sum()]
        np.testing.assert_allclose(said, expected, atol=0.00501)
        assert f"target is class {t + 1}," in softmax_says(z.tolist(), T, t + 1)


def test_no_minus_stands_before_nothing():
    said = softmax_says([6.0, -6.0, -6.0, -6.0], 0.1, 1)
    assert "−0.00" not in said
    assert said.endswith("The gradient is (0.00, 0.00, 0.00, 0.00) and sums to 0.")


def test_the_controls_are_these(data):
    *logits, temperature, target, sigmoids = data["parameters"]
    assert [p["name"] for p in logits] == ["z1", "z2", "z3", "z4"]
    for p in logits:
        values = [float(text.replace("−", "-")) for text in p["texts"]]
        np.testing.assert_allclose(values, np.linspace(-6, 6, 121), atol=1e-12)
        assert p["texts"][60] == "0.0"
    assert [p["texts"][p["start"]] for p in data["parameters"]] == [
        "2.0", "1.0", "0.0", "−1.0", "1", "1", "off",
    ]  # fmt: skip
    values = np.array(temperature["texts"], dtype=float)
    np.testing.assert_allclose(values, np.geomspace(0.1, 10, 41), rtol=0.05)
    assert len(set(temperature["texts"])) == 41
    assert (target["kind"], target["texts"], sigmoids["kind"]) == ("choice", ["1", "2", "3", "4"], "switch")


def test_the_copied_program_runs_by_itself(data, tmp_path):
    code = f"{data['program']}\nprint({data['call']}([2.0, 1.0, 0.0, -1.0]))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (START, "")


def test_what_a_page_stores_is_small_the_same_every_time_and_leaves_nothing_behind(html):
    before = dict(plt.rcParams)
    assert softmax_bars().html() == html
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []
    shared = sum(len((page.STATIC / name).read_bytes()) for name in ("demo.css", "demo.js"))
    assert len(html.encode()) - shared <= 40_000
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(a.startswith("data:") for a in addresses)
