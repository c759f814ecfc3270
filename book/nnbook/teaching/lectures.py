"""The derivations of backpropagation in five sets of lecture notes, line by line as printed.

Each is written for `Model.check` in the letters of its course; what a slide
leaves open (how many units, which activation) is filled with the smallest
network in which neighbouring layers differ in size. Python counts from 0, so
∂C/∂w₂₂ is `d(C, W)[1, 1]`. A line that is wrong carries the number of its
erratum in the book's list and what should stand there instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnbook.teaching.derivation import Model, Report
from nnlib.activations import sigmoid, tanh

__all__ = ["COURSES", "DERIVATIONS", "Derivation", "Line", "of"]

Functions = Mapping[str, Callable[..., Any]]

COURSES = ("san-jose", "linkoping", "auburn", "erlangen", "edinburgh")


@dataclass(frozen=True)
class Line:
    """One printed line.

    Attributes
    ----------
    expression : str
        As the checker reads it.
    tex : str
        As printed.
    corrected : str
        What it should say; empty if it is right.
    erratum : int, optional
        The number that explains why it is wrong.
    """

    expression: str
    tex: str
    corrected: str = ""
    erratum: int | None = None


@dataclass(frozen=True)
class Derivation:
    """A quantity and the lines that a course prints for it.

    Attributes
    ----------
    course : str
        One of `COURSES`.
    place : str
        The slide, by its title.
    tex : str
        The left side as printed.
    model : Model
    target : str
        The left side as the checker reads it.
    lines : tuple of Line
    indices : dict of str to range
        Free indices.
    reading : str
        How it was read where the slide leaves a choice.
    counted : bool
        False if only that choice makes a line wrong, or if the list of errata
        does not have it: such a derivation is shown apart.
    """

    course: str
    place: str
    tex: str
    model: Model = field(repr=False)
    target: str
    lines: tuple[Line, ...]
    indices: Mapping[str, range] = field(default_factory=dict)
    reading: str = ""
    counted: bool = True

    def check(self) -> Report:
        """Check the lines as printed."""
        return self.model.check(self.target, [line.expression for line in self.lines], **self.indices)

    def erratum(self) -> int | None:
        """The number of the erratum in the first line that is wrong."""
        number = self.check().first_wrong
        return None if number is None else self.lines[number - 1].erratum


def of(course: str) -> tuple[Derivation, ...]:
    """The derivations of one course, in the order of its slides.

    >>> [d.erratum() for d in of("erlangen") if d.check().first_wrong]
    [77, 79, 80]
    """
    if course not in COURSES:
        raise ValueError(f"course must be one of {', '.join(COURSES)}, but is {course!r}")
    return tuple(derivation for derivation in DERIVATIONS if derivation.course == course)


# San José State: a^L, z^L, w^L_jk to j from k. L is 4, ℓ is 1, layers of 4-3-2-3-2 units.

_SIGMA: Functions = {"sigma": sigmoid, "dsigma": sigmoid.prime}

_SJ = Model(
    given={
        "a0": (4,),
        "W1": (3, 4), "b1": (3,), "W2": (2, 3), "b2": (2,),
        "W3": (3, 2), "b3": (3,), "W4": (2, 3), "b4": (2,), "y": (2,),
    },
    steps={
        "z1": "W1 @ a0 + b1", "a1": "sigma(z1)", "z2": "W2 @ a1 + b2", "a2": "sigma(z2)",
        "z3": "W3 @ a2 + b3", "a3": "sigma(z3)", "z4": "W4 @ a3 + b4", "a4": "sigma(z4)",
        "C": "sum((a4[j] - y[j])**2 for j in range(2)) / 2",
    },
    functions=_SIGMA,
)  # fmt: skip
_SJ_LOGISTIC = Model(
    given={
        "a1": (3,), "W2": (2, 3), "b2": (2,),
        "y": lambda rng: rng.integers(2, size=2).astype(float),
    },
    steps={
        "z2": "W2 @ a1 + b2", "a2": "sigma(z2)",
        "C": "sum(-y[j] * ln(a2[j]) - (1 - y[j]) * ln(1 - a2[j]) for j in range(2))",
    },
    functions=_SIGMA,
)  # fmt: skip


def _softmax_model(j: str) -> Model:
    """Three classes; j is the row of W that is differentiated."""
    return Model(
        given={"a1": (2,), "W2": (3, 2), "b2": (3,), "y": lambda rng: rng.integers(3)},
        steps={"j": j, "z2": "W2 @ a1 + b2", "a2": "exp(z2) / sum(exp(z2))", "C": "-ln(a2[y])"},
    )


_SAME, _OTHER = _softmax_model("y"), _softmax_model("(y + 1) % 3")
_OUTPUT = "Computing ∂C_i/∂w^L_jk, ∂C_i/∂b^L_j for the output layer"
_INNER = "What about layer L−1 (and further inside)?"
_ALGORITHM = "The backpropagation algorithm"
_SLOWDOWN = "How to fix learning slowdown on the output layer"
_JK = {"j": range(2), "k": range(3)}
_J = {"j": range(2)}
_QR = {"q": range(3), "r": range(4)}

_SAN_JOSE = (
    Derivation(
        "san-jose", _OUTPUT, r"\frac{\partial C_i}{\partial a^L_j}", _SJ, "d(C, a4)[j]",
        (Line("a4[j] - y[j]", r"a^L_j - y_{ij}"),), _J,
    ),
    Derivation(
        "san-jose", _OUTPUT, r"\frac{\partial a^L_j}{\partial w^L_{jk}}", _SJ, "d(a4, W4)[j, j, k]",
        (
            Line("d(a4, z4)[j, j] * d(z4, W4)[j, j, k]",
                 r"\frac{\partial a^L_j}{\partial z^L_j} \cdot \frac{\partial z^L_j}{\partial w^L_{jk}}"),
            Line("dsigma(z4[j]) * a3[k]", r"\sigma'(z^L_j)\, a^{L-1}_k"),
        ), _JK,
    ),
    Derivation(
        "san-jose", _OUTPUT, r"\frac{\partial C_i}{\partial w^L_{jk}}", _SJ, "d(C, W4)[j, k]",
        (
            Line("d(C, a4)[j] * d(a4, W4)[j, j, k]",
                 r"\frac{\partial C_i}{\partial a^L_j} \cdot \frac{\partial a^L_j}{\partial w^L_{jk}}"),
            Line("(a4[j] - y[j]) * dsigma(z4[j]) * a3[k]",
                 r"\left(a^L_j - y_{ij}\right) \sigma'(z^L_j)\, a^{L-1}_k"),
        ), _JK,
    ),
    Derivation(
        "san-jose", _OUTPUT, r"\frac{\partial C_i}{\partial b^L_j}", _SJ, "d(C, b4)[j]",
        (
            Line("d(C, a4)[j] * d(a4, b4)[j, j]",
                 r"\frac{\partial C_i}{\partial a^L_j} \cdot \frac{\partial a^L_j}{\partial b^L_j}"),
            Line("(a4[j] - y[j]) * dsigma(z4[j])", r"\left(a^L_j - y_{ij}\right) \sigma'(z^L_j)"),
        ), _J,
    ),
    Derivation(
        "san-jose", _INNER, r"\frac{\partial C_i}{\partial w^{L-1}_{kq}}", _SJ, "d(C, W3)[k, q]",
        (
            Line("sum(d(C, a4)[j] * d(a4, W3)[j, k, q] for j in range(2))",
                 r"\sum_j \frac{\partial C_i}{\partial a^L_j}"
                 r" \frac{\partial a^L_j}{\partial w^{L-1}_{kq}}"),
            Line("sum(d(C, a4)[j] * d(a4, a3)[j, k] * d(a3, W3)[k, k, q] for j in range(2))",
                 r"\sum_j \frac{\partial C_i}{\partial a^L_j}"
                 r" \frac{\partial a^L_j}{\partial a^{L-1}_k}"
                 r" \frac{\partial a^{L-1}_k}{\partial w^{L-1}_{kq}}"),
        ), {"k": range(3), "q": range(2)},
    ),
    Derivation(
        "san-jose", _INNER, r"\frac{\partial a^L_j}{\partial a^{L-1}_k}", _SJ, "d(a4, a3)[j, k]",
        (Line("dsigma(z4[j]) * W4[j, k]", r"\sigma'(z^L_j)\, w^L_{jk}"),), _JK,
    ),
    Derivation(
        "san-jose", _INNER, r"\frac{\partial a^{L-1}_k}{\partial w^{L-1}_{kq}}", _SJ, "d(a3, W3)[k, k, q]",
        (Line("dsigma(z3[k]) * a2[q]", r"\sigma'(z^{L-1}_k)\, a^{L-2}_q"),),
        {"k": range(3), "q": range(2)},
    ),
    Derivation(
        "san-jose", _INNER, r"\frac{\partial C_i}{\partial w^\ell_{qr}}", _SJ, "d(C, W1)[q, r]",
        (
            Line("sum(d(a1, W1)[q, p, q] * d(a2, a1)[p, q] * d(a3, a2)[k, p] * d(a4, a3)[j, k]"
                 " * d(C, a4)[j] for p in range(2) for k in range(3) for j in range(2))",
                 r"\sum_{p, \dots, k, j} \frac{\partial a^\ell_q}{\partial w^\ell_{pq}}"
                 r" \frac{\partial a^{\ell+1}_p}{\partial a^\ell_q} \dots"
                 r" \frac{\partial a^L_j}{\partial a^{L-1}_k} \frac{\partial C_i}{\partial a^L_j}",
                 "sum(d(a1, W1)[q, q, r] * d(a2, a1)[p, q] * d(a3, a2)[k, p] * d(a4, a3)[j, k]"
                 " * d(C, a4)[j] for p in range(2) for k in range(3) for j in range(2))", 11),
        ), _QR,
        # Literally w_pq is the weight to unit p of layer ℓ, but p counts the units of layer ℓ+1, and q, which
        # counts those of ℓ, stands for one of ℓ−1. All of them exist only if no layer is larger than the one
        # before it. Here (4-3-2) the right side is a number for each (q, r), the same for every r, and wrong;
        # with growing layers it has no value.
        reading="p is summed over, so w_pq is a weight from unit q of layer ℓ−1 to unit p of layer ℓ. "
        "It exists only where the layers do not grow; there the sum does not depend on r.",
        counted=False,
    ),
    Derivation(
        "san-jose", _ALGORITHM, r"\frac{\partial a^L_j}{\partial a^\ell_q}", _SJ, "d(a4, a1)[j, q]",
        (
            Line("sum(d(a2, a1)[p, q] * d(a3, a2)[k, p] * d(a4, a3)[j, k]"
                 " for p in range(2) for k in range(3))",
                 r"\sum_{p, \dots, k} \frac{\partial a^{\ell+1}_p}{\partial a^\ell_q} \dots"
                 r" \frac{\partial a^L_j}{\partial a^{L-1}_k}"),
        ), {"j": range(2), "q": range(3)},
    ),
    Derivation(
        "san-jose", _ALGORITHM, r"\frac{\partial C_i}{\partial w^\ell_{qr}}", _SJ, "d(C, W1)[q, r]",
        (
            Line("sum(d(a1, W1)[q, q, r] * d(a4, a1)[j, q] * d(C, a4)[j] for j in range(2))",
                 r"\sum_j \frac{\partial a^\ell_q}{\partial w^\ell_{qr}} \cdot"
                 r" \frac{\partial a^L_j}{\partial a^\ell_q} \cdot \frac{\partial C_i}{\partial a^L_j}"),
        ), _QR,
    ),
    Derivation(
        "san-jose", _ALGORITHM, r"\frac{\partial C_i}{\partial b^\ell_q}", _SJ, "d(C, b1)[q]",
        (
            Line("sum(d(a1, b1)[q, q] * d(a4, a1)[j, q] * d(C, a4)[j] for j in range(2))",
                 r"\sum_j \frac{\partial a^\ell_q}{\partial b^\ell_q} \cdot"
                 r" \frac{\partial a^L_j}{\partial a^\ell_q} \cdot \frac{\partial C_i}{\partial a^L_j}"),
        ), {"q": range(3)},
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial w^L_{jk}}", _SJ_LOGISTIC, "d(C, W2)[j, k]",
        (
            Line("d(C, a2)[j] * d(a2, W2)[j, j, k]",
                 r"\frac{\partial C_i}{\partial a^L_j} \cdot \frac{\partial a^L_j}{\partial w^L_{jk}}"),
            Line("(-y[j] * (1 / a2[j]) - (1 - y[j]) * (-1 / (1 - a2[j]))) * dsigma(z2[j]) * a1[k]",
                 r"\left(-y_{ij} \frac{1}{a^L_j} - (1 - y_{ij}) \frac{-1}{1 - a^L_j}\right)"
                 r" \cdot \sigma'(z^L_j)\, a^{L-1}_k"),
            Line("(a2[j] - y[j]) / (a2[j] * (1 - a2[j])) * dsigma(z2[j]) * a1[k]",
                 r"\frac{a^L_j - y_{ij}}{a^L_j (1 - a^L_j)} \cdot \sigma'(z^L_j)\, a^{L-1}_k"),
            Line("(a2[j] - y[j]) * a1[k]", r"\left(a^L_j - y_{ij}\right) a^{L-1}_k"),
        ), _JK,
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial b^L_j}", _SJ_LOGISTIC, "d(C, b2)[j]",
        (
            Line("d(C, a2)[j] * d(a2, b2)[j, j]",
                 r"\frac{\partial C_i}{\partial a^L_j} \cdot \frac{\partial a^L_j}{\partial b^L_j}"),
            Line("(a2[j] - y[j]) / (a2[j] * (1 - a2[j])) * dsigma(z2[j])",
                 r"\frac{a^L_j - y_{ij}}{a^L_j (1 - a^L_j)} \cdot \sigma'(z^L_j)"),
            Line("a2[j] - y[j]", r"\left(a^L_j - y_{ij}\right)"),
        ), _J,
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial w^L_{jk}},\; j = y_i", _SAME, "d(C, W2)[j, k]",
        (
            Line("-1 / a2[y] * d(a2, z2)[y, j] * d(z2, W2)[j, j, k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot \frac{\partial a^L_{y_i}}{\partial z^L_j}"
                 r" \cdot \frac{\partial z^L_j}{\partial w^L_{jk}}"),
            Line("-1 / a2[y] * (exp(z2[j]) * sum(exp(z2[k]) for k in range(3)) - exp(z2[j]) * exp(z2[j]))"
                 " / sum(exp(z2[k]) for k in range(3))**2 * a1[k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot \frac{e^{z^L_j} \sum_k e^{z^L_k} - e^{z^L_j} e^{z^L_j}}"
                 r"{\left(\sum_k e^{z^L_k}\right)^2} \cdot a^{L-1}_k",
                 "-1 / a2[y] * (exp(z2[j]) * sum(exp(z2[m]) for m in range(3)) - exp(z2[j]) * exp(z2[j]))"
                 " / sum(exp(z2[m]) for m in range(3))**2 * a1[k]", 110),
            Line("-1 / a2[y] * a2[j] * (1 - a2[j]) * a1[k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot a^L_j (1 - a^L_j) \cdot a^{L-1}_k"),
            Line("(a2[j] - 1) * a1[k]", r"(a^L_j - 1)\, a^{L-1}_k"),
        ), {"k": range(2)},
        reading="k numbers the weight and the terms of the sum, as j does in Linköping's line 13"
        " (erratum 33). If the sum is given a letter of its own, the line is right.",
        counted=False,
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial w^L_{jk}},\; j \ne y_i", _OTHER,
        "d(C, W2)[j, k]",
        (
            Line("-1 / a2[y] * d(a2, z2)[y, j] * d(z2, W2)[j, j, k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot \frac{\partial a^L_{y_i}}{\partial z^L_j}"
                 r" \cdot \frac{\partial z^L_j}{\partial w^L_{jk}}"),
            Line("-1 / a2[y] * (-exp(z2[y]) * exp(z2[j])) / sum(exp(z2[k]) for k in range(3))**2 * a1[k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot \frac{-e^{z^L_{y_i}} e^{z^L_j}}"
                 r"{\left(\sum_k e^{z^L_k}\right)^2} \cdot a^{L-1}_k",
                 "-1 / a2[y] * (-exp(z2[y]) * exp(z2[j])) / sum(exp(z2[m]) for m in range(3))**2 * a1[k]",
                 110),
            Line("-1 / a2[y] * (-a2[y] * a2[j]) * a1[k]",
                 r"-\frac{1}{a^L_{y_i}} \cdot (-a^L_{y_i} a^L_j) \cdot a^{L-1}_k"),
            Line("a2[j] * a1[k]", r"a^L_j\, a^{L-1}_k"),
        ), {"k": range(2)},
        reading="As for j = y_i.",
        counted=False,
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial b^L_j},\; j = y_i", _SAME, "d(C, b2)[j]",
        (Line("a2[j] - 1", r"a^L_j - 1"),),
    ),
    Derivation(
        "san-jose", _SLOWDOWN, r"\frac{\partial C_i}{\partial b^L_j},\; j \ne y_i", _OTHER, "d(C, b2)[j]",
        (Line("a2[j]", r"a^L_j"),),
    ),
)  # fmt: skip


# Linköping: q is the output of a layer, h its activation, vectors are columns; L is 3.

_LK_FUNCTIONS: Functions = {
    "h": tanh, "dh": tanh.prime, "I": float,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=0),
}  # fmt: skip
_LK_LAYERS = {"W1": (3, 5), "b1": (3, 1), "W2": (2, 3), "b2": (2, 1)}
_LK_STEPS = {
    "q0": "x", "z1": "W1 @ q0 + b1", "q1": "h(z1)", "z2": "W2 @ q1 + b2", "q2": "h(z2)",
    "z3": "W3 @ q2 + b3",
}  # fmt: skip
_LK_CLASSES = Model(
    given={
        "x": (5, 1), **_LK_LAYERS, "W3": (4, 2), "b3": (4, 1),
        "y": lambda rng: rng.integers(4),
    },
    steps={**_LK_STEPS, "g": "softmax(z3)", "J": "-z3[y, 0] + ln(sum(exp(z3[j, 0]) for j in range(4)))"},
    functions=_LK_FUNCTIONS,
)  # fmt: skip
_LK_REGRESSION = Model(
    given={"x": (5, 1), **_LK_LAYERS, "W3": (1, 2), "b3": (1, 1), "y": ()},
    steps={**_LK_STEPS, "J": "(y - z3[0, 0])**2"},
    functions=_LK_FUNCTIONS,
)  # fmt: skip
_LK_TWO_LAYERS = Model(
    given={"x": (5, 1), "W1": (3, 5), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1), "y": ()},
    steps={
        "q0": "x", "z1": "W1 @ q0 + b1", "q1": "h(z1)", "z2": "W2 @ q1 + b2",
        "J": "(y - z2[0, 0])**2",
    },
    functions=_LK_FUNCTIONS,
)  # fmt: skip
_LK_ROWS = {
    "n_b": "len(X)", "Q0": "X", "Z1": "Q0 @ W1.T + b1.T", "Q1": "h(Z1)",
    "Z2": "Q1 @ W2.T + b2.T", "Q2": "h(Z2)", "Z3": "Q2 @ W3.T + b3.T",
}  # fmt: skip
_LK_BATCH = Model(
    given={"X": (6, 5), **_LK_LAYERS, "W3": (1, 2), "b3": (1, 1), "y": (6, 1)},
    steps={**_LK_ROWS, "J": "sum((y[i, 0] - Z3[i, 0])**2 for i in range(n_b)) / n_b"},
    functions=_LK_FUNCTIONS,
)  # fmt: skip
_LK_BATCH_CLASSES = Model(
    given={
        "X": (6, 5), **_LK_LAYERS, "W3": (4, 2), "b3": (4, 1),
        "y": lambda rng: rng.integers(4, size=6),
    },
    steps={
        **_LK_ROWS,
        "J": "sum(ln(sum(exp(Z3[i, j]) for j in range(4))) - Z3[i, y[i]] for i in range(n_b)) / n_b",
    },
    functions=_LK_FUNCTIONS,
)  # fmt: skip
_FORWARD = "Neural Networks: M-class classification"
_BACK = "Backpropagation Algorithm: backward propagation"
_TWO = "Backpropagation algorithm for the two-layer NN for regression"
_61 = "Algorithm 6.1: Backpropagation"
_PER_EXAMPLE = (
    "A row of dZ or dQ belongs to one example and lacks the 1/n_b of J: dZ is n_b ∂J/∂Z, dQ is n_b ∂J/∂Q."
)


def _one(
    place: str, tex: str, model: Model, target: str, line: Line, indices: Mapping[str, range] | None = None,
    reading: str = "",
) -> Derivation:  # fmt: skip
    """Linköping prints formulas rather than chains: one line each."""
    return Derivation("linkoping", place, tex, model, target, (line,), indices or {}, reading)


_LINKOPING = (
    _one(f"{_FORWARD} (6.16a)", r"\mathbf q^{(1)}", _LK_CLASSES, "q1",
         Line("h(W1 @ x + b1)", r"h(\mathbf W^{(1)} \mathbf x + \mathbf b^{(1)})")),
    _one(f"{_FORWARD} (6.16b)", r"\mathbf q^{(L-1)}", _LK_CLASSES, "q2",
         Line("h(W2 @ q1 + b1)", r"h(\mathbf W^{(L-1)} \mathbf q^{(L-2)} + \mathbf b^{(1)})",
              "h(W2 @ q1 + b2)", 30)),
    _one(f"{_FORWARD} (6.16c)", r"\mathbf z", _LK_CLASSES, "z3",
         Line("W3 @ q2 + b3", r"\mathbf W^{(L)} \mathbf q^{(L-1)} + \mathbf b^{(L)}")),
    _one(f"{_FORWARD} (6.16d)", r"\mathbf g", _LK_CLASSES, "g",
         Line("softmax(z3)", r"\text{softmax}(\mathbf z)")),
    Derivation(
        "linkoping", "Backpropagation Algorithm (6.20)", r"L(\mathbf x, y, \theta)", _LK_CLASSES, "J",
        (
            Line("-ln(g[y, 0])", r"-\ln g_y(\mathbf f(\mathbf x; \theta))"),
            Line("-z3[y, 0] + ln(sum(exp(z3[j, 0]) for j in range(4)))", r"-z_y + \ln \sum_{j=1}^M e^{z_j}"),
        ),
    ),
    Derivation(
        "linkoping", f"{_BACK} (6.26a)", r"dz^{(L)}", _LK_REGRESSION, "d(J, z3)",
        (
            Line("d((y - z3[0, 0])**2, z3)", r"\frac{\partial}{\partial z^{(L)}} \left(y - z^{(L)}\right)^2"),
            Line("-2 * (y - z3)", r"-2 \left(y - z^{(L)}\right)"),
        ),
    ),
    Derivation(
        "linkoping", f"{_BACK} (6.26b)", r"dz_j^{(L)}", _LK_CLASSES, "d(J, z3)[j, 0]",
        (
            Line("d(-z3[y, 0] + ln(sum(exp(z3[k, 0]) for k in range(4))), z3)[j, 0]",
                 r"\frac{\partial}{\partial z_j^{(L)}}"
                 r" \left(-z_y^{(L)} + \ln \sum_{k=1}^M e^{z_k^{(L)}}\right)"),
            Line("-I(y == j) + exp(z3[j, 0]) / sum(exp(z3[k, 0]) for k in range(4))",
                 r"-\mathbb I\{y = j\} + \frac{e^{z_j^{(L)}}}{\sum_{k=1}^M e^{z_k^{(L)}}}"),
        ), {"j": range(4)},
    ),
    _one(f"{_BACK} (6.27a)", r"d\mathbf z^{(l)}", _LK_CLASSES, "d(J, z2)",
         Line("d(J, q2) * dh(z2)", r"d\mathbf q^{(l)} \odot h'(\mathbf z^{(l)})")),
    _one(f"{_BACK} (6.27b)", r"d\mathbf q^{(l-1)}", _LK_CLASSES, "d(J, q1)",
         Line("W2.T @ d(J, z2)", r"\mathbf W^{(l)\top} d\mathbf z^{(l)}")),
    _one(f"{_BACK} (6.27c)", r"d\mathbf W^{(l)}", _LK_CLASSES, "d(J, W2)",
         Line("d(J, z2) @ q1.T", r"d\mathbf z^{(l)} \mathbf q^{(l-1)\top}")),
    _one(f"{_BACK} (6.27d)", r"d\mathbf b^{(l)}", _LK_CLASSES, "d(J, b2)",
         Line("d(J, z2)", r"d\mathbf z^{(l)}")),
    _one(_TWO, r"dz^{(2)}", _LK_TWO_LAYERS, "d(J, z2)", Line("-2 * (y - z2)", r"-2(y - z^{(2)})")),
    _one(_TWO, r"d\mathbf q^{(1)}", _LK_TWO_LAYERS, "d(J, q1)",
         Line("W2.T @ d(J, z2)", r"\mathbf W^{(2)T} dz^{(2)}")),
    _one(_TWO, r"d\mathbf z^{(1)}", _LK_TWO_LAYERS, "d(J, z1)",
         Line("d(J, q1) * dh(z1)", r"d\mathbf q^{(1)} \odot h'(\mathbf z^{(1)})")),
    _one(_TWO, r"d\mathbf W^{(2)}", _LK_TWO_LAYERS, "d(J, W2)",
         Line("d(J, z2) @ q1.T", r"dz^{(2)} \mathbf q^{(1)T}")),
    _one(_TWO, r"db^{(2)}", _LK_TWO_LAYERS, "d(J, b2)", Line("d(J, z2)", r"dz^{(2)}")),
    _one(_TWO, r"d\mathbf W^{(1)}", _LK_TWO_LAYERS, "d(J, W1)",
         Line("d(J, z1) @ q0.T", r"dz^{(1)} \mathbf q^{(0)T}")),
    _one(_TWO, r"db^{(1)}", _LK_TWO_LAYERS, "d(J, b1)", Line("d(J, z1)", r"dz^{(1)}")),
    _one(f"{_61}, line 4", r"\mathbf Z^{(l)}", _LK_BATCH, "Z2",
         Line("Q1 @ W2.T + b2.T", r"\mathbf Q^{(l-1)} \mathbf W^{(l)\top} + \mathbf b^{(l)\top}")),
    _one(f"{_61}, line 10", r"d\mathbf Z^{(L)}", _LK_BATCH, "d(n_b * J, Z3)",
         Line("-2 * (y - Z3)", r"-2(\mathbf y - \mathbf Z^{(L)})"), reading=_PER_EXAMPLE),
    _one(f"{_61}, line 12", r"J(\theta)", _LK_BATCH_CLASSES, "J",
         Line("1 / n_b * sum(-Z3[i, y[i]] + ln(sum(exp(Z3[i, j]) for j in range(4))) for i in range(n_b))",
              r"\frac{1}{n_b} \sum_{i=1}^{n_b} \left(-Z_{i,y_i}^{(L)} + \ln"
              r" \left(\sum_{j=1}^M \exp\left(Z_{ij}^{(L)}\right)\right)\right)")),
    # Python would give the sum a j of its own, as a strict reading of Σ_j does; the checker refuses a letter
    # that is both free and summed over.
    _one(f"{_61}, line 13", r"dZ_{ij}^{(L)}", _LK_BATCH_CLASSES, "d(n_b * J, Z3)[i, j]",
         Line("-I(y[i] == j) + exp(Z3[i, j]) / sum(exp(Z3[i, j]) for j in range(4))",
              r"-\mathbb I\{y_i = j\} + \frac{\exp(Z_{ij}^{(L)})}{\sum_{j=1}^M \exp(Z_{ij}^{(L)})}",
              "-I(y[i] == j) + exp(Z3[i, j]) / sum(exp(Z3[i, k]) for k in range(4))", 33),
         {"i": range(6), "j": range(4)},
         f"{_PER_EXAMPLE} j numbers the entry and the terms of the sum; if the sum is given a letter of its"
         " own, the line is right."),
    _one(f"{_61}, line 16", r"d\mathbf Z^{(l)}", _LK_BATCH_CLASSES, "d(n_b * J, Z2)",
         Line("d(n_b * J, Q2) * dh(Z2)", r"d\mathbf Q^{(l)} \odot h'(\mathbf Z^{(l)})"),
         reading=_PER_EXAMPLE),
    _one(f"{_61}, line 17", r"d\mathbf Q^{(l-1)}", _LK_BATCH_CLASSES, "d(n_b * J, Q1)",
         Line("d(n_b * J, Z2) @ W2", r"d\mathbf Z^{(l)} \mathbf W^{(l)}"), reading=_PER_EXAMPLE),
    _one(f"{_61}, line 18", r"d\mathbf W^{(l)}", _LK_BATCH_CLASSES, "d(J, W2)",
         Line("1 / n_b * d(n_b * J, Z2).T @ Q1",
              r"\frac{1}{n_b} d\mathbf Z^{(l)\top} \mathbf Q^{(l-1)}"), reading=_PER_EXAMPLE),
    _one(f"{_61}, line 19", r"db_j^{(l)}", _LK_BATCH_CLASSES, "d(J, b2)[j, 0]",
         Line("1 / n_b * sum(d(n_b * J, Z2)[i, j] for i in range(n_b))",
              r"\frac{1}{n_b} \sum_{i=1}^{n_b} dZ_{ij}^{(l)}"), {"j": range(2)}, _PER_EXAMPLE),
)  # fmt: skip


# Auburn: three layers, g is the logistic function. Written with one output unit (w3 a vector), then with
# one unit in every layer, then with the matrices of a 4-3-2-1 network and vectors as columns.


def _bit(rng: np.random.Generator) -> float:
    return float(rng.integers(2))


_G: Functions = {"g": sigmoid, "dg": sigmoid.prime}
_AU_LOSS = "-((1 - y) * ln(1 - yhat) + y * ln(yhat))"
_AU_LAST = Model(
    given={"a2": (2,), "w3": (2,), "b3": (), "y": _bit},
    steps={"z3": "w3 @ a2 + b3", "a3": "g(z3)", "yhat": "a3", "L": _AU_LOSS},
    functions=_G,
)  # fmt: skip
_AU_SCALAR = Model(
    given={"x": (), "w1": (), "b1": (), "w2": (), "b2": (), "w3": (), "b3": (), "y": _bit},
    steps={
        "z1": "w1 * x + b1", "a1": "g(z1)", "z2": "w2 * a1 + b2", "a2": "g(z2)",
        "z3": "w3 * a2 + b3", "a3": "g(z3)", "yhat": "a3", "L": _AU_LOSS,
    },
    functions=_G,
)  # fmt: skip
_AU_MATRICES = Model(
    given={
        "x": (4, 1), "W1": (3, 4), "b1": (3, 1), "W2": (2, 3), "b2": (2, 1),
        "W3": (1, 2), "b3": (1, 1), "y": _bit,
    },
    steps={
        "z1": "W1 @ x + b1", "a1": "g(z1)", "z2": "W2 @ a1 + b2", "a2": "g(z2)",
        "z3": "W3 @ a2 + b3", "a3": "g(z3)", "yhat": "a3", "L": f"({_AU_LOSS})[0, 0]",
    },
    functions=_G,
)  # fmt: skip
_AU_MATRIX_READING = "With the matrices and columns of the forward pass; a dot is a matrix product."
_AU_SCALAR_READING = "For one unit in every layer."
_DY = r"\frac{\partial \hat y}{\partial w_3}"
_DL = r"\frac{\partial L}{\partial w_3}"
_AU_CHAIN = (
    r"\frac{\partial L}{\partial a_3} \cdot \frac{\partial a_3}{\partial z_3} \cdot"
    r" \frac{\partial z_3}{\partial a_2} \cdot \frac{\partial a_2}{\partial z_2} \cdot"
)
_AU_W2 = r"(a_3 - y) \cdot w_3 \cdot g'(z_2) \cdot a_1"
_AU_W1 = r"(a_3 - y) \cdot w_3 \cdot g'(z_2) \cdot w_2 \cdot g'(z_1) \cdot x"
_AU_B1 = r"(a_3 - y) \cdot w_3 \cdot g'(z_2) \cdot w_2 \cdot g'(z_1)"
_DELTA2 = "(W3.T @ (a3 - y) * dg(z2))"
_DELTA1 = f"(W2.T @ {_DELTA2} * dg(z1))"


def _sigmoid_chain(last: Line) -> tuple[Line, ...]:
    """Print ∂ŷ/∂w3 twice, with different endings."""
    return (
        Line("d(a3, w3)", r"\frac{\partial a_3}{\partial w_3}"),
        Line("d(g(z3), w3)", r"\frac{\partial g(z_3)}{\partial w_3}"),
        Line("g(z3) * (1 - g(z3)) * d(z3, w3)", r"g(z_3)(1 - g(z_3)) \frac{\partial z_3}{\partial w_3}"),
        Line("a3 * (1 - a3) * d(w3 @ a2 + b3, w3)",
             r"a_3 (1 - a_3) \frac{\partial}{\partial w_3} (w_3 a_2 + b_3)"),
        Line("a3 * (1 - a3) * a2", r"a_3 (1 - a_3)\, a_2"),
        last,
    )  # fmt: skip


_AUBURN = (
    Derivation(
        "auburn", "dL/dW3", _DL, _AU_LAST, "d(L, w3)",
        (
            Line("d(-((1 - y) * ln(1 - yhat) + y * ln(yhat)), w3)",
                 r"\frac{\partial}{\partial w_3}"
                 r" \left[-[(1 - y) \log(1 - \hat y) + y \cdot \log \hat y]\right]"),
            Line("-((1 - y) * d(ln(1 - yhat), w3) + y * d(ln(yhat), w3))",
                 r"-\left[(1 - y) \frac{\partial}{\partial w_3} \log(1 - \hat y)"
                 r" + y \frac{\partial}{\partial w_3} \log \hat y\right]"),
            Line("-((1 - y) / (1 - yhat) * d(1 - yhat, w3) + y / yhat * d(yhat, w3))",
                 r"-\left[\frac{1 - y}{(1 - \hat y)} \frac{\partial}{\partial w_3} (1 - \hat y)"
                 r" + \frac{y}{\hat y} \frac{\partial}{\partial w_3} \hat y\right]"),
            Line("-(-(1 - y) / (1 - yhat) * d(yhat, w3) + y / yhat * d(yhat, w3))",
                 rf"-\left[\frac{{-(1 - y)}}{{(1 - \hat y)}} {_DY} + \frac{{y}}{{\hat y}} {_DY}\right]"),
            Line("(1 - y) / (1 - yhat) * d(yhat, w3) - y / yhat * d(yhat, w3)",
                 rf"\left[\frac{{(1 - y)}}{{(1 - \hat y)}} {_DY} - \frac{{y}}{{\hat y}} {_DY}\right]"),
            Line("(yhat * (1 - y) - y * (1 - yhat)) / (yhat * (1 - yhat)) * d(yhat, w3)",
                 rf"\left[\frac{{\hat y (1 - y) - y (1 - \hat y)}}{{\hat y (1 - \hat y)}}\right] {_DY}"),
            Line("(yhat - y * yhat - y + y * yhat) / (yhat * (1 - yhat)) * d(yhat, w3)",
                 rf"\left[\frac{{\hat y - y \hat y - y + y \hat y}}{{\hat y (1 - \hat y)}}\right] {_DY}"),
            Line("(yhat - y) / (yhat * (1 - yhat)) * d(yhat, w3)",
                 rf"\left[\frac{{\hat y - y}}{{\hat y (1 - \hat y)}}\right] {_DY}"),
            Line("(yhat - y) / (yhat * (1 - yhat)) * yhat * (1 - yhat) * a2",
                 r"\left[\frac{(\hat y - y)}{\hat y (1 - \hat y)}\right] \hat y (1 - \hat y)\, a_2"),
            Line("(yhat - y) * a2", r"(\hat y - y)\, a_2"),
        ),
    ),
    Derivation("auburn", "dL/dW3", _DY, _AU_LAST, "d(yhat, w3)",
               _sigmoid_chain(Line("yhat * (1 - yhat) * a2", r"\hat y (1 - \hat y)\, a_2"))),
    Derivation("auburn", "dL/dW3", _DL, _AU_MATRICES, "d(L, W3)",
               (Line("(a3 - y) @ a2.T", r"(a^{[3]} - y)\, a_2^T"),), reading=_AU_MATRIX_READING),
    Derivation("auburn", "dL/db3", r"\frac{\partial L}{\partial b_3}", _AU_MATRICES, "d(L, b3)",
               (Line("a3 - y", r"(a^{[3]} - y)"),), reading=_AU_MATRIX_READING),
    Derivation("auburn", "Recap: dL/dW3", _DY, _AU_LAST, "d(yhat, w3)",
               _sigmoid_chain(Line("y * (1 - yhat) * a2", r"y (1 - \hat y)\, a_2",
                                   "yhat * (1 - yhat) * a2", 54))),
    Derivation("auburn", "Recap: dL/dW3", r"\frac{\partial z_3}{\partial w_3}", _AU_LAST, "d(z3, w3)",
               (Line("a2", r"a_2"),)),
    Derivation(
        "auburn", "Finding dL/dW2", _DL, _AU_LAST, "d(L, w3)",
        (Line("d(L, a3) * d(a3, z3) * d(z3, w3)",
              r"\frac{\partial L}{\partial a_3} \cdot \frac{\partial a_3}{\partial z_3} \cdot"
              r" \frac{\partial z_3}{\partial w_3}"),),
    ),
    Derivation(
        "auburn", "Finding dL/dW2",
        r"\frac{\partial L}{\partial a_3} \cdot \frac{\partial a_3}{\partial z_3}", _AU_LAST,
        "d(L, a3) * d(a3, z3)", (Line("a3 - y", r"(a^{[3]} - y)"),),
    ),
    Derivation("auburn", "Finding dL/dW2", r"\frac{\partial z_2}{\partial w_2}", _AU_SCALAR, "d(z2, w2)",
               (Line("a1", r"a_1"),), reading=_AU_SCALAR_READING),
    Derivation("auburn", "Finding dL/dW2", r"\frac{\partial a_2}{\partial z_2}", _AU_SCALAR, "d(a2, z2)",
               (Line("dg(z2)", r"g'(z^{[2]})"),), reading=_AU_SCALAR_READING),
    Derivation("auburn", "Finding dL/dW2", r"\frac{\partial z_3}{\partial a_2}", _AU_SCALAR, "d(z3, a2)",
               (Line("w3", r"w_3"),), reading=_AU_SCALAR_READING),
    Derivation(
        "auburn", "Finding dL/dW2", r"\frac{\partial L}{\partial w_2}", _AU_SCALAR, "d(L, w2)",
        (
            Line("d(L, a3) * d(a3, z3) * d(z3, a2) * d(a2, z2) * d(z2, w2)",
                 rf"{_AU_CHAIN} \frac{{\partial z_2}}{{\partial w_2}}"),
            Line("(a3 - y) * d(z3, a2) * d(a2, z2) * d(z2, w2)",
                 r"(a_3 - y) \cdot \frac{\partial z_3}{\partial a_2} \cdot"
                 r" \frac{\partial a_2}{\partial z_2} \cdot \frac{\partial z_2}{\partial w_2}"),
            Line("(a3 - y) * w3 * dg(z2) * a1", _AU_W2),
        ), reading=_AU_SCALAR_READING,
    ),
    Derivation(
        "auburn", "Finding dL/dW1", r"\frac{\partial L}{\partial w_1}", _AU_SCALAR, "d(L, w1)",
        (
            Line("d(L, a3) * d(a3, z3) * d(z3, a2) * d(a2, z2) * d(z2, a1) * d(a1, z1) * d(z1, w1)",
                 rf"{_AU_CHAIN} \frac{{\partial z_2}}{{\partial a_1}} \cdot"
                 r" \frac{\partial a_1}{\partial z_1} \cdot \frac{\partial z_1}{\partial w_1}"),
            Line("(a3 - y) * w3 * dg(z2) * w2 * dg(z1) * x", _AU_W1),
        ), reading=_AU_SCALAR_READING,
    ),
    Derivation("auburn", "Finding dL/dW1", r"\frac{\partial L}{\partial b_1}", _AU_SCALAR, "d(L, b1)",
               (Line("(a3 - y) * w3 * dg(z2) * w2 * dg(z1)", _AU_B1),), reading=_AU_SCALAR_READING),
    Derivation(
        "auburn", "Finding dL/dW2", r"\frac{\partial L}{\partial w_2}", _AU_MATRICES, "d(L, W2)",
        (Line("(a3 - y) @ W3 @ dg(z2) @ a1", _AU_W2, f"{_DELTA2} @ a1.T", 55),),
        reading=_AU_MATRIX_READING,
    ),
    Derivation(
        "auburn", "Finding dL/dW1", r"\frac{\partial L}{\partial w_1}", _AU_MATRICES, "d(L, W1)",
        (Line("(a3 - y) @ W3 @ dg(z2) @ W2 @ dg(z1) @ x", _AU_W1, f"{_DELTA1} @ x.T", 55),),
        reading=_AU_MATRIX_READING,
    ),
    Derivation(
        "auburn", "Finding dL/dW1", r"\frac{\partial L}{\partial b_1}", _AU_MATRICES, "d(L, b1)",
        (Line("(a3 - y) @ W3 @ dg(z2) @ W2 @ dg(z1)", _AU_B1, _DELTA1, 55),),
        reading=_AU_MATRIX_READING,
    ),
)  # fmt: skip


# Erlangen: a is the sum of a unit and z its output; d is 4, layers of 2-3-2-3-2 units.

_PSI: Functions = {"psi": tanh, "dpsi": tanh.prime}
_ER = Model(
    given={
        "x": (2,),
        "W1": (3, 2), "b1": (3,), "W2": (2, 3), "b2": (2,),
        "W3": (3, 2), "b3": (3,), "W4": (2, 3), "b4": (2,), "y": (2,),
    },
    steps={
        "a1": "W1 @ x + b1", "z1": "psi(a1)", "a2": "W2 @ z1 + b2", "z2": "psi(a2)",
        "a3": "W3 @ z2 + b3", "z3": "psi(a3)", "a4": "W4 @ z3 + b4", "z4": "psi(a4)",
        "C": "sum((z4 - y)**2) / 2",
    },
    functions=_PSI,
)  # fmt: skip
_ER_WEIGHT = "Partial derivative with respect to weight"
_ER_SUMMARY = "Summary Backpropagation"
_ER_ERROR = r"\left(z_1^{(4)} - \vec y_1\right)"
_ER_PSI = r"\left(\psi_1^{\prime(4)}(a_1^{(4)})\right)"

_ERLANGEN = (
    Derivation(
        "erlangen", "Partial derivative with respect to the bias", r"\frac{\partial C}{\partial b_1^{(4)}}",
        _ER, "d(C, b4)[0]",
        (
            Line("d(sum((z4 - y)**2) / 2, b4)[0]",
                 r"\frac{\partial}{\partial b_1^{(4)}}"
                 r" \left(\frac12 \| f_\Theta(\vec x) - \vec y \|^2\right)"),
            Line("(z4 - y) @ np.array([d(z4, b4)[0, 0], d(z4, b4)[1, 0]])",
                 r"\left(f_\Theta(\vec x) - \vec y\right) \cdot \left(\frac{\partial z_1^{(4)}}"
                 r"{\partial b_1^{(4)}}, \frac{\partial z_2^{(4)}}{\partial b_1^{(4)}}\right)^T"),
            Line("(z4[0] - y[0]) * d(z4, b4)[0, 0]",
                 rf"{_ER_ERROR} \cdot \frac{{\partial z_1^{{(4)}}}}{{\partial b_1^{{(4)}}}}"),
            Line("(z4[0] - y[0]) * d(psi(a4[0]), b4)[0]",
                 rf"{_ER_ERROR} \cdot \frac{{\partial}}{{\partial b_1^{{(4)}}}}"
                 r" \left(\psi_1^{(4)}(a_1^{(4)})\right)"),
            Line("(z4[0] - y[0]) * dpsi(a4[0]) * d(a4, b4)[0, 0]",
                 rf"{_ER_ERROR} \cdot {_ER_PSI} \cdot"
                 r" \frac{\partial a_1^{(4)}}{\partial b_1^{(4)}}"),
            Line("(z4[0] - y[0]) * dpsi(a4[0]) * d(sum(W4[0, j] * z3[j] for j in range(3)) + b4[0], b4)[0]",
                 rf"{_ER_ERROR} \cdot {_ER_PSI} \cdot \frac{{\partial}}{{\partial b_1^{{(4)}}}}"
                 r" \left(\sum_{j=1}^{3} w_{1j}^{(4)} z_j^{(3)} + b_1^{(4)}\right)"),
            Line("(z4[0] - y[0]) * dpsi(a4[0])", rf"{_ER_ERROR} \cdot {_ER_PSI}"),
        ),
    ),
    Derivation(
        "erlangen", _ER_WEIGHT, r"\frac{\partial C}{\partial w_{22}^{(3)}}", _ER, "d(C, W3)[1, 1]",
        (
            Line("sum(d(C, z4)[i] * d(z4, a4)[i, i] * d(a4, z3)[i, 1] * d(z3, a3)[1, 1] * d(a3, W3)[1, 1, 1]"
                 " for i in range(2))",
                 r"\sum_{i=1}^{2} \left(\frac{\partial C}{\partial z_i^{(4)}} \cdot"
                 r" \frac{\partial z_i^{(4)}}{\partial a_i^{(4)}} \cdot"
                 r" \frac{\partial a_i^{(4)}}{\partial z_2^{(3)}} \cdot"
                 r" \frac{\partial z_2^{(3)}}{\partial a_2^{(3)}} \cdot"
                 r" \frac{\partial a_2^{(3)}}{\partial w_{22}^{(3)}}\right)"),
            Line("sum(d(C, z4)[i] * d(z4, a4)[i, i] * d(a3, z3)[i, 1] for i in range(2))"
                 " * d(z3, a3)[1, 1] * d(a3, W3)[1, 1, 1]",
                 r"\left(\sum_{i=1}^{2} \frac{\partial C}{\partial z_i^{(4)}} \cdot"
                 r" \frac{\partial z_i^{(4)}}{\partial a_i^{(4)}} \cdot"
                 r" \frac{\partial a_i^{(3)}}{\partial z_2^{(3)}}\right) \cdot"
                 r" \frac{\partial z_2^{(3)}}{\partial a_2^{(3)}} \cdot"
                 r" \frac{\partial a_2^{(3)}}{\partial w_{22}^{(3)}}",
                 "sum(d(C, z4)[i] * d(z4, a4)[i, i] * d(a4, z3)[i, 1] for i in range(2))"
                 " * d(z3, a3)[1, 1] * d(a3, W3)[1, 1, 1]", 77),
            Line("sum((z4[i] - y[i]) * dpsi(a4[i]) * W4[i, 1] for i in range(2)) * dpsi(a3[1]) * z2[1]",
                 r"\left(\sum_{i=1}^{2} (z_i^{(4)} - \vec y_i) \cdot (\psi_i^{\prime(4)}(a_i^{(4)})) \cdot"
                 r" w_{i2}^{(4)}\right) \cdot (\psi_2^{\prime(3)}(a_2^{(3)})) \cdot z_2^{(2)}"),
        ),
    ),
    Derivation(
        "erlangen", _ER_SUMMARY, r"\frac{\partial C}{\partial b_i^{(d)}}", _ER, "d(C, b4)[i]",
        (Line("(z4[i] * y[i]) * dpsi(a4[i])", r"(z_i^{(d)} y_i) \cdot (\psi_i^{\prime(d)}(a_i^{(d)}))",
              "(z4[i] - y[i]) * dpsi(a4[i])", 79),),
        {"i": range(2)},
    ),
    Derivation(
        # Corrected under the printed left side, so the letters i and j change places.
        "erlangen", _ER_SUMMARY, r"\frac{\partial C}{\partial b_i^{(L-1)}}", _ER, "d(C, b3)[i]",
        (
            Line("sum(d(C, b4)[i] * W4[i, j] for i in range(2)) * dpsi(a3[j])",
                 r"\left(\sum_{i=1}^{n_L} \frac{\partial C}{\partial b_i^{(L)}} \cdot w_{ij}^{(L)}\right)"
                 r" \cdot \psi_j^{\prime(L-1)}(a_j^{(L-1)})",
                 "sum(d(C, b4)[m] * W4[m, i] for m in range(2)) * dpsi(a3[i])", 80),
        ), {"i": range(3), "j": range(3)},
        reading="For every i and j, the letters that are free on either side.",
    ),
    Derivation(
        "erlangen", _ER_SUMMARY, r"\frac{\partial C}{\partial w_{ij}^{(L)}}", _ER, "d(C, W3)[i, j]",
        (Line("d(C, b3)[i] * z2[j]", r"\frac{\partial C}{\partial b_i^{(L)}} \cdot z_j^{(L-1)}"),),
        {"i": range(3), "j": range(2)},
    ),
)  # fmt: skip


# Edinburgh: θ_jk leads from j to k, so it is row k, column j of Θ; the bias weights are column 0, and the
# bias unit a_0 = 1 comes first in a. z has none: z_k is z[k - 1]. The network of their Figure 5, 4-2-3-1.

_ED = Model(
    given={
        "x": (4,), "theta1": (2, 5), "theta2": (3, 3), "theta3": (1, 4),
        "y": lambda rng: rng.random(),
    },
    steps={
        "a1": "np.append(1, x)",
        "z2": "theta1 @ a1", "a2": "np.append(1, sigma(z2))",
        "z3": "theta2 @ a2", "a3": "np.append(1, sigma(z3))",
        "z4": "theta3 @ a3", "a4": "sigma(z4)", "yhat": "a4[0]",
        "C": "(y - yhat)**2 / 2",
    },
    functions=_SIGMA,
)  # fmt: skip
_ED_STEP = "Back-propagation procedure, step {}"
_KJ = {"k": range(1, 4), "j": range(3)}
_ED_A = r"\frac{\partial a_1^{(4)}}{\partial z_1^{(4)}}"
_ED_Y = r"y^{(i)}"
_ED_DIFFERENCE = r"\left(y^{(i)} - \sigma\left(z_1^{(4)}\right)\right)"
_ED_SLOPE = r"\sigma'\left(z_1^{(4)}\right)"
_ED_DA = r"\frac{\partial C}{\partial a_j^{(3)}}"

_EDINBURGH = (
    Derivation(
        "edinburgh", _ED_STEP.format(1), r"\frac{\partial C}{\partial \hat y^{(i)}}", _ED, "d(C, yhat)",
        (
            Line("y - yhat", r"y^{(i)} - \hat y^{(i)}", "yhat - y", 86),
            Line("d(C, a4)[0]", r"\frac{\partial C}{\partial a_1^{(4)}}"),
        ),
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(2), _ED_A, _ED, "d(a4, z4)[0, 0]",
        (
            # Printed with σ(θᵀa) first. The checker moves z and leaves θᵀa as it is, so it stands as z here.
            Line("d(sigma(z4[0]), z4)[0]",
                 r"\frac{\partial}{\partial z_1^{(4)}} \sigma\left(z_1^{(4)}\right)"),
            Line("sigma(z4[0]) * (1 - sigma(z4[0]))",
                 r"\sigma\left(z_1^{(4)}\right) \left(1 - \sigma\left(z_1^{(4)}\right)\right)"),
            Line("dsigma(z4[0])", _ED_SLOPE),
        ),
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(2), r"\frac{\partial C}{\partial z_1^{(4)}}", _ED, "d(C, z4)[0]",
        (
            Line("d(C, a4)[0] * d(a4, z4)[0, 0]", rf"\frac{{\partial C}}{{\partial a_1^{{(4)}}}} {_ED_A}"),
            Line("(y - yhat) * d(a4, z4)[0, 0]", rf"\left(y^{{(i)}} - \hat y^{{(i)}}\right) {_ED_A}",
                 "(yhat - y) * d(a4, z4)[0, 0]", 86),
            Line("(y - sigma(z4[0])) * d(a4, z4)[0, 0]", rf"{_ED_DIFFERENCE} {_ED_A}",
                 "(sigma(z4[0]) - y) * d(a4, z4)[0, 0]", 86),
            Line("dsigma(z4[0]) * (y - sigma(z4[0]))", rf"{_ED_SLOPE} {_ED_DIFFERENCE}",
                 "dsigma(z4[0]) * (sigma(z4[0]) - y)", 86),
        ),
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(3), r"\frac{\partial C}{\partial \theta_{j,k}^{(l-1)}}", _ED,
        "d(C, theta2)[k - 1, j]",
        (
            Line("d(C, z3)[k - 1] * d(z3, theta2)[k - 1, k - 1, j]",
                 r"\frac{\partial C}{\partial z_k^{(l)}}"
                 r" \frac{\partial z_k^{(l)}}{\partial \theta_{j,k}^{(l-1)}}"),
        ), _KJ,
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(3), r"z_k^{(l)}", _ED, "z3[k - 1]",
        (
            Line("sigma(theta2[k - 1] @ a2)",
                 r"\sigma\left(\boldsymbol\theta_{:,k}^{(l-1)\top} \mathbf a^{(l-1)}\right)",
                 "theta2[k - 1] @ a2", 87),
        ), {"k": range(1, 4)},
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(3), r"\frac{\partial z_k^{(l)}}{\partial \theta_{j,k}^{(l-1)}}", _ED,
        "d(z3, theta2)[k - 1, k - 1, j]",
        (
            Line("dsigma(theta2[k - 1] @ a2) * a2[j]",
                 r"\sigma'\left(\boldsymbol\theta_{:,k}^{(l-1)\top} \mathbf a^{(l-1)}\right) a_j^{(l-1)}",
                 "a2[j]", 87),
            Line("dsigma(z3[k - 1]) * a2[j]", r"\sigma'\left(z_k^{(l)}\right) a_j^{(l-1)}", "a2[j]", 87),
        ), _KJ,
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(3), r"\frac{\partial C}{\partial \theta_{1,1}^{(3)}}", _ED,
        "d(C, theta3)[0, 1]",
        (
            Line("d(C, z4)[0] * d(z4, theta3)[0, 0, 1]",
                 r"\frac{\partial C}{\partial z_1^{(4)}}"
                 r" \frac{\partial z_1^{(4)}}{\partial \theta_{1,1}^{(3)}}"),
            Line("dsigma(z4[0]) * (y - sigma(z4[0])) * dsigma(z4[0]) * a3[1]",
                 rf"{_ED_SLOPE} {_ED_DIFFERENCE} {_ED_SLOPE}\, a_1^{{(3)}}",
                 "dsigma(z4[0]) * (sigma(z4[0]) - y) * a3[1]", 88),
            Line("dsigma(z4[0])**2 * (y - sigma(z4[0])) * a3[1]",
                 rf"{_ED_SLOPE}^2 {_ED_DIFFERENCE}\, a_1^{{(3)}}",
                 "dsigma(z4[0]) * (sigma(z4[0]) - y) * a3[1]", 88),
        ),
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(4), r"\frac{\partial C}{\partial z_j^{(3)}}", _ED, "d(C, z3)[j - 1]",
        (
            Line("d(C, a3)[j] * d(a3, z3)[j, j - 1]",
                 rf"{_ED_DA} \frac{{\partial a_j^{{(3)}}}}{{\partial z_j^{{(3)}}}}"),
            Line("d(C, a3)[j] * d(sigma(z3[j - 1]), z3)[j - 1]",
                 rf"{_ED_DA} \frac{{\partial}}{{\partial z_j^{{(3)}}}} \sigma\left(z_j^{{(3)}}\right)"),
            Line("d(C, a3)[j] * dsigma(z3[j - 1])", rf"{_ED_DA} \sigma'\left(z_j^{{(3)}}\right)"),
        ), {"j": range(1, 4)},
    ),
    Derivation(
        "edinburgh", _ED_STEP.format(4), _ED_DA, _ED, "d(C, a3)[j]",
        (
            Line("d(C, z4)[0] * sum(d(z4, theta3)[0, k - 1, j] * d(theta3, a3)[k - 1, j, j]"
                 " for k in range(1, 2))",
                 r"\frac{\partial C}{\partial z_1^{(4)}} \sum_{k=1}^{N_4}"
                 r" \frac{\partial z_1^{(4)}}{\partial \theta_{j,k}^{(3)}}"
                 r" \frac{\partial \theta_{j,k}^{(3)}}{\partial a_j^{(3)}}",
                 "sum(theta3[k - 1, j] * d(C, z4)[k - 1] for k in range(1, 2))", 89),
        ), {"j": range(1, 4)},
    ),
)  # fmt: skip

DERIVATIONS: tuple[Derivation, ...] = (*_SAN_JOSE, *_LINKOPING, *_AUBURN, *_ERLANGEN, *_EDINBURGH)
