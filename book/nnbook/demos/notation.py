"""The notation reader: point at a weight, a bias, a sum, and see its symbol, its place and its code."""

from __future__ import annotations

import json
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from nnbook.demos import page
from nnbook.demos.script import Script
from nnlib import _check, viz
from nnlib._check import Array
from nnlib.activations import sigmoid
from nnlib.backpropagation import checked_examples, errors
from nnlib.losses import square
from nnlib.network import Network, Trace, propagate

MOST = 3  # neurons in a layer that fit beside one another on a phone
FORMAT = ".4g"  # of a number in a sentence and in a formula
KINDS = {"weight": "weight w", "bias": "bias b", "sum": "sum z", "output": "output a", "error": "error δ"}
LETTERS = {"weight": "w", "bias": "b", "sum": "z", "output": "a", "error": "δ"}
HINT = "Point at a line, a number or a cell, or choose here. Where in the picture is the second row of W²?"


def notation_reader(
    net: Network, x: Array, y: Array, *, title: str = "Read the notation", hint: str = HINT
) -> Script:
    """A small network and its arrays, in which everything says what it is called.

    Parameters
    ----------
    net : Network
        Two layers of at most three sigmoid neurons, and at most three inputs; round weights read best.
    x : ndarray of shape (n_in,)
        The example that goes through it.
    y : ndarray of shape (n_out,)
        Its target, for the errors δ under the square cost.
    """
    if len(net.sizes) != 3 or max(net.sizes) > MOST:
        raise ValueError(f"net must have two layers and at most {MOST} in each, but has sizes {net.sizes}")
    if any(f != sigmoid for f in net.activations):
        raise ValueError(f"every activation of net must be sigmoid, but they are {net.activations}")
    net = net.copy(np.float64)
    for parameter in net.parameters:
        parameter += 0.0  # no −0
    X = _check.numbers("x", x, dtype=np.float64).reshape(1, -1)
    X, Y = checked_examples(net, X, _check.numbers("y", y, dtype=np.float64).reshape(1, -1), square)
    trace = propagate(net, X)
    inputs, hidden, outputs = net.sizes
    with plt.rc_context():
        viz.use_style()
        figure, ax = plt.subplots(figsize=(4.2, 2.6))
        viz.network_diagram(net, ax)
        demo = Script(
            "notation_reader",
            title=title,
            hint=hint,
            still=figure,
            sentence=f"A network of {inputs} inputs, {hidden} hidden neurons and {outputs} outputs. A solid "
            "blue line is a positive weight, a dashed orange one a negative weight, and its width the size.",
            parameters=_controls(net),
            program=_program(net, X, Y),
            format=FORMAT,
            sizes=net.sizes,
            target=[_number(v) for v in Y[0]],
            items=items(net, trace, Y),
            notations=notations(),
        )
        plt.close(figure)
    return demo


def notations() -> dict[str, Any]:
    """How the book and the five courses write each role; nnbook.notations made the file."""
    return json.loads((page.STATIC / "notations.json").read_text(encoding="utf-8"))


def items(net: Network, trace: Trace, Y: Array) -> list[dict[str, Any]]:
    """Everything in the network that has a symbol: name, value, code, sentence and formula.

    Parameters
    ----------
    net : Network
    trace : Trace
        Of one example.
    Y : ndarray of shape (1, n_out)

    Returns
    -------
    list of dict
        `key` is the kind, the layer, the neuron and, for a weight, where it comes from; `exact`
        is the value, `value` and `cell` the same as text, long and short. Symbols are plain text,
        w^2_13; in a formula [brackets] mark the term that the item is.
    """
    return _Reader(net, trace, Y).items()


class _Reader:
    """Writes the items of one network down; layers, neurons and inputs count as in the formulas."""

    def __init__(self, net: Network, trace: Trace, Y: Array) -> None:
        self.net, self.trace, self.Y = net, trace, Y
        self.deltas = errors(net, trace, Y, square)

    def items(self) -> list[dict[str, Any]]:
        sizes = self.net.sizes
        made = [self._output(0, k) for k in _numbers(sizes[0])]
        for layer in range(1, len(sizes)):
            for j in _numbers(sizes[layer]):
                made += [self._weight(layer, j, k) for k in _numbers(sizes[layer - 1])]
                made += [self._bias(layer, j), self._sum(layer, j)]
                made += [self._output(layer, j), self._error(layer, j)]
        return made

    def _item(
        self, kind: str, place: tuple[int, ...], value: float, code: str, says: str, formula: str
    ) -> dict[str, Any]:
        return {
            "key": "-".join(map(str, (kind, *place))),
            "symbol": _symbol(kind, *place),
            "exact": float(f"{value:.9g}"),  # the same on every processor
            "value": _number(value),
            "cell": _minus(f"{round(value, 3 if kind == 'error' else 2) + 0.0:g}"),
            "code": code,
            "says": says,
            "formula": formula,
        }

    def _weight(self, layer: int, j: int, k: int) -> dict[str, Any]:
        value = self.net.weights[layer - 1][j - 1, k - 1]
        code = f"net.weights[{layer - 1}][{j - 1}, {k - 1}]"
        start = f"neuron {k} of layer {layer - 1}" if layer > 1 else f"input {k}"
        says = f"The weight to neuron {j} of layer {layer} from {start} is"
        return self._item("weight", (layer, j, k), value, code, says, self._total(layer, j, k))

    def _bias(self, layer: int, j: int) -> dict[str, Any]:
        value = self.net.biases[layer - 1][j - 1]
        code = f"net.biases[{layer - 1}][{j - 1}]"
        says = f"The bias of neuron {j} of layer {layer} is"
        return self._item("bias", (layer, j), value, code, says, self._total(layer, j, 0))

    def _sum(self, layer: int, j: int) -> dict[str, Any]:
        value = self.trace.z[layer - 1][0, j - 1]
        code = f"trace.z[{layer - 1}][0, {j - 1}]"
        says = f"The pre-activation of neuron {j} of layer {layer} is"
        return self._item("sum", (layer, j), value, code, says, self._total(layer, j))

    def _total(self, layer: int, j: int, marked: int | None = None) -> str:
        """Write the sum of neuron j out; the term marked is that of weight k, or with 0 the bias."""
        w, b = self.net.weights[layer - 1][j - 1], self.net.biases[layer - 1][j - 1]
        a, before = self.trace.a[layer - 1][0], _numbers(len(w))
        symbols = [f"{_symbol('weight', layer, j, k)} {_symbol('output', layer - 1, k)}" for k in before]
        symbols.append(_symbol("bias", layer, j))
        values = [_product(w[k - 1], a[k - 1]) for k in before] + [_factor(b)]
        if marked is not None:
            for terms in (symbols, values):
                terms[marked - 1] = f"[{terms[marked - 1]}]"
        value = _equals(self.trace.z[layer - 1][0, j - 1])
        return f"{_symbol('sum', layer, j)} = {' + '.join(symbols)}\n= {' + '.join(values)} {value}"

    def _output(self, layer: int, j: int) -> dict[str, Any]:
        value, symbol = self.trace.a[layer][0, j - 1], _symbol("output", layer, j)
        if layer == 0:
            says, formula = f"Input {j} is", f"{symbol} = x_{j}"
        else:
            z = _number(self.trace.z[layer - 1][0, j - 1])
            says = f"The activation of neuron {j} of layer {layer} is"
            formula = f"{symbol} = σ({_symbol('sum', layer, j)})\n= σ({z}) {_equals(value)}"
        return self._item("output", (layer, j), value, f"trace.a[{layer}][0, {j - 1}]", says, formula)

    def _error(self, layer: int, j: int) -> dict[str, Any]:
        value, z = self.deltas[layer - 1][0, j - 1], _symbol("sum", layer, j)
        a = self.trace.a[layer][0, j - 1]
        if layer == len(self.net.weights):
            y = self.Y[0, j - 1]
            sent, values = f"{_symbol('output', layer, j)} − y_{j}", f"{_number(a)} − {_factor(y)}"
        else:
            ends = _numbers(self.net.sizes[layer + 1])
            sent = " + ".join(
                f"{_symbol('weight', layer + 1, i, j)} {_symbol('error', layer + 1, i)}" for i in ends
            )
            w, delta = self.net.weights[layer][:, j - 1], self.deltas[layer][0]
            values = " + ".join(_product(w[i - 1], delta[i - 1]) for i in ends)
        formula = (
            f"{_symbol('error', layer, j)} = ∂C_i/∂{z} = ({sent}) σ′({z})"
            f"\n= ({values}) · {_number(a * (1 - a))} {_equals(value)}"
        )
        says = f"The error of neuron {j} of layer {layer} is"
        return self._item("error", (layer, j), value, f"deltas[{layer - 1}][0, {j - 1}]", says, formula)


def _program(net: Network, X: Array, Y: Array) -> str:
    """Lines that make the network, run it and send the error back."""

    def rows(values: list[Any]) -> str:
        return ",\n".join(f"        {value.tolist()!r}" for value in values)

    activations = ", ".join(f"nn.{f!r}" for f in net.activations)
    return (
        "import numpy as np\n\nimport nnlib as nn\n\n"
        f"net = nn.Network(\n    weights=[\n{rows(net.weights)},\n    ],\n"
        f"    biases=[\n{rows(net.biases)},\n    ],\n    activations=[{activations}],\n)\n"
        f"x, y = np.array({X.tolist()!r}), np.array({Y.tolist()!r})\n"
        "trace = nn.forward(net, x)\ndeltas = nn.errors(net, trace, y, nn.square)\n"
    )


def _controls(net: Network) -> list[dict[str, Any]]:
    """What there is to choose; at first the weight to the first output from the last hidden neuron."""
    sizes = net.sizes
    numbers = [str(k) for k in range(1, max(sizes) + 1)]
    return [
        {"name": "what", "label": "what", "kind": "choice", "start": 0, "texts": list(KINDS.values())},
        {"name": "layer", "label": "layer ℓ", "kind": "choice", "start": 2, "texts": ["0", "1", "2"]},
        {"name": "to", "label": "to j", "kind": "choice", "start": 0, "texts": numbers},
        {"name": "from", "label": "from k", "kind": "choice", "start": sizes[1] - 1,
         "texts": [str(k) for k in range(1, max(sizes[:-1]) + 1)]},
        {"name": "others", "label": "other courses", "kind": "switch", "start": 0, "texts": ["off", "on"]},
    ]  # fmt: skip


def _numbers(n: int) -> range:
    return range(1, n + 1)


def _symbol(kind: str, layer: int, *indices: int) -> str:
    """Write w^2_13."""
    return f"{LETTERS[kind]}^{layer}_{''.join(map(str, indices))}"


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _number(value: float) -> str:
    return _minus(f"{value + 0.0:{FORMAT}}")  # + 0.0: minus nought is nought


def _equals(value: float) -> str:
    exact = abs(float(f"{value:{FORMAT}}") - value) < 1e-9
    return f"{'=' if exact else '≈'} {_number(value)}"


def _factor(value: float) -> str:
    return f"({_number(value)})" if value < 0 else _number(value)


def _product(w: float, a: float) -> str:
    return f"{_factor(w)} · {_factor(a)}"
