"""Linköping."""

import itertools

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from errata_registry import compare, erratum, slopes

import nnlib as nn
from nnbook.results import record

XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


@erratum(30)
def the_bias_of_another_layer_does_not_fit():
    rng = np.random.default_rng(0)
    sizes = [5, 4, 3, 2]  # L = 3
    W = [None, *(rng.standard_normal((o, i)) for i, o in itertools.pairwise(sizes))]
    b = [None, *(rng.standard_normal(o) for o in sizes[1:])]
    x = rng.standard_normal(5)
    q1 = np.tanh(W[1] @ x + b[1])
    with pytest.raises(ValueError, match="broadcast"):
        np.tanh(W[2] @ q1 + b[1])
    q2 = np.tanh(W[2] @ q1 + b[2])
    net = nn.Network(W[1:], b[1:], [nn.tanh, nn.tanh, nn.softmax])
    np.testing.assert_allclose(nn.forward(net, x[None]).a[2][0], q2)


@erratum(31)
def the_printed_shapes_cannot_be_multiplied():
    x = np.ones(784)
    for printed in ((784, 10), (784, 200)):
        with pytest.raises(ValueError, match="mismatch"):
            np.zeros(printed) @ x
        corrected = np.zeros(printed[::-1])
        assert (corrected @ x).shape == (printed[1],)
    net = nn.Network.random([784, 200, 10], rng=np.random.default_rng(0))
    assert [W.shape for W in net.weights] == [(200, 784), (10, 200)]
    with pytest.raises(ValueError, match="biases of layer 1"):
        nn.Network([np.zeros((784, 10))], [np.zeros(10)], [nn.softmax])


@erratum(32)
def the_second_term_is_the_biases():
    net = nn.Network.random([784, 200, 10], rng=np.random.default_rng(0))
    counted = sum(p.size for p in [*net.weights, *net.biases])
    printed = 784 * 200 + 200 * 200 + 200 * 10 + 10
    compare(printed=printed, corrected=784 * 200 + 200 + 200 * 10 + 10, truth=counted)
    assert (printed, counted) == (198_810, 159_010)


@erratum(33)
def the_sum_needs_an_index_of_its_own():
    Z, t = np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 2, 1, 1])

    def cost(Z):
        return sum(-Z[i, t[i]] + anp.log(anp.sum(anp.exp(Z[i]))) for i in range(4))

    printed, corrected = np.zeros_like(Z), np.zeros_like(Z)
    for i, j in itertools.product(range(4), range(3)):
        printed[i, j] = -float(t[i] == j) + np.exp(Z[i, j]) / sum(np.exp(Z[i, j]) for _ in range(3))
        corrected[i, j] = -float(t[i] == j) + np.exp(Z[i, j]) / sum(np.exp(Z[i, k]) for k in range(3))
    compare(printed=printed, corrected=corrected, truth=grad(cost)(Z))
    np.testing.assert_allclose(printed + (t[:, None] == range(3)), 1 / 3)


@erratum(34)
def a_row_subtracted_from_a_column_is_a_matrix():
    theta = np.array([[1.0], [2.0], [-1.0]])
    row = (2 * theta).T  # of J = Σ θ²
    printed = theta - 0.1 * row
    corrected = theta - 0.1 * row.T
    truth = theta - 0.1 * slopes(lambda v: (v**2).sum(), theta)
    assert printed.shape == (3, 3)
    compare(printed=printed, corrected=corrected, truth=truth)


@erratum(35)
def the_last_turn_of_line_17_is_the_derivative_by_the_input():
    rng = np.random.default_rng(0)
    W1, W2, X = rng.standard_normal((4, 3)), rng.standard_normal((1, 4)), rng.standard_normal((5, 3))
    y = rng.standard_normal((5, 1))

    def cost(W1, W2, X):
        return anp.sum((y - anp.dot(anp.tanh(anp.dot(X, W1.T)), W2.T)) ** 2)

    Q1 = np.tanh(X @ W1.T)
    gradients = []
    for skip in (False, True):
        dQ, dZ, found = None, -2 * (y - Q1 @ W2.T), {}
        for layer, W, below in ((2, W2, Q1), (1, W1, X)):
            if layer == 1:
                dZ = dQ * (1 - Q1**2)
            if not (skip and layer == 1):
                dQ = dZ @ W
            found[layer] = dZ.T @ below
        gradients.append(found)
        if not skip:
            np.testing.assert_allclose(dQ, grad(cost, 2)(W1, W2, X))
    for found in gradients:
        np.testing.assert_allclose(found[1], grad(cost, 0)(W1, W2, X))
        np.testing.assert_allclose(found[2], grad(cost, 1)(W1, W2, X))


@erratum(36)
def a_flat_y_gives_a_square_matrix():
    y, Z = np.array([1.0, 2, 3]), np.array([[0.5], [1], [4]])
    truth = slopes(lambda Z: sum((y[i] - Z[i, 0]) ** 2 for i in range(3)), Z)
    compare(printed=-2 * (y - Z), corrected=-2 * (y[:, None] - Z), truth=truth)
    assert (y - Z).shape == (3, 3)


def labellings(points):
    """All ways in which some line divides the points, found by turning and shifting it."""
    found = set()
    for angle in np.linspace(0, 2 * np.pi, 721) + 0.001:
        along = points @ [np.cos(angle), np.sin(angle)]
        cuts = np.sort(along)
        for cut in [cuts[0] - 1, *((cuts[1:] + cuts[:-1]) / 2), cuts[-1] + 1]:
            if np.abs(along - cut).min() > 1e-9:
                found.add(tuple(along > cut))
    return found


@erratum(38)
def a_line_separates_and_does_not_shatter():
    q = np.maximum(0, XOR @ [[1.0, 1], [1, 1]] + [0, -1])
    xor = (False, True, True, False)
    assert xor not in labellings(XOR)
    features = labellings(q)
    assert xor in features  # separated
    assert len(labellings(XOR)) == 14
    assert len(features) == 8  # but not shattered: that would be all 16
    assert (False, True, False, False) not in features
    triangle = np.array([[0.0, 0], [0, 1], [1, 0]])
    assert len(labellings(triangle)) == 2**3  # what shattering looks like


@erratum(40)
def the_middle_of_tanh_is_zero():
    z = np.linspace(-20, 20, 4_000_001)
    a = np.tanh(z)
    middle = (a.max() + a.min()) / 2
    compare(printed=0.5, corrected=0.0, truth=middle)
    crossing = z[np.argmin(abs(a - 0.5))]
    assert abs(crossing - 0.549) < 5e-4
    assert abs((nn.sigmoid(z).max() + nn.sigmoid(z).min()) / 2 - 0.5) < 1e-6


@erratum(41)
def sin_is_nearly_a_line_on_that_interval():
    x = np.linspace(-1, 1, 401)

    def best_line(f):
        """Smallest possible maximum distance, over slopes and intercepts."""
        slope = np.linspace(-3, 3, 1201)[:, None]
        rest = f(x) - slope * x
        return ((rest.max(axis=1) - rest.min(axis=1)) / 2).min()  # the intercept halves the span

    assert best_line(np.sin) < 0.04
    assert best_line(lambda x: np.sin(np.pi * x)) > 0.68


@erratum(42)
def both_figures_are_reproduced():
    for name, sizes, low, high in (
        ("linkoping_logistic", [784, 10], 0.07, 0.09),
        ("linkoping_relu200", [784, 200, 10], 0.015, 0.025),
    ):
        stored = record(name)
        assert stored["settings"]["sizes"] == sizes
        errors = [run["test error"][-1] for run in stored["runs"]]
        assert len(errors) == 5
        assert all(low < error < high for error in errors)


@erratum(44)
def two_equal_minima_and_a_hill_between_them():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 2))
    W, b, v = rng.standard_normal((2, 2)), rng.standard_normal(2), np.array([1.0, -1.5])
    y = np.tanh(X @ W.T + b) @ v

    def cost(W, b, v):
        return np.mean((np.tanh(X @ W.T + b) @ v - y) ** 2)

    swapped = W[::-1], b[::-1], v[::-1]
    between = [(one + other) / 2 for one, other in zip((W, b, v), swapped, strict=True)]
    assert cost(W, b, v) < 1e-30
    assert cost(*swapped) < 1e-30
    assert cost(*between) > 0.1  # itself a point of the parameter space, which has no modes
