"""The equations of "Initial weights"."""

import itertools
import math
import statistics
from fractions import Fraction

import numpy as np
import sympy
from registry import checks

import nnlib as nn


def two_points(v, p=0.2):
    """Values and probabilities of a lopsided distribution with mean 0 and variance v."""
    return (math.sqrt(v * (1 - p) / p), p), (-math.sqrt(v * p / (1 - p)), 1 - p)


def expectation(of, *distributions):
    """The exact mean of a function of independent variables: all outcomes, each with its probability."""
    total = 0.0
    for outcome in itertools.product(*distributions):
        values, probabilities = zip(*outcome, strict=True)
        total += math.prod(probabilities) * of(values)
    return total


def mean_square(values):
    return sum(v * v for v in values) / len(values)


def within_four_errors(sample, variance):
    """Is the mean square of a sample, drawn with mean 0, what it should be?"""
    squares = np.asarray(sample, float).ravel() ** 2
    return abs(squares.mean() - variance) < 4 * squares.std() / math.sqrt(squares.size)


def layer_sums(a, initializer, biases, n=3000):
    """Pre-activations of n neurons that nnlib draws, for one input."""
    net = nn.Network.random(
        [len(a), n], rng=np.random.default_rng(0), initializer=initializer, bias_initializer=biases,
        dtype=np.float64,
    )  # fmt: skip
    return nn.forward(net, np.array([a])).z[0]


INPUTS = [0.5, -1.0, 2.0, 0.0, 1.5]
HALF_ONES = [1.0, 0.0] * 200


@checks("start-variance", r"\operatorname{Var} z = v_b + v \sum_{k=1}^{n_\text{in}} a_k^2")
def variance_of_a_sum():
    for v, v_b in ((1.0, 1.0), (0.3, 0.0), (2.0, 0.7)):

        def z(drawn):
            return sum(w * a for w, a in zip(drawn, INPUTS, strict=False)) + drawn[-1]

        variables = [*[two_points(v)] * 5, two_points(v_b)]
        assert abs(expectation(z, *variables)) < 1e-12
        variance = expectation(lambda drawn: z(drawn) ** 2, *variables)
        np.testing.assert_allclose(v_b + v * sum(a * a for a in INPUTS), variance)
    drawn = layer_sums(HALF_ONES, nn.Normal(0.5), nn.Normal())
    assert within_four_errors(drawn, 1 + 0.25 * 200)
    assert 1 + 1 * sum(a * a for a in [1] * 500 + [0] * 500) == 501


@checks(
    "start-scaled",
    r"\operatorname{Var} z = v_b + \frac{1}{n_\text{in}} \sum_{k=1}^{n_\text{in}} a_k^2 ,",
)
def variance_of_a_sum_of_scaled_weights():
    n_in = len(INPUTS)
    for v_b in (0.0, 1.0):

        def square(drawn):
            return (sum(w * a for w, a in zip(drawn, INPUTS, strict=False)) + drawn[-1]) ** 2

        variance = expectation(square, *[two_points(1 / n_in)] * n_in, two_points(v_b))
        np.testing.assert_allclose(v_b + sum(a * a for a in INPUTS) / n_in, variance)
    assert within_four_errors(layer_sums(HALF_ONES, nn.LeCun(), nn.Normal()), 1.5)
    assert within_four_errors(layer_sums(HALF_ONES, nn.LeCun(), nn.Constant(0.0)), 0.5)


@checks(
    "start-power",
    r"\begin{pmatrix} c & 0 \\ 0 & c \end{pmatrix}^{\!L} = \begin{pmatrix} c^L & 0 \\ 0 & c^L "
    r"\end{pmatrix}",
)
def signal_and_gradient_through_equal_layers():
    c = sympy.Symbol("c")
    for L in (1, 2, 3, 20):
        product = sympy.eye(2)
        for _ in range(L):
            product = product * sympy.Matrix([[c, 0], [0, c]])
        assert product == sympy.Matrix([[c**L, 0], [0, c**L]])
        for size in (0.5, 1.5):
            net = nn.Network([size * np.eye(2)] * L, [np.zeros(2)] * L, [nn.identity] * L)
            x = np.array([[3.0, -2.0]])
            trace = nn.forward(net, x)
            np.testing.assert_allclose(trace.output, size**L * x)
            target = trace.output - [[1.0, 4.0]]  # the gradient at the output is then (1, 4)
            at_input = nn.errors(net, trace, target, nn.square)[0] @ net.weights[0]
            np.testing.assert_allclose(at_input, [[size**L, 4 * size**L]])


def matrix(entries, n_out):
    return np.array(entries).reshape(n_out, -1)


@checks("start-length", r"\mathbb{E}\, \lVert W a \rVert^2 = n_\text{out}\, v\, \lVert a \rVert^2 .")
def expected_squared_length():
    a, n_out = [0.5, -1.0, 2.0], 2
    for v in (1.0, 0.4):

        def length(entries):
            return np.sum((matrix(entries, n_out) @ a) ** 2)

        exact = expectation(length, *[two_points(v)] * 6)
        np.testing.assert_allclose(n_out * v * sum(ak * ak for ak in a), exact)
    rng = np.random.default_rng(1)
    for rule, v in ((nn.Normal(0.5), 0.25), (nn.Glorot(), 2 / (3 + 4)), (nn.He(), 2 / 3)):
        lengths = np.array([np.sum((rule(rng, 4, 3) @ a) ** 2) for _ in range(4000)])
        exact = 4 * v * sum(ak * ak for ak in a)
        assert abs(lengths.mean() - exact) < 4 * lengths.std() / math.sqrt(4000)


def forward_factor(v, n_in, n_out, f=nn.identity, p=0.2):
    """Mean square of the activations of a layer, over that of its inputs: exact, over all weights."""
    a = np.arange(1.0, n_in + 1)[None]

    def after(entries):
        net = nn.Network([matrix(entries, n_out)], [np.zeros(n_out)], [f])
        return mean_square(nn.outputs(net, a)[0])

    return expectation(after, *[two_points(v, p)] * (n_in * n_out)) / mean_square(a[0])


@checks("start-forward", r"n_\text{in}\, v = 1 ,")
def sizes_stay_on_the_way_forward():
    for n_in, n_out in ((2, 3), (3, 2)):
        for product in (0.5, 1.0, 2.0):
            np.testing.assert_allclose(forward_factor(product / n_in, n_in, n_out), product)
    for n_in, n_out in ((400, 150), (150, 400)):
        W = nn.LeCun()(np.random.default_rng(0), n_out, n_in)
        assert within_four_errors(W, 1 / n_in)
        assert not within_four_errors(W, 1 / n_out)


def backward_factor(v, n_in, n_out, f=nn.identity, slope=1):
    """Mean square of the error of a layer of n_in neurons, over that of the next one's n_out."""
    hidden, x = np.ones((n_in, 1)), np.array([[0.0]])  # where f has its slope in the middle
    wanted = np.arange(1.0, n_out + 1)[None]

    def before(entries):
        weights = [hidden, matrix(entries, n_out)]
        net = nn.Network(weights, [np.zeros(n_in), np.zeros(n_out)], [f, nn.identity])
        trace = nn.forward(net, x)
        first, last = nn.errors(net, trace, trace.output - wanted, nn.square)
        np.testing.assert_allclose(last, wanted)
        by_hand = [
            slope * sum(W * d for W, d in zip(column, wanted[0], strict=True)) for column in weights[1].T
        ]
        np.testing.assert_allclose(first[0], by_hand)
        return mean_square(by_hand)

    return expectation(before, *[two_points(v)] * (n_in * n_out)) / mean_square(wanted[0])


@checks("start-backward", r"n_\text{out}\, v = 1 .")
def sizes_stay_on_the_way_back():
    for n_in, n_out in ((2, 3), (3, 2)):
        for product in (0.5, 1.0, 2.0):
            np.testing.assert_allclose(backward_factor(product / n_out, n_in, n_out), product)


@checks("start-glorot", r"v = \frac{2}{n_\text{in} + n_\text{out}}")
def middle_of_forward_and_backward():
    for n_in, n_out in ((400, 150), (150, 400), (200, 200)):
        v = Fraction(2, n_in + n_out)
        assert (n_in * v + n_out * v) / 2 == 1
        assert v == statistics.harmonic_mean([Fraction(1, n_in), Fraction(1, n_out)])
        W = nn.Glorot()(np.random.default_rng(0), n_out, n_in)
        assert within_four_errors(W, float(v))
        assert within_four_errors(W, 1 / n_in) == (n_in == n_out)
    factors = forward_factor(2 / 5, 2, 3), backward_factor(2 / 5, 2, 3)
    np.testing.assert_allclose(factors, [2 * 2 / 5, 3 * 2 / 5])  # their mean is 1


@checks("start-uniform", r"r = \sqrt{\frac{6}{n_\text{in} + n_\text{out}}} .")
def ends_of_the_uniform_distribution():
    n_in, n_out, x = sympy.symbols("n_in n_out x", positive=True)
    r = sympy.sqrt(6 / (n_in + n_out))
    variance = sympy.integrate(x**2 / (2 * r), (x, -r, r))
    assert sympy.simplify(variance - 2 / (n_in + n_out)) == 0
    for m, n in ((400, 150), (150, 400)):
        W = nn.Glorot()(np.random.default_rng(0), n, m)
        end = math.sqrt(6 / (m + n))
        assert end * 0.9995 < W.max() <= end  # of 60,000 numbers none in the last 0.025 %: e^-15
        assert end * 0.9995 < -W.min() <= end
        counts = np.histogram(W, bins=10, range=(-end, end))[0]
        assert np.abs(counts - 6000).max() < 4 * math.sqrt(6000 * 0.9)


@checks("start-he", r"v = \frac{2}{n_\text{in}}")
def sizes_stay_through_relu():
    for n_in, n_out in ((2, 3), (5, 2)):
        for share in (1, 2, 3):  # symmetric weights: z is as often negative as positive
            factor = forward_factor(share / n_in, n_in, n_out, nn.relu, p=0.5)
            np.testing.assert_allclose(factor, share / 2)
    for n_in, n_out in ((400, 150), (150, 400)):
        W = nn.He()(np.random.default_rng(0), n_out, n_in)
        assert within_four_errors(W, 2 / n_in)
        assert not within_four_errors(W, 2 / n_out)
        assert not within_four_errors(W, 2 / (n_in + n_out))


@checks("start-slope", r"n\, v\, s^2 = 1 ,")
def sizes_stay_if_weights_make_up_for_the_slope():
    for f, slope in ((nn.sigmoid, 1 / 4), (nn.tanh, 1), (nn.softplus, 1 / 2)):
        for product in (0.5, 1.0, 2.0):
            v = product / (3 * slope**2)
            np.testing.assert_allclose(backward_factor(v, 2, 3, f, slope), product)
