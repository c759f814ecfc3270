"""The equations of "Loss functions"."""

import itertools
import math
import statistics
from fractions import Fraction

import mpmath
import numpy as np
import oracle
import sympy
from registry import checks

import nnlib as nn


def coin(y, a):
    """The probability of what a coin shows, case by case."""
    return a if y == 1 else 1 - a


@checks("loss-bernoulli", r"P(y) = a^{y} (1 - a)^{1 - y}")
def both_cases_in_one_formula():
    for a in (Fraction(1, 100), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)):
        P = {y: a**y * (1 - a) ** (1 - y) for y in (0, 1)}
        assert {y: coin(y, a) for y in (0, 1)} == P
        assert sum(P.values()) == 1
        assert sum(y * p for y, p in P.items()) == a  # the share of ones that the network predicts
        for y, p in P.items():
            cost = nn.cross_entropy(np.array([[float(a)]]), np.array([[float(y)]]))
            np.testing.assert_allclose(cost.item(), -math.log(p))


@checks(
    "loss-bce",
    r"\begin{aligned} C &= -\frac1n \ln \prod_{i=1}^{n} a_i^{y_i} (1 - a_i)^{1 - y_i} \\ &= -\frac1n "
    r"\sum_{i=1}^{n} \bigl[ y_i \ln a_i \\ &\qquad\quad + (1 - y_i) \ln (1 - a_i) \bigr] "
    r"\end{aligned}",
)
def minus_the_mean_logarithm_of_the_likelihood():
    rng = np.random.default_rng(0)
    weights, biases = oracle.random_layers(rng, (3, 4, 1))
    X, y = rng.standard_normal((9, 3)), rng.integers(2, size=9)
    a = [oracle.run(weights, biases, x)[1][-1][0] for x in X]
    likelihood = math.prod(coin(yi, Fraction(ai)) for yi, ai in zip(y, a, strict=True))
    with mpmath.workdps(40):
        exact = float(-mpmath.log(mpmath.mpf(likelihood.numerator) / likelihood.denominator) / 9)
    pairs = [*zip(y.tolist(), a, strict=True)]
    first = -math.log(math.prod(ai**yi * (1 - ai) ** (1 - yi) for yi, ai in pairs)) / 9
    second = -sum(yi * math.log(ai) + (1 - yi) * math.log(1 - ai) for yi, ai in pairs) / 9
    np.testing.assert_allclose([first, second], exact)
    net = nn.Network(weights, biases, [nn.sigmoid] * 2)
    np.testing.assert_allclose(nn.cost(net, nn.Dataset(X, y[:, None] + 0.0), nn.cross_entropy), exact)


@checks("loss-normal", r"p(y) = \frac{1}{\sqrt{2\pi}\, s}\, e^{-(y - a)^2 / 2 s^2} ,")
def density_of_a_normal_target_and_the_square_cost_in_it():
    def p(y, a, s):
        return math.exp(-((y - a) ** 2) / (2 * s**2)) / (math.sqrt(2 * math.pi) * s)

    for a, s in ((0.0, 1.0), (-1.5, 0.4), (3.0, 2.5)):
        for y in (-3.0, -1.0, 0.2, 2.0, 4.5):
            np.testing.assert_allclose(p(y, a, s), statistics.NormalDist(a, s).pdf(y))
            surprise = -math.log(p(y, a, s)) + math.log(p(a, a, s))
            np.testing.assert_allclose(
                nn.square(np.array([[a]]), np.array([[y]])).item() / s**2, surprise, atol=1e-12
            )
        whole = mpmath.quad(lambda y, a=a, s=s: p(float(y), a, s), np.linspace(a - 12 * s, a + 12 * s, 9))
        np.testing.assert_allclose(float(whole), 1, rtol=1e-9)


@checks("loss-multilabel", r"C_i = -\sum_{j=1}^{c} \bigl[ y_j \ln a_j + (1 - y_j) \ln (1 - a_j) \bigr]")
def independent_coins():
    rng = np.random.default_rng(1)
    for a in rng.random((4, 3)):
        total = 0.0
        for y in itertools.product((0, 1), repeat=3):
            together = math.prod(coin(yj, aj) for yj, aj in zip(y, a, strict=True))
            total += together
            cost = -sum(yj * math.log(aj) + (1 - yj) * math.log(1 - aj) for yj, aj in zip(y, a, strict=True))
            np.testing.assert_allclose(cost, -math.log(together))
            library = nn.cross_entropy(a[None], np.array([y], float))
            np.testing.assert_allclose(library.item(), -math.log(together))
        np.testing.assert_allclose(total, 1)


@checks(
    "loss-kl",
    r"\begin{aligned} C_i &= H(y) + D(y, a) \\ D(y, a) &= y \ln \frac{y}{a} + (1 - y) \ln \frac{1 "
    r"- y}{1 - a} \ge 0 , \end{aligned}",
)
def cross_entropy_is_entropy_and_a_divergence():
    def C(y, a):
        return -(y * math.log(a) + (1 - y) * math.log(1 - a))

    def D(y, a):
        return y * math.log(y / a) + (1 - y) * math.log((1 - y) / (1 - a))

    rng = np.random.default_rng(2)
    extremes = [(y, a) for y in (1e-9, 0.5, 1 - 1e-9) for a in (1e-9, 0.4999, 1 - 1e-9)]
    for y, a in [*rng.random((300, 2)), *extremes]:
        np.testing.assert_allclose(C(y, y) + D(y, a), C(y, a), rtol=1e-9)
        assert D(y, a) > 0 or abs(y - a) < 1e-8
        library = nn.cross_entropy(np.array([[a], [y]]), np.array([[y], [y]]))
        np.testing.assert_allclose(library[0] - library[1], D(y, a), atol=1e-8)
        assert abs(D(y, y)) < 1e-12
    y, a = sympy.symbols("y a", positive=True)
    divergence = y * sympy.log(y / a) + (1 - y) * sympy.log((1 - y) / (1 - a))
    slope = sympy.diff(divergence, a)
    assert sympy.simplify(slope.subs(a, y)) == 0
    assert sympy.simplify(sympy.diff(divergence, a, 2) - (y / a**2 + (1 - y) / (1 - a) ** 2)) == 0  # convex
