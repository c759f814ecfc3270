"""Rosenblatt's neuron and three rules that train it.

A perceptron fires, H(w·x + b) = 1, on one side of a hyperplane. Each rule below
is a generator that starts where the caller says and yields one `PerceptronStep` after
each change of the parameters, so that a page can draw, count or stop it:

- `rosenblatt`: look at one example, and correct only a mistake;
- `alternating`: collect all mistakes, then take one gradient step;
- `renormalised`: the same, with w scaled to length 1 after each step. It may
  run for ever on data that a line separates.

Labels are signs here, s = 2t - 1: +1 for class 1 and -1 for class 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng


@dataclass(frozen=True)
class PerceptronStep:
    """The parameters after a change.

    Attributes
    ----------
    number : int
        Changes made so far; 0 is the start.
    w : ndarray of shape (n_in,)
    b : float
    mistakes : ndarray of int
        Indices of the examples with s (w·x + b) <= 0 under these parameters.
    loss : float
        -Σ s (w·x + b) over the mistakes: the perceptron loss.
    """

    number: int
    w: Array
    b: float
    mistakes: Array
    loss: float


def signs(t: Array) -> Array:
    """Class numbers 0 and 1 as signs -1 and +1: s = 2t - 1.

    >>> signs([0, 1, 1])
    array([-1,  1,  1])
    """
    return 2 * _check.labels("t", t, classes=2) - 1


def perceptron_loss(w: Array, b: float, X: Array, s: Array) -> float:
    """-Σ s (w·x + b) over the misclassified examples. Derived in "The perceptron"."""
    margins = s * (X @ w + b)
    return float(np.abs(margins[margins <= 0]).sum())


def margin(w: Array, b: float, X: Array, s: Array) -> float:
    """Signed distance from the hyperplane to the nearest example; positive if all are right."""
    return float((s * (X @ w + b)).min() / np.linalg.norm(w))


def rosenblatt(
    X: Array, s: Array, *, rho: float = 1.0, w: Array | None = None, b: float = 0.0, rng: Rng | None = None
) -> Iterator[PerceptronStep]:
    """Rosenblatt's rule: on a mistake, w ← w + ρ s x and b ← b + ρ s.

    Passes over the examples in the order given, or in a fresh random order each
    pass if `rng` is given, and yields after every correction. Ends after a pass
    without a mistake, which comes if and only if a hyperplane separates the
    classes; otherwise it never ends, so the caller must stop it.

    Parameters
    ----------
    X : ndarray of shape (m, n_in)
    s : ndarray of shape (m,)
        Signs, -1 or +1.
    rho : float
        Learning rate, positive. From w = 0, b = 0 it scales the result and
        changes nothing else.
    w, b
        Start; zero if not given.
    rng : numpy.random.Generator, optional
    """
    X, s, w, b, rho = _start(X, s, w, b, rho)
    yield _step(0, w, b, X, s)
    number, clean = 0, False
    while not clean:
        clean = True
        for i in range(len(X)) if rng is None else rng.permutation(len(X)):
            if s[i] * (X[i] @ w + b) <= 0:
                w, b = w + rho * s[i] * X[i], b + rho * s[i]
                number, clean = number + 1, False
                yield _step(number, w, b, X, s)


def alternating(
    X: Array, s: Array, *, rho: float = 1.0, w: Array | None = None, b: float = 0.0
) -> Iterator[PerceptronStep]:
    """Alternate: find the set M of mistakes, then w ← w + ρ Σ_M s x and b ← b + ρ Σ_M s.

    One gradient step on the perceptron loss with M held fixed. Yields the start
    and then each step; ends when M is empty. Parameters as for `rosenblatt`.
    """
    X, s, w, b, rho = _start(X, s, w, b, rho)
    step = _step(0, w, b, X, s)
    yield step
    while len(step.mistakes):
        w, b = _descend(step, X, s, rho)
        step = _step(step.number + 1, w, b, X, s)
        yield step


def renormalised(
    X: Array, s: Array, *, rho: float = 1.0, w: Array | None = None, b: float = 0.0
) -> Iterator[PerceptronStep]:
    """As `alternating`, then b ← b/‖w‖ and w ← w/‖w‖ after every step.

    This is the variant printed in lecture notes that minimise the loss over unit
    vectors w. It has a known flaw: since ‖w‖ cannot grow, a step never becomes
    small beside w, and the rule can cycle for ever on separable data. "The
    perceptron" shows such a cycle of length two. Parameters as for `rosenblatt`;
    the start is not rescaled.
    """
    X, s, w, b, rho = _start(X, s, w, b, rho)
    step = _step(0, w, b, X, s)
    yield step
    while len(step.mistakes):
        w, b = _descend(step, X, s, rho)
        length = float(np.linalg.norm(w))
        if length == 0:
            raise ZeroDivisionError(
                f"w became the zero vector at step {step.number + 1} and cannot be renormalised; "
                "start from another w or change rho"
            )
        b, w = b / length, w / length  # b first: it needs the old length
        step = _step(step.number + 1, w, b, X, s)
        yield step


def _start(
    X: Array, s: Array, w: Array | None, b: float, rho: float
) -> tuple[Array, Array, Array, float, float]:
    X = _check.matrix("X", X, dtype=np.float64)
    s = np.asarray(s)
    if s.shape != (len(X),) or not np.isin(s, (-1, 1)).all():
        raise ValueError(
            f"s must hold a sign, -1 or +1, for each of {len(X)} examples, but has shape {s.shape} "
            f"and values {np.unique(s)[:5].tolist()}; signs(t) turns classes 0 and 1 into signs"
        )
    w = np.zeros(X.shape[1]) if w is None else np.asarray(w, dtype=np.float64)
    if w.shape != (X.shape[1],):
        raise ValueError(f"w must have shape ({X.shape[1]},), one weight per input, but has {w.shape}")
    _check.finite("w", w)
    return X, s, w, _check.number("b", b), _check.number("rho", rho, above=0)


def _descend(step: PerceptronStep, X: Array, s: Array, rho: float) -> tuple[Array, float]:
    M = step.mistakes
    return step.w + rho * s[M] @ X[M], step.b + rho * float(s[M].sum())


def _step(number: int, w: Array, b: float, X: Array, s: Array) -> PerceptronStep:
    mistakes = np.flatnonzero(s * (X @ w + b) <= 0)
    return PerceptronStep(number, w, float(b), mistakes, perceptron_loss(w, b, X, s))
