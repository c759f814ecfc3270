"""The Python side of the tuning game: its sentence, its controls, and what a page stores of it."""

import json
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnbook.demos import page, tuning_game
from nnbook.demos.tuning import GAME, tuning_says
from nnbook.results import record

TABLE = record("tuning_table")
AXES = [TABLE["settings"][name] for name in ("eta", "lmbda/n", "batch_size", "width")]
SETTINGS = [(a, b, c, d) for a in AXES[0] for b in AXES[1] for c in AXES[2] for d in AXES[3]]
START = (
    "12 trainings left. Choose a setting and train it; trained again, it starts from another seed, of which "
    "there are three. You hand in the try with the highest validation accuracy, and only then is it read on "
    "the test images."
)
REFUSED = " Three seeds are all there is of the chosen setting: change it to train again."


def accuracy(which, seed, setting):
    """In per cent, looked up in the file."""
    (found,) = [run[f"{which} accuracy"] for run in TABLE["runs"] if run["seed"] == seed]
    for axis, value in zip(AXES, setting, strict=True):
        found = found[axis.index(value)]
    return 100 * found


def says(*game, **options):
    """The sentence, with plain spaces."""
    return tuning_says(*game, **options).replace("\u00a0", " ")


def words(setting):
    eta, decay, m, width = setting
    decay = {0: "0", 1e-5: "1e-5", 1e-4: "1e-4", 1e-3: "1e-3"}[decay]
    return f"η = {eta:g}, λ/n = {decay}, m = {m}, {width} hidden neurons"


@pytest.fixture(scope="module")
def html():
    return tuning_game().html()


@pytest.fixture(scope="module")
def data(html):
    return json.loads(re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL)[1])


def test_a_game_in_words():
    first, second = (0.1, 0.0, 20, 30), (0.3, 0.0, 20, 30)
    assert says([]) == says([], handed_in=True) == START
    assert says([first]) == (
        "Try 1 of 12: η = 0.1, λ/n = 0, m = 20, 30 hidden neurons, seed 0: validation accuracy 91.28 %. "
        "It is the best so far."
    )
    assert says([second, second, first]) == (
        "Try 3 of 12: η = 0.1, λ/n = 0, m = 20, 30 hidden neurons, seed 0: validation accuracy 91.28 %. "
        "The best so far is try 2 with 92.40 %."
    )
    assert says([first, second, second], handed_in=True) == (
        "Handed in: try 3, η = 0.3, λ/n = 0, m = 20, 30 hidden neurons, seed 1: validation accuracy 92.40 %, "
        "test accuracy 91.76 %. The three seeds of this setting have 91.47 to 91.97 % on the test images, "
        "91.73 % in the mean. Settings with a higher mean: 26 of 252; the best, "
        "η = 1, λ/n = 1e-5, m = 5, 100 hidden neurons, has 93.92 %."
    )
    assert says([(1.0, 1e-5, 5, 100)], handed_in=True).endswith(
        "93.92 % in the mean. None of the 252 settings has a higher mean."
    )
    assert " = " not in tuning_says([first]).replace("λ/n\u00a0=\u00a00", "")
    assert tuning_says([first]).count("\u00a0%") == 1


def test_three_seeds_and_twelve_trainings_are_all_there_is():
    one, other = (0.1, 0.0, 20, 30), (0.3, 0.0, 20, 30)
    three = [one] * 3
    assert REFUSED not in says([one] * 2)
    assert says(three).endswith(REFUSED)
    assert REFUSED not in says(three, chosen=other)
    assert says([*three, other], chosen=one).endswith(REFUSED)
    assert REFUSED not in says([*three, other])
    spent = [s for s in SETTINGS[:4] for _ in range(3)]
    assert says(spent).startswith("Try 12 of 12: ")
    assert says(spent).endswith(" No training is left: hand in.")
    assert "hand in" not in says(spent[:-1])
    with pytest.raises(IndexError):
        tuning_says([one] * 4)


def test_equal_tries_leave_the_first_the_best():
    one, other = (0.01, 0.0, 20, 10), (0.01, 1e-5, 20, 10)
    assert accuracy("validation", 0, one) == accuracy("validation", 0, other)
    assert "The best so far is try 1 " in says([one, other])
    assert says([one, other], handed_in=True).startswith(f"Handed in: try 1, {words(one)}, seed 0: ")


def test_the_sentence_says_what_the_table_holds(rng):
    """Looked up in the JSON; nothing of the demo."""
    means = {s: np.mean([accuracy("test", seed, s) for seed in range(3)]) for s in SETTINGS}
    top = max(means, key=means.get)
    for _ in range(40):
        few = [SETTINGS[k] for k in rng.choice(len(SETTINGS), 5, replace=False)]
        tries = [s for s in few for _ in range(3)]
        tries = [tries[k] for k in rng.permutation(15)[: rng.integers(1, 13)]]
        seeds = [tries[:k].count(s) for k, s in enumerate(tries)]
        found = [accuracy("validation", seed, s) for seed, s in zip(seeds, tries, strict=True)]
        best = found.index(max(found))
        assert says(tries).startswith(
            f"Try {len(tries)} of 12: {words(tries[-1])}, seed {seeds[-1]}: "
            f"validation accuracy {found[-1]:.2f} %. "
        )
        if best < len(tries) - 1:
            assert f"The best so far is try {best + 1} with {found[best]:.2f} %." in says(tries)
        read = [accuracy("test", seed, tries[best]) for seed in range(3)]
        better = sum(m > means[tries[best]] + 1e-6 for m in means.values())
        assert says(tries, handed_in=True) == (
            f"Handed in: try {best + 1}, {words(tries[best])}, seed {seeds[best]}: validation accuracy "
            f"{found[best]:.2f} %, test accuracy {read[seeds[best]]:.2f} %. "
            f"The three seeds of this setting have {min(read):.2f} to {max(read):.2f} % on the test images, "
            f"{means[tries[best]]:.2f} % in the mean. "
            f"Settings with a higher mean: {better} of 252; the best, {words(top)}, has {means[top]:.2f} %."
        )


def test_without_scripts_a_game_stands_there_and_no_test_accuracy(html):
    sentence = tuning_says(GAME)
    assert "Handed in" not in sentence
    assert f'<p class="nn-say">{sentence}</p>' in html
    assert f'alt="{sentence}"' in html


def test_the_controls_are_these(data):
    eta, decay, m, width = data["parameters"]
    assert [p["name"] for p in data["parameters"]] == ["eta", "decay", "m", "width"]
    assert [p["kind"] for p in data["parameters"]] == ["number", "choice", "choice", "choice"]
    for p, axis in zip((eta, decay, m, width), AXES, strict=True):
        assert [float(text) for text in p["texts"]] == axis
    assert decay["texts"] == ["0", "1e-5", "1e-4", "1e-3"]
    assert [p["texts"][p["start"]] for p in data["parameters"]] == ["0.03", "0", "20", "30"]
    assert data["budget"] == 12


def test_the_page_holds_the_table(data):
    for which in ("validation", "test"):
        assert data[which] == [
            [round(100 * accuracy(which, seed, s)) for s in SETTINGS] for seed in range(len(TABLE["runs"]))
        ]


def test_the_copied_program_runs_by_itself(data, tmp_path):
    code = f"{data['program']}\nprint({data['call']}([(0.1, 0, 20, 30)], handed_in=True))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (tuning_says([(0.1, 0.0, 20, 30)], handed_in=True), "")


def test_what_a_page_stores_is_small_the_same_every_time_and_leaves_nothing_behind(html):
    before = dict(plt.rcParams)
    assert tuning_game().html() == html
    assert dict(plt.rcParams) == before
    assert plt.get_fignums() == []
    shared = sum(len((page.STATIC / name).read_bytes()) for name in ("demo.css", "demo.js"))
    assert len(html.encode()) - shared <= 50_000
    addresses = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(a.startswith("data:") for a in addresses)
