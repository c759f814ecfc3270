"""Softmax with bars: four logits, a temperature and a target; probabilities, cost and gradient."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

import nnlib as nn
from nnbook.demos import source
from nnbook.demos.script import Script
from nnlib import viz

LOGITS = [2.0, 1.0, 0.0, -1.0]  # at first
MOST = 6  # a logit goes from -6 to 6, by tenths
STEPS = 20  # from one temperature to ten times that
HINT = "Raise one logit: what do the other three bars do? Then turn the temperature T up, and down."


def softmax_says(z: list[float], T: float = 1.0, target: int = 1, sigmoids: bool = False) -> str:
    """Say what softmax makes of z/T, what that costs, and what the gradient is.

    Parameters
    ----------
    z : list of float
        The logits.
    T : float
        The temperature.
    target : int
        The true class, counted from 1.
    sigmoids : bool
        Whether to say, besides, what independent sigmoids would give.
    """

    def say(values: Any, digits: int = 2) -> str:
        return ", ".join(f"{v:z.{digits}f}" for v in values).replace("-", "−")

    scaled, y = np.array(z) / T, np.eye(len(z))[target - 1]
    a = nn.softmax(scaled)
    cost = nn.log_likelihood.values(nn.softmax, scaled, y)
    gradient = nn.log_likelihood.delta(nn.softmax, scaled, a, y) / T  # (a - y)/T: z is divided by T
    sentence = (
        f"z = ({say(z, 1)}), T = {T:g}: the probabilities are {say(a)}; the target is class {target}, "
        f"and the cost −ln a{'₁₂₃₄'[target - 1]} = {say([cost])}. "
        f"The gradient is ({say(gradient)}) and sums to {round(gradient.sum(), 6) + 0:g}."
    )
    if sigmoids:
        apart = nn.sigmoid(scaled)
        sentence += f" Four sigmoids give {say(apart)}, which sum to {say([apart.sum()])}."
    return sentence


def softmax_bars(*, title: str = "Softmax in bars", hint: str = HINT) -> Script:
    """Four logits to move, and bars of their softmax and of the gradient of the cost."""
    with plt.rc_context():
        viz.use_style()
        plt.rc("svg", fonttype="none")  # letters as letters take a fifth of the bytes
        figure = _still()
        demo = Script(
            "softmax",
            title=title,
            hint=hint,
            still=figure,
            sentence=softmax_says(LOGITS),
            parameters=_controls(),
            program=source.program(softmax_says),
            call=softmax_says.__name__,
        )
        plt.close(figure)
    return demo


def _still() -> Figure:
    """The bars at the start."""
    a, y = nn.softmax(np.array(LOGITS)), np.eye(len(LOGITS))[0]
    classes = [f"class {j}" for j in range(1, len(LOGITS) + 1)]
    figure, axes = plt.subplots(2, sharex=True, figsize=(4.2, 4.2), height_ratios=[1, 2])
    axes[0].bar(classes[0], 1, 0.55, fill=False, edgecolor=viz.GREEN, linestyle="--")
    axes[0].text(0.35, 0.9, "target", color=viz.GREEN)
    axes[0].bar(classes, a, 0.5, color=[viz.GREEN, *[viz.GREY] * 3])
    axes[0].set(ylim=(0, 1.05), yticks=[0, 1], title="probabilities a = softmax(z/T)")
    axes[1].bar(classes, a - y, 0.5, color=viz.PURPLE)
    axes[1].axhline(0, color="black", linewidth=0.8)
    axes[1].set(ylim=(-1, 1), yticks=[-1, 0, 1], title="gradient ∂C/∂z = (a − y)/T")
    axes[1].spines["bottom"].set_visible(False)
    axes[1].tick_params(axis="x", length=0)
    for ax, values in zip(axes, (a, a - y), strict=True):
        for j, v in enumerate(values):
            text = f"{v:.2f}".replace("-", "−")
            ax.text(j, max(v, 0), text, ha="center", va="bottom")
    return figure


def _controls() -> list[dict[str, Any]]:
    tenths = range(-10 * MOST, 10 * MOST + 1)
    logits = [f"{k / 10:.1f}".replace("-", "−") for k in tenths]
    temperatures = [f"{10 ** (k / STEPS):.2g}" for k in range(-STEPS, STEPS + 1)]
    classes = [str(j) for j in range(1, len(LOGITS) + 1)]
    return [
        *(
            {"name": f"z{j}", "label": f"z{'₁₂₃₄'[j - 1]}", "kind": "number",
             "start": tenths.index(round(10 * z)), "texts": logits}
            for j, z in enumerate(LOGITS, start=1)
        ),
        {"name": "T", "label": "T", "kind": "number", "start": STEPS, "texts": temperatures},
        {"name": "target", "label": "target class", "kind": "choice", "start": 0, "texts": classes},
        {"name": "sigmoids", "label": "four sigmoids", "kind": "switch", "start": 0, "texts": ["off", "on"]},
    ]  # fmt: skip
