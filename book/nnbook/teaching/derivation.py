"""Find the first line of a derivation that is wrong.

A derivation claims that one expression after another equals some quantity, as
a rule a gradient. `Model` says what is given and how everything else follows
from it; `Model.check` evaluates the lines at random points and compares them
with the quantity itself.

Expressions are Python over the model's names. `d(C, W1)` is the derivative of
C with respect to W1, of shape C.shape + W1.shape, found by central differences:
W1 is moved after it has been computed, and the steps behind it are run again.
Everything before stays as it is, which gives ∂C/∂a¹ its meaning.

Expressions are evaluated with `eval`, in your own Python: check only what you
have written or read.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import keyword
import re
import textwrap
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any, TypeGuard

import numpy as np

from nnlib._check import Array, Rng
from nnlib.activations import relu, sigmoid, tanh

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sigmoid": sigmoid,
    "dsigmoid": sigmoid.prime,
    "tanh": tanh,
    "dtanh": tanh.prime,
    "relu": relu,
    "drelu": relu.prime,
    "exp": np.exp,
    "ln": np.log,
}
BUILTINS = {"sum": sum, "range": range, "len": len}
POINTS = 5
CANDIDATES = 200
ZEROS = 2  # of these, at most so many where the target is 0, if there are others
FAINT = 25  # after so many points where the target is 0 or drowns in rounding, the best of them must do
TOLERANCE = 1e-6  # relative to the largest entry
NOISE = 1e-11  # what rounding leaves of a derivative that is zero, if the quantity is about 1
STEP = 1e-4
KINK = 1e-5  # two step sizes that differ by more, relative to the largest slope, straddle a kink
WIDTH = 48  # of a report, in characters: a phone's


class Unreadable(Exception):
    """An expression has no value; the message says why."""


class Elsewhere(Exception):
    """The point is no use: something is infinite there, or has a kink close by."""


@dataclass(frozen=True)
class Verdict:
    """What became of one line: `problem` is empty if it equals the target.

    Attributes
    ----------
    number : int
        Lines are counted from 1.
    expression : str
    problem : str
    """

    number: int
    expression: str
    problem: str = ""

    @property
    def equal(self) -> bool:
        """Whether the line equals the target at every point."""
        return not self.problem


@dataclass(frozen=True)
class Report:
    """The verdict on every line; printed, it says which is the first to be wrong.

    Attributes
    ----------
    target : str
    lines : tuple of Verdict
    indices : dict of str to range
        The free indices: the lines were compared for all their values.
    """

    target: str
    lines: tuple[Verdict, ...]
    indices: Mapping[str, range] = field(default_factory=dict)

    @property
    def first_wrong(self) -> int | None:
        """The number of the first line that does not equal the target, or None."""
        return next((line.number for line in self.lines if not line.equal), None)

    def __repr__(self) -> str:
        return f"Report({self.target}: {len(self.lines)} lines, first_wrong={self.first_wrong})"

    def __str__(self) -> str:
        free = ", ".join(f"{name} in {_span(values)}" for name, values in self.indices.items())
        text = _wrap(self.target + (f" for every {free}" if free else ""), "", "  ")
        for line in self.lines:
            number = f"{line.number}. "
            text += _wrap(line.expression.strip() or "(nothing)", number, " " * (len(number) + 2))
            text += _wrap(line.problem or "equal", " " * len(number) + "→ ", " " * (len(number) + 2))
        if self.first_wrong is None:
            return text + _wrap(f"Every line equals {self.target}.")[:-1]
        return text + _wrap(f"Line {self.first_wrong} is the first that is not {self.target}.")[:-1]


@dataclass(frozen=True, repr=False)
class Model:
    """What is given, and the steps that compute everything else from it.

    Parameters
    ----------
    given : dict of str to tuple or callable
        For each name its shape, to be filled with standard normal numbers, or
        a function that draws its value: ``lambda rng: rng.integers(3)``. Whole
        numbers stay whole, can be used as an index, and have no derivative.
    steps : dict of str to str
        In the order of computation, each an expression in the names before it.
    functions : dict of str to callable, optional
        Functions that expressions may use besides `FUNCTIONS`, `np`, `sum`,
        `range` and `len`.

    Examples
    --------
    One neuron; the second line has lost the inner derivative:

    >>> neuron = Model(given={"x": (3,), "w": (3,), "b": (), "y": ()},
    ...                steps={"z": "w @ x + b", "a": "sigmoid(z)", "C": "(a - y)**2 / 2"})
    >>> report = neuron.check("d(C, w)", ["d(C, a) * d(a, z) * d(z, w)", "(a - y) * x"])
    >>> report.first_wrong
    2
    >>> neuron.check("d(C, w)", ["d(C, a) * d(a, z) * d(z, w)", "(a - y) * dsigmoid(z) * x"])
    Report(d(C, w): 2 lines, first_wrong=None)
    """

    given: Mapping[str, tuple[int, ...] | Callable[[Rng], Any]]
    steps: Mapping[str, str]
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in [*self.given, *self.steps, *self.functions]:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise ValueError(f"{name!r} cannot be a name; use letters, digits and _, such as W1")
        for name in [*self.given, *self.steps]:
            if name in self._helpers:
                raise ValueError(f"{name} is a function that expressions use; call the quantity otherwise")
        if both := [name for name in self.steps if name in self.given]:
            raise ValueError(f"{both[0]} is given, and computed by a step; it can only be one of the two")
        if own := [name for name in self.functions if name in {"d", "np", *BUILTINS}]:
            raise ValueError(f"functions must not replace {own[0]}")
        for name, shape in self.given.items():
            whole = isinstance(shape, tuple) and all(isinstance(n, int) and n > 0 for n in shape)
            if not whole and not callable(shape):
                hint = f"; a vector of {shape} numbers has shape ({shape},)" if isinstance(shape, int) else ""
                raise ValueError(
                    f"given[{name!r}] must be a shape such as (2, 3), or a function of a random "
                    f"generator, but is {shape!r}{hint}"
                )
        for name, text in self.steps.items():
            try:
                if any(_is_derivative(node) for node in ast.walk(_read(text, {*self.given, *self.steps}))):
                    raise Unreadable("d(…) can stand in a line, not in a step")
            except Unreadable as error:
                raise ValueError(f"the step {name} = {text!r} cannot be computed: {error}") from None
        if next(self._points(), None) is None:
            raise _too_few()

    def __repr__(self) -> str:
        given = ", ".join(f"{k} {v if isinstance(v, tuple) else 'drawn'}" for k, v in self.given.items())
        return f"Model({given}; {'; '.join(f'{name} = {text}' for name, text in self.steps.items())})"

    def check(self, target: str, lines: Sequence[str], /, **indices: range) -> Report:
        """Compare every line with the target at random points, the same in every run.

        Parameters
        ----------
        target : str
            The quantity that every line is claimed to equal, such as "d(C, W1)".
        lines : sequence of str
        **indices : range
            Free indices, such as ``j=range(2), k=range(3)``: target and lines
            are numbers that belong to j and k, and are compared for all of
            them. A sum must not use a free index as its own.

        Returns
        -------
        Report

        Examples
        --------
        >>> layer = Model(given={"x": (3,), "W": (2, 3)}, steps={"z": "W @ x", "C": "sum(z**2) / 2"})
        >>> print(layer.check("d(C, W)[j, k]", ["z[j] * x[k]", "z[k] * x[j]"],
        ...                   j=range(2), k=range(3)))
        d(C, W)[j, k] for every j in 0…1, k in 0…2
        1. z[j] * x[k]
           → equal
        2. z[k] * x[j]
           → cannot be computed: z has shape (2,) and
             no entry [k] for k = 2
        Line 2 is the first that is not d(C, W)[j, k].
        """
        if isinstance(lines, str):
            raise TypeError("lines must be a list of expressions, not a single one")
        if not lines:
            raise ValueError("lines must hold at least one expression; with none there is nothing to check")
        for name, values in indices.items():
            if not isinstance(values, range) or not values:
                raise TypeError(f"the index {name} must be a range such as range(3), but is {values!r}")
            if name in {*self.given, *self.steps, *self._helpers}:
                raise ValueError(f"{name} has a meaning already; call the index otherwise")
        found: list[tuple[list[Array | str], Array, float]] = []
        targets = self._targets(target, indices)
        while len(found) < POINTS:
            point, true = next(targets)
            with contextlib.suppress(Elsewhere):
                found.append(([point.values(line, indices) for line in lines], true, point.noise))
        verdicts = []
        for number, line in enumerate(lines, start=1):
            rows = [(values[number - 1], true, noise) for values, true, noise in found]
            verdicts.append(Verdict(number, line, _compare(rows, target, indices)))
        return Report(target, tuple(verdicts), dict(indices))

    @property
    def _helpers(self) -> list[str]:
        return ["d", *FUNCTIONS, *self.functions, *BUILTINS, "np"]

    def _targets(self, target: str, indices: Mapping[str, range]) -> Iterator[tuple[_Point, Array]]:
        """Points and the target there; where it is 0 or drowns in rounding, a fault would be hard to see."""
        faint: list[tuple[_Point, Array]] = []
        zeros = 0
        for point in self._points():
            try:
                true = point.values(target, indices)
            except Elsewhere:
                continue
            if isinstance(true, str):
                raise ValueError(f"the target {target} {true}")
            zeros += not true.any()
            if _largest(true) * TOLERANCE > point.noise or (not true.any() and zeros <= ZEROS):
                yield point, true
            elif np.isfinite(true).all():
                faint.append((point, true))
                if len(faint) == FAINT:
                    break
        yield from sorted(faint, key=lambda pair: -_largest(pair[1]) / pair[0].noise)
        raise _too_few()

    def _points(self) -> Iterator[_Point]:
        """Points at which every step is finite."""
        for seed in range(CANDIDATES):
            with contextlib.suppress(Elsewhere):
                yield _Point(self, np.random.default_rng(seed))


def _too_few() -> ValueError:
    return ValueError(
        f"among {CANDIDATES} random points too few are such that every step is finite and smooth; "
        "draw the given values otherwise, for example x=lambda rng: rng.random(3)"
    )


class _Point:
    """Values for every name of a model, and what expressions are worth with them."""

    def __init__(self, model: Model, rng: Rng) -> None:
        self.model = model
        self.names: dict[str, Any] = {**FUNCTIONS, **model.functions, "np": np, "d": self._derivative}
        self.names["__builtins__"] = BUILTINS
        self.slopes: dict[tuple[str, str], Array] = {}
        self.noise = NOISE
        for name, shape in model.given.items():
            value = rng.standard_normal(shape) if isinstance(shape, tuple) else shape(rng)
            self.names[name] = np.asarray(value)[()]
        for name, text in model.steps.items():
            try:
                value = self._value(text)
            except Unreadable as error:
                raise ValueError(f"the step {name} = {text!r} cannot be computed: {error}") from None
            if not np.isfinite(value).all():
                raise Elsewhere
            self.names[name] = value[()]

    def values(self, text: str, indices: Mapping[str, range]) -> Array | str:
        """The value for all combinations of the free indices, or why there is none."""
        try:
            _read(text, {*self.model.given, *self.model.steps}, indices)
        except Unreadable as error:
            return f"cannot be read: {error}"
        try:
            found = []
            for combination in itertools.product(*indices.values()):
                self.names |= dict(zip(indices, combination, strict=True))
                found.append(self._value(text, indices).astype(float))
            if len({value.shape for value in found}) > 1:
                raise Unreadable(f"its shape changes with {' and '.join(indices)}")
        except Unreadable as error:
            return f"cannot be computed: {error}"
        finally:
            for name in indices:
                self.names.pop(name, None)
        return np.reshape(found, (*map(len, indices.values()), *found[0].shape))

    def _value(self, text: str, indices: Mapping[str, range] | None = None) -> Array:
        """What an expression is worth, as an array of numbers."""
        try:
            value = np.asarray(self._run(text))
        except (Elsewhere, Unreadable):
            raise
        except Exception as error:
            raise Unreadable(self._why(_parse(text), error, indices or {})) from None
        if value.dtype.kind not in "fiub":
            raise Unreadable("it is not a number or an array of numbers")
        return value

    def _run(self, text: str) -> Any:
        with np.errstate(all="ignore"):
            return eval(_compiled(text), self.names)

    def _derivative(self, quantity: Callable[[], Any], source: str, name: str) -> Array:
        """The derivative by central differences, two combined so that the error is of fourth order."""
        known = [*self.model.given, *self.model.steps]
        if name not in known:
            raise NameError(name=name)
        if (source, name) in self.slopes:
            return self.slopes[source, name]
        kept, at = dict(self.names), np.asarray(self.names[name])
        if at.dtype.kind != "f":
            raise Unreadable(f"{name} holds whole numbers, so there is no d({source}, {name})")
        behind = [step for step in known[known.index(name) + 1 :] if step in self.model.steps]

        def moved(place: tuple[int, ...], by: float) -> Array:
            value = at.copy()
            value[place] += by
            self.names[name] = value[()]
            for step in behind:
                self.names[step] = self._run(self.model.steps[step])
            result = np.asarray(quantity(), dtype=float)
            self.noise = max(self.noise, NOISE * _largest(result))
            return result

        columns = []
        try:
            for place in np.ndindex(at.shape):
                h = STEP * max(1.0, abs(float(at[place])))
                near = (moved(place, h) - moved(place, -h)) / (2 * h)
                far = (moved(place, 2 * h) - moved(place, -2 * h)) / (4 * h)
                if not _largest(near - far) <= KINK * _largest(near) + 1e-9:
                    raise Elsewhere
                columns.append((4 * near - far) / 3)
        finally:
            self.names |= kept
        slope = np.stack(columns, axis=-1).reshape(columns[0].shape + at.shape)
        if source in known:
            self.slopes[source, name] = slope
        return slope

    def _why(self, node: ast.AST, error: Exception, indices: Mapping[str, range]) -> str:
        """Explain an error by the smallest part of the expression that has no value."""
        if isinstance(error, NameError):
            names = ", ".join([*self.model.given, *self.model.steps, *indices])
            if error.name in self.model.steps:
                return f"{error.name} is computed later"
            functions = ", ".join(self.model._helpers)
            return f"there is no {error.name}; there are {names}, and the functions {functions}"
        for part in _parts(node):
            try:
                self._run(ast.unparse(part))
            except (Elsewhere, Unreadable):
                raise
            except Exception as inner:
                return self._why(part, inner, indices)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            return f"{ast.unparse(node)}: a power is written **"
        if isinstance(node, ast.BinOp) and not isinstance(error, ArithmeticError):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            a, b = np.shape(self._run(left)), np.shape(self._run(right))
            return f"{left} has shape {a} and {right} has shape {b}, which do not fit together"
        if isinstance(node, ast.Subscript) and isinstance(error, IndexError):
            shape = np.shape(self._run(ast.unparse(node.value)))
            free = {n.id for n in ast.walk(node.slice) if isinstance(n, ast.Name)} & {*indices}
            where = ", ".join(f"{name} = {self.names[name]}" for name in indices if name in free)
            entry = f"[{ast.unparse(node.slice)}]" + (f" for {where}" if where else "")
            return f"{ast.unparse(node.value)} has shape {shape} and no entry {entry}"
        return f"{ast.unparse(node)}: {error}"


class _Derivatives(ast.NodeTransformer):
    """Turn every d(expression, name) into d(lambda: expression, "expression", "name")."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave other calls as they are."""
        if not _is_derivative(node):
            return self.generic_visit(node)
        quantity, variable = node.args
        source = ast.Constant(ast.unparse(quantity))
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        node.args = [ast.Lambda(nothing, quantity), source, ast.Constant(ast.unparse(variable))]
        return node


@lru_cache(maxsize=4096)
def _compiled(text: str) -> CodeType:
    tree = ast.fix_missing_locations(ast.Expression(_Derivatives().visit(_parse(text))))
    return compile(tree, "<expression>", "eval")


def _parse(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _read(text: str, names: Container[str], indices: Container[str] = ()) -> ast.expr:
    """Parse an expression, and refuse a letter with two meanings and a d(…) that cannot be meant."""
    if not isinstance(text, str):
        raise TypeError(f"an expression must be text, but is {text!r}")
    try:
        tree = _parse(text)
    except SyntaxError as error:
        raise Unreadable(f"this is no expression: {error.msg}") from None
    for node in ast.walk(tree):
        if _is_gap(node):
            raise Unreadable("... is still to be filled in")
        if isinstance(node, ast.comprehension):
            for name in (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)):
                if name in indices:
                    raise Unreadable(f"{name} is a free index and is summed over as well")
                if name in names:
                    raise Unreadable(f"{name} is a quantity of the model and cannot count a sum")
        if _is_derivative(node):
            call = ast.unparse(node)
            if len(node.args) != 2 or node.keywords:
                raise Unreadable(f"{call} should have the form d(C, W1)")
            if isinstance(node.args[1], ast.Subscript):
                outer = f"d({ast.unparse(node.args[0])}, {ast.unparse(node.args[1].value)})"
                raise Unreadable(f"in {call} an index stands too early; write {outer}[…]")
            if not isinstance(node.args[1], ast.Name):
                raise Unreadable(f"in {call} the second must be a name, as in d(C, W1)")
            if any(_is_derivative(inner) for inner in ast.walk(node.args[0])):
                raise Unreadable(f"{call} is a derivative of a derivative, which is not supported")
    return tree


def _is_gap(node: ast.AST) -> bool:
    """Whether ... stands where a factor, a term or an argument should be; in an index it may."""
    return isinstance(node, ast.BinOp | ast.UnaryOp | ast.Call) and any(
        isinstance(part, ast.Constant) and part.value is ... for part in ast.iter_child_nodes(node)
    )


def _is_derivative(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "d"


def _parts(node: ast.AST) -> list[ast.expr]:
    """The parts of an expression that have a value of their own, whatever stands around them."""
    if isinstance(node, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        return []
    if isinstance(node, ast.Subscript):
        return [node.value]
    parts = ast.iter_child_nodes(node)
    return [part for part in parts if isinstance(part, ast.expr) and not isinstance(part, ast.Starred)]


def _compare(
    found: Sequence[tuple[Array | str, Array, float]], target: str, indices: Mapping[str, range]
) -> str:
    """What is wrong with a line, from values, target and noise at all points; empty if nothing is."""
    pairs = []
    for value, true, noise in found:
        if isinstance(value, str):
            return value
        if value.shape != true.shape:
            n = len(indices)
            return f"not equal: its shape is {value.shape[n:]}, that of {target} is {true.shape[n:]}"
        if not np.isfinite(value).all():
            return "cannot be computed: it is not finite at some points"
        pairs.append((value, true, TOLERANCE * _largest(true) + noise))
    bad = [(value, true) for value, true, allowed in pairs if _largest(value - true) > allowed]
    if not bad:
        return ""
    square = sum(float(np.vdot(true, true)) for _, true, _ in pairs)
    factor = sum(float(np.vdot(true, value)) for value, true, _ in pairs) / (square or 1)
    if all(_largest(value - factor * true) <= allowed for value, true, allowed in pairs):
        return f"not equal: it is {f'{factor:.4g} times {target}' if abs(factor) > TOLERANCE else 0}"
    value, true = bad[0]
    place = np.unravel_index(int(np.abs(value - true).argmax()), value.shape)
    free = ", ".join(
        f"{name} = {values[i]}" for (name, values), i in zip(indices.items(), place, strict=False)
    )
    entry = [int(i) for i in place[len(indices) :]]
    where = (f"for {free} " if free else "") + (f"entry {entry} " if entry else "it ")
    often = f" (so at {len(bad)} of {len(pairs)} points)" if len(bad) < len(pairs) else ""
    return f"not equal: {where}is {value[place]:.4g}, not {true[place]:.4g}{often}"


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


def _span(values: range) -> str:
    return f"{values[0]}" if len(values) == 1 else f"{values[0]}…{values[-1]}"


def _wrap(text: str, first: str = "", rest: str = "") -> str:
    """Fill lines, without a break inside d(C, W1), (2, 3) or [j, k]."""
    text = re.sub(r", (?=[\w+-]+[)\]])", ",\xa0", text)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return "".join(f"{line}\n" for line in lines).replace("\xa0", " ")
