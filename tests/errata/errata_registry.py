"""What ties an erratum on the page to its disproof: its number.

A disproof evaluates the statement as printed and shows it wrong, and confirms the
correction by a route that shares no code with it: central differences, autograd,
SymPy, or trying all cases. It would fail if the two were exchanged.
"""

from collections.abc import Callable

import numpy as np

DISPROOFS: dict[int, Callable[[], None]] = {}


def erratum(number: int):
    """Register the function that disproves the erratum of this number."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        assert number not in DISPROOFS, f"erratum {number} is registered twice"
        DISPROOFS[number] = check
        return check

    return register


def compare(*, printed, corrected, truth):
    """The corrected value is the true one, and the printed one is visibly off."""
    printed, corrected, truth = (np.asarray(value, dtype=float) for value in (printed, corrected, truth))
    np.testing.assert_allclose(corrected, truth, rtol=1e-6, atol=1e-9)
    scale = np.abs(truth).max()
    assert printed.shape != truth.shape or np.abs(printed - truth).max() > 1e-3 * scale, (
        "the printed statement is right"
    )


def slopes(f, x, h=1e-6):
    """Central differences of a number f(x) with respect to each entry of x."""
    x = np.array(x, dtype=float)
    found = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + h
        above = f(x)
        x[i] = kept - h
        found[i] = (above - f(x)) / (2 * h)
        x[i] = kept
    return found


def sigma(z):
    return 1 / (1 + np.exp(-z))


def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))


def deep(draw, f, prime, *, n=200, layers=20, rng=None):
    """Send data forward and errors back through equal layers without biases.

    Returns the spread of the activations in the first and in the last layer, and the
    length of the error in the first layer relative to the last.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    a, weights, zs, spread = rng.standard_normal((20, n)), [], [], []
    for _ in range(layers):
        weights.append(draw(rng, n, n))
        zs.append(a @ weights[-1].T)
        a = f(zs[-1])
        spread.append(a.std())
    delta = rng.standard_normal(a.shape) * prime(zs[-1])
    last = np.linalg.norm(delta)
    for layer in reversed(range(1, layers)):
        delta = delta @ weights[layer] * prime(zs[layer - 1])
    return spread[0], spread[-1], np.linalg.norm(delta) / last
