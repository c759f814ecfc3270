"""Figures, all in one style.

Every function draws on the axes given, or on new ones, and returns them; none
calls `plt.show()`. Colour means the same everywhere: blue is a positive weight
or class 0, orange a negative weight or class 1, green the target, red-purple the
error that flows back, and grey whatever is not being talked about. Shape, dash
or label says it too.
"""

from __future__ import annotations

import base64
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from nnlib import _check
from nnlib._check import Array
from nnlib.data import Dataset
from nnlib.network import Network, forward
from nnlib.training import History, classify, outputs

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#767676"
INK = LinearSegmentedColormap.from_list("ink", ["#11111100", "#111111FF"])  # paper is transparent
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, ORANGE + "00", BLUE + "00", BLUE])
ERRORS = LinearSegmentedColormap.from_list("errors", [ORANGE + "00", ORANGE])
MARKERS = "os^Dvphd<>"
_COLOURS, _STYLES = [BLUE, ORANGE, GREEN, PURPLE], ["-", "--", "-.", ":"]

_STYLE: dict[str, Any] = {
    "figure.figsize": (4.8, 3.0),
    "figure.dpi": 200,  # sharp on a phone; the page scales it down
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.8,
    "font.size": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "savefig.bbox": None,
    "svg.hashsalt": "nnlib",
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE, GREY]),
}


def use_style() -> None:
    """Set the one style for every figure from here on; a notebook shows them as large as the page does."""
    plt.rcParams.update(_STYLE)  # type: ignore[arg-type]
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and "inline" in plt.get_backend():
        importlib.import_module("matplotlib_inline.backend_inline")  # later, it would undo the next line
        shell.display_formatter.formatters["image/png"].for_type(Figure, _at_half_size)


def _at_half_size(figure: Figure) -> tuple[str, dict[str, int]]:
    """Draw a figure for a notebook: all its pixels, shown at half of them, for it has twice the usual."""
    from IPython.core.pylabtools import print_figure

    picture = print_figure(figure, "png", base64=False)
    width, height = (int.from_bytes(picture[place : place + 4], "big") for place in (16, 20))
    return base64.b64encode(picture).decode(), {"width": width // 2, "height": height // 2}


def points(data: Dataset, ax: Axes | None = None) -> Axes:
    """Examples in the plane: colour and shape show the class.

    Parameters
    ----------
    data : Dataset
        Two inputs, with classes.
    """
    if data.X.shape[1] != 2 or data.t is None:
        raise ValueError(f"points needs two inputs and class numbers, but came {data!r}")
    ax = _axes(ax)
    for k in np.unique(data.t):
        x = data.X[data.t == k]
        ax.scatter(x[:, 0], x[:, 1], s=26, c=_class_colour(int(k)), marker=MARKERS[int(k)], lw=0, zorder=3)
    ax.set_aspect("equal")
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")
    return ax


def line(w: Array, b: float, ax: Axes, *, color: str = "black", label: str = "", style: str = "-") -> Axes:
    """The line w·x + b = 0 across the axes, with an arrow along w to the side that fires.

    The label stands at an end of the line.
    """
    w = np.asarray(w, float)
    if w.shape != (2,) or not w.any():
        raise ValueError(f"w must be two numbers, not both 0, but is {w}")
    limits = [*ax.get_xlim(), *ax.get_ylim()]
    foot = -b * w / (w @ w)
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
    reach = 4 * max(map(abs, limits))
    ends = foot + np.outer([-reach, reach], along)
    ax.plot(ends[:, 0], ends[:, 1], style, color=color)
    tip = foot + 0.12 * (limits[1] - limits[0]) * w / np.linalg.norm(w)
    ax.annotate("", tip, foot, arrowprops={"arrowstyle": "->", "color": color, "lw": 1.2})
    if label:  # where the line leaves the axes, at the top or on the right
        inside = foot + np.outer(np.linspace(-reach, reach, 4001), along)
        low, high = np.array(limits[::2]), np.array(limits[1::2])
        inside = inside[((inside >= low) & (inside <= high)).all(axis=1)]
        if len(inside):
            end = inside[inside.sum(axis=1).argmax()]
            ax.annotate(label, end, (3, 3), textcoords="offset points", color=color, annotation_clip=False)
    ax.set_xlim(limits[0], limits[1])
    ax.set_ylim(limits[2], limits[3])
    return ax


def decision_regions(
    classify: Callable[[Array], Array], data: Dataset, ax: Axes | None = None, *, margin: float = 0.2
) -> Axes:
    """The plane coloured by class, with the examples on top.

    Parameters
    ----------
    classify : callable
        From points, shape (m, 2), to class numbers, shape (m,).
    data : Dataset
    margin : float
        How far to draw beyond the examples.
    """
    ax = _axes(ax)
    low, high = data.X.min(axis=0) - margin, data.X.max(axis=0) + margin
    x, y = (np.linspace(a, b, 240) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    regions = np.asarray(classify(grid)).reshape(len(y), len(x))
    classes = int(max(regions.max(), 1)) + 1
    ax.imshow(
        regions,
        extent=(low[0], high[0], low[1], high[1]),
        origin="lower",
        cmap=ListedColormap([_class_colour(k) for k in range(classes)]),
        vmin=-0.5,
        vmax=classes - 0.5,
        alpha=0.16,
        aspect="auto",
        interpolation="nearest",
    )
    return points(data, ax)


def network_diagram(net: Network, ax: Axes | None = None, *, most: int = 12) -> Axes:
    """The network itself: a line per weight, as wide as |w|, blue if positive, orange and dashed if not.

    Layers of more than `most` neurons show the first and the last few.
    """
    ax = _axes(ax)
    shown = [_shown(n, most) for n in net.sizes]
    heights = [np.linspace(1, 0, len(s) + 2)[1:-1] for s in shown]
    for layer, W in enumerate(net.weights):
        drawn = W[np.ix_(shown[layer + 1], shown[layer])]
        scale = np.abs(drawn).max() or 1.0
        for positive in (True, False):
            j, k = np.nonzero(drawn > 0 if positive else drawn < 0)
            ends = [
                [(layer, heights[layer][b]), (layer + 1, heights[layer + 1][a])]
                for a, b in zip(j, k, strict=True)
            ]
            ax.add_collection(
                LineCollection(
                    ends,
                    linewidths=0.2 + 2.6 * np.abs(drawn[j, k]) / scale,
                    colors=BLUE if positive else ORANGE,
                    linestyles="solid" if positive else (0, (3, 1.5)),
                    alpha=0.75,
                )
            )
    for layer, (n, rows, y) in enumerate(zip(net.sizes, shown, heights, strict=True)):
        ax.scatter([layer] * len(y), y, s=70, c="white", edgecolors="black", lw=0.9, zorder=3)
        ax.annotate(f"{n}", (layer, 0), (0, -2), textcoords="offset points", ha="center", va="top")
        if len(rows) < n:
            gap = (y[len(y) // 2 - 1] + y[len(y) // 2]) / 2
            ax.annotate("⋮", (layer, gap), ha="center", va="center", zorder=4)
    ax.set_xlim(-0.3, len(net.weights) + 0.3)
    ax.set_ylim(-0.08, 1.02)
    ax.axis("off")
    return ax


def images(
    X: Array,
    ax: Axes | None = None,
    *,
    columns: int = 10,
    labels: Sequence[object] | None = None,
    shape: tuple[int, int] = (28, 28),
) -> Axes:
    """Images in a grid, dark ink on paper, with a label under each if given.

    Parameters
    ----------
    X : ndarray of shape (m, height * width)
        Values from 0 (paper) to 1 (ink).
    """
    return _mosaic(X, _axes(ax), columns, labels, shape, {"cmap": INK, "vmin": 0, "vmax": 1}, fill=0.0)


def predictions(
    net: Network,
    data: Dataset,
    ax: Axes | None = None,
    *,
    columns: int = 10,
    names: Sequence[object] | None = None,
    shape: tuple[int, int] = (28, 28),
) -> Axes:
    """Images, each with the network's answer below; a wrong one is orange and followed by ≠ and the truth.

    Parameters
    ----------
    net : Network
    data : Dataset
        Images with class numbers.
    names : sequence, optional
        What the classes are called, instead of their numbers.
    """
    if data.t is None:
        raise ValueError(f"predictions needs class numbers t to compare with, but came {data!r}")
    answers = classify(outputs(net, data.X))
    classes = int(max(answers.max(), data.t.max())) + 1
    called = list(range(classes)) if names is None else names
    if len(called) < classes:
        raise ValueError(f"names must call each of {classes} classes, but there are {len(called)}")
    pairs = list(zip(answers, data.t, strict=True))
    labels = [str(called[a]) if a == t else f"{called[a]} ≠ {called[t]}" for a, t in pairs]
    ax = images(data.X, ax, columns=columns, labels=labels, shape=shape)
    for text, (answer, truth) in zip(ax.texts[-len(pairs) :], pairs, strict=True):
        text.set_color("black" if answer == truth else ORANGE)
    return ax


def weight_images(
    W: Array,
    ax: Axes | None = None,
    *,
    columns: int = 10,
    labels: Sequence[object] | None = None,
    shape: tuple[int, int] = (28, 28),
) -> Axes:
    """What each neuron looks for: its incoming weights as an image, blue positive, orange negative.

    Each image has its own scale: the largest weights, one in a hundred, have the full colour.
    """
    W = _check.matrix("W", W)
    W = W / np.maximum(np.quantile(np.abs(W), 0.99, axis=1, keepdims=True, method="higher"), 1e-12)
    return _mosaic(W, _axes(ax), columns, labels, shape, {"cmap": SIGNED, "vmin": -1, "vmax": 1}, fill=0.0)


def curves(
    x: Array, runs: Array, label: str, ax: Axes | None = None, *, color: str = BLUE, style: str = "-"
) -> Axes:
    """The mean over several runs, a band from the lowest to the highest, and the label at its end.

    Parameters
    ----------
    x : ndarray of shape (n,)
    runs : ndarray of shape (runs, n)
    """
    ax = _axes(ax)
    runs = _check.matrix("runs", runs, columns=len(x))
    mean = runs.mean(axis=0)
    ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.22, lw=0)
    ax.plot(x, mean, style, color=color)
    ax.annotate(
        label, (x[-1], mean[-1]), (4, 0), textcoords="offset points", color=color, va="center", clip_on=False
    )
    return ax


def history(record: History, axes: Sequence[Axes] | None = None) -> list[Axes]:
    """What `train` measured after each epoch: a panel for costs, one for accuracies if there are any.

    A grey line marks the best epoch where early stopping looked for one.

    Parameters
    ----------
    record : History
        From `train` with `monitor`.
    axes : sequence of Axes, optional
        One for each panel.
    """
    kinds = {kind: [n for n in record.epochs if n.endswith(f" {kind}")] for kind in ("cost", "accuracy")}
    kinds = {kind: names for kind, names in kinds.items() if names}
    if not kinds or not len(record):
        raise ValueError(
            "there is nothing to draw: give train data to measure, for example "
            'monitor={"validation": mnist.validation}'
        )
    if axes is None:
        axes = list(np.ravel(plt.subplots(1, len(kinds), figsize=(1.2 + 3.2 * len(kinds), 3.0))[1]))
    if len(axes) != len(kinds):
        raise ValueError(f"axes must be {len(kinds)}, for {' and '.join(kinds)}, but are {len(axes)}")
    epochs = np.arange(1, len(record) + 1)
    for ax, (kind, names) in zip(axes, kinds.items(), strict=True):
        for name, color, style in zip(names, _COLOURS * len(names), _STYLES * len(names), strict=False):
            ax.plot(
                epochs, record[name], style, color=color, label=name.removesuffix(f" {kind}"),
                marker="o" if len(record) == 1 else None,
            )  # fmt: skip
        if record.best_epoch is not None:
            ax.axvline(record.best_epoch, color=GREY, lw=0.8, ls=":", label="best epoch")
        ax.set_xlabel("epoch")
        ax.set_ylabel(kind)
        ax.legend()
    return list(axes)


def reading(net: Network, X: Array, ax: Axes | None = None, *, shape: tuple[int, int] = (28, 28)) -> Axes:
    """One image on its way through a network of one hidden layer: image, hidden neurons, outputs.

    Parameters
    ----------
    X : ndarray of shape (1, n_in)
    """
    trace = forward(net, X)
    if len(trace.a) != 3 or len(trace.output) != 1:
        raise ValueError(
            f"reading draws one image and one hidden layer, but came {len(trace.output)} images "
            f"and {len(trace.a) - 2} hidden layers"
        )
    ax = _axes(ax)
    ax.imshow(trace.a[0].reshape(shape), cmap=INK, vmin=0, vmax=1, extent=(0, 1, 0, 1))
    hidden, output = trace.a[1][0], trace.a[2][0]
    rows = min(len(hidden), 10)
    k = np.arange(len(hidden))
    x, y = 1.3 + 0.11 * (k // rows), 1 - (k % rows + 0.5) / rows
    ax.scatter(x, y, s=52, c=hidden, cmap=INK, vmin=0, vmax=1, edgecolors="black", lw=0.6)
    left = float(x.max()) + 0.35
    y = 1 - (np.arange(len(output)) + 0.5) / len(output)
    ax.barh(y, 0.9 * output, 0.6 / len(output), left=left, color=[
        BLUE if a == output.max() else GREY for a in output
    ])  # fmt: skip
    for digit, height in enumerate(y):
        ax.text(left - 0.05, height, str(digit), ha="right", va="center")
    for start, end in ((1.04, 1.2), (float(x.max()) + 0.08, left - 0.15)):
        ax.annotate("", (end, 0.5), (start, 0.5), arrowprops={"arrowstyle": "->", "color": GREY})
    ax.set_xlim(-0.02, left + 0.95)
    ax.set_ylim(-0.02, 1.02)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def confusion_matrix(counts: Array, ax: Axes | None = None, *, names: Sequence[object] | None = None) -> Axes:
    """Counts by true class (row) and answer (column); errors shaded, the diagonal left pale."""
    ax = _axes(ax)
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"counts must be a square table, but has shape {counts.shape}")
    wrong = counts * (1 - np.eye(len(counts)))
    ax.imshow(wrong, cmap=ERRORS)
    for i, j in np.ndindex(counts.shape):
        if counts[i, j]:
            ax.text(
                j,
                i,
                str(counts[i, j]),
                ha="center",
                va="center",
                fontsize=7,
                color=GREY if i == j else "black",
            )
    names = list(range(len(counts))) if names is None else names
    ax.set_xticks(range(len(counts)), [str(name) for name in names])
    ax.set_yticks(range(len(counts)), [str(name) for name in names])
    ax.set_xlabel("answer")
    ax.set_ylabel("true class")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def _axes(ax: Axes | None) -> Axes:
    return plt.subplots()[1] if ax is None else ax


def _class_colour(k: int) -> str:
    return [BLUE, ORANGE, GREEN, PURPLE, GREY, "#E69F00", "#56B4E9", "#F0E442", "#000000", "#8C564B"][k % 10]


def _shown(n: int, most: int) -> list[int]:
    if n <= most:
        return list(range(n))
    half = most // 2
    return [*range(half), *range(n - half, n)]


def _mosaic(
    X: Array,
    ax: Axes,
    columns: int,
    labels: Sequence[object] | None,
    shape: tuple[int, int],
    style: dict[str, object],
    fill: float,
) -> Axes:
    height, width = shape
    X = _check.matrix("X", X, columns=height * width)
    if labels is not None and len(labels) != len(X):
        raise ValueError(f"labels must name each of {len(X)} images, but there are {len(labels)}")
    columns = min(columns, len(X))
    rows = -(-len(X) // columns)
    gap_y, gap_x = (2 if labels is None else 11), 2
    sheet = np.full((rows * (height + gap_y), columns * (width + gap_x) - gap_x), fill)
    for i, image in enumerate(X):
        top, left = (i // columns) * (height + gap_y), (i % columns) * (width + gap_x)
        sheet[top : top + height, left : left + width] = image.reshape(shape)
        if labels is not None:
            ax.text(left + width / 2, top + height + 1, str(labels[i]), ha="center", va="top", fontsize=8)
    ax.imshow(sheet, **style)  # type: ignore[arg-type]
    ax.axis("off")
    return ax
