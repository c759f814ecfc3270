"""The tuning game: four hyper-parameters, twelve trainings, and one look at the test images."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nnbook.demos import source
from nnbook.demos.script import Script
from nnbook.results import record, results
from nnlib import viz

AXES = ("eta", "lmbda/n", "batch_size", "width")
BUDGET = 12  # trainings
START = (0.03, 0.0, 20, 30)
LOW, HIGH = 85, 95  # the ends of the axis, in per cent
GAME: list[tuple[float, ...]] = [
    START,
    (0.1, 0.0, 20, 30),
    *[(0.3, 0.0, 20, 30)] * 3,
    (0.3, 0.0, 20, 100),
    (1.0, 1e-5, 20, 100),
]
HINT = "Which of the four matters most? Before you trust a small gain, train the same setting again."


def tuning_says(
    tries: list[tuple[float, ...]], handed_in: bool = False, chosen: tuple[float, ...] | None = None
) -> str:
    """Say how the last try did and which is the best, or how the one handed in did.

    Parameters
    ----------
    tries : list of tuple
        The settings trained so far, in order: η, λ/n, mini-batch size and hidden neurons.
        The first training of a setting has seed 0, the next seed 1, and the last seed 2.
    handed_in : bool
        Whether the best of them was handed in, and read on the test images.
    chosen : tuple, optional
        The setting that the controls show, if not that of the last try.
    """
    axes = [record("tuning_table")["settings"][name] for name in AXES]
    validation, test = _right("validation"), _right("test")

    def say(setting: tuple[float, ...]) -> str:
        eta, decay, m, width = setting
        return f"η = {eta:g}, λ/n = {_power(decay)}, m = {m}, {width} hidden neurons"

    def percent(images: float) -> str:
        return f"{images / 100:.2f}"

    runs = [
        (tries[:k].count(setting), *(axis.index(v) for axis, v in zip(axes, setting, strict=True)))
        for k, setting in enumerate(tries)
    ]
    accuracies = [validation[run] for run in runs]
    best = int(np.argmax(accuracies)) if tries else 0  # the first, if several are equal
    if not tries:
        sentence = (
            f"{BUDGET} trainings left. Choose a setting and train it; trained again, it starts from another "
            "seed, of which there are three. You hand in the try with the highest validation accuracy, and "
            "only then is it read on the test images."
        )
    elif handed_in:
        seed, *where = runs[best]
        seeds, sums = test[:, *where], test.sum(axis=0)
        better = (sums > seeds.sum()).sum()
        top = [axis[k] for axis, k in zip(axes, np.unravel_index(sums.argmax(), sums.shape), strict=True)]
        sentence = (
            f"Handed in: try {best + 1}, {say(tries[best])}, seed {seed}: "
            f"validation accuracy {percent(accuracies[best])} %, test accuracy {percent(seeds[seed])} %. "
            f"The three seeds of this setting have {percent(seeds.min())} to {percent(seeds.max())} % "
            f"on the test images, {percent(seeds.sum() / len(seeds))} % in the mean. "
        )
        if better:
            sentence += f"Settings with a higher mean: {better} of {sums.size}; the best, "
            sentence += f"{say(tuple(top))}, has {percent(sums.max() / len(seeds))} %."
        else:
            sentence += f"None of the {sums.size} settings has a higher mean."
    else:
        sentence = (
            f"Try {len(tries)} of {BUDGET}: {say(tries[-1])}, seed {runs[-1][0]}: "
            f"validation accuracy {percent(accuracies[-1])} %. "
        )
        if best == len(tries) - 1:
            sentence += "It is the best so far."
        else:
            sentence += f"The best so far is try {best + 1} with {percent(accuracies[best])} %."
        if len(tries) == BUDGET:
            sentence += " No training is left: hand in."
        elif tries.count(chosen or tries[-1]) == len(validation):
            sentence += " Three seeds are all there is of the chosen setting: change it to train again."
    return sentence.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%")  # no line ends there


def tuning_game(*, title: str = "Tune a network", hint: str = HINT) -> Script:
    """Search 252 settings that were trained in advance, with twelve trainings to spend."""
    with plt.rc_context():
        viz.use_style()
        plt.rc("svg", fonttype="none")  # letters as letters take a fifth of the bytes
        figure = _still()
        demo = Script(
            "tuning_game",
            title=title,
            hint=hint,
            still=figure,
            sentence=tuning_says(GAME),
            parameters=_controls(),
            budget=BUDGET,
            low=LOW,
            high=HIGH,
            **{which: [run.ravel().tolist() for run in _right(which)] for which in ("validation", "test")},
            program=source.program(tuning_says),
            call=tuning_says.__name__,
        )
        plt.close(figure)
    return demo


def _right(which: str) -> Any:
    """How many of the 10,000 images are read rightly, for every seed, η, λ/n, m and width."""
    return np.rint(10_000 * np.array(results("tuning_table", f"{which} accuracy"))).astype(int)


def _power(value: float) -> str:
    """Write 0.00001 as 1e-5."""
    return f"{value:.0e}".replace("e-0", "e-") if value else "0"


def _still() -> Figure:
    """A game after seven tries."""
    axes = [record("tuning_table")["settings"][name] for name in AXES]
    validation, shown = _right("validation") / 100, []
    for k, setting in enumerate(GAME):
        where = [axis.index(value) for axis, value in zip(axes, setting, strict=True)]
        shown.append(validation[GAME[:k].count(setting), *where])
    numbers = range(1, len(GAME) + 1)
    best = int(np.argmax(shown))
    same = [k for k, setting in enumerate(GAME) if GAME.count(setting) > 1]
    figure, ax = plt.subplots(figsize=(4.2, 3.2))
    ax.plot([numbers[k] for k in same], [shown[k] for k in same], color=viz.GREY, linewidth=1)
    ax.plot(numbers, shown, "o", color=viz.GREY)
    ax.plot(numbers[best], shown[best], "o", color="black", markersize=8)
    for number, value in zip(numbers, shown, strict=True):
        ax.text(number, value + 0.4, f"{value:.1f}", ha="center", va="bottom")
    ax.text(numbers[best], shown[best] + 1.1, "best", ha="center", va="bottom", weight="bold")
    ax.set(xlim=(0.4, BUDGET + 0.6), xticks=range(1, BUDGET + 1), xlabel="try")
    ax.set(ylim=(LOW, HIGH + 1), yticks=[LOW, 90, HIGH], title="validation accuracy / %")
    return figure


def _controls() -> list[dict[str, Any]]:
    settings = record("tuning_table")["settings"]
    shown = (
        ("eta", "learning rate η", "number", "g"),
        ("decay", "weight decay λ/n", "choice", ""),
        ("m", "mini-batch size m", "choice", "d"),
        ("width", "hidden neurons", "choice", "d"),
    )
    return [
        {"name": name, "label": label, "kind": kind, "start": settings[axis].index(first),
         "texts": [f"{v:{form}}" if form else _power(v) for v in settings[axis]]}
        for (name, label, kind, form), axis, first in zip(shown, AXES, START, strict=True)
    ]  # fmt: skip
