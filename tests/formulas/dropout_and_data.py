"""The equations of "Dropout, and more data"."""

import itertools
import math

import numpy as np
import oracle
from registry import checks

import nnlib as nn

SIZES, P = (3, 4, 2), 0.3
HIDDEN = SIZES[1]


def draws():
    """Every choice of survivors, with its probability."""
    for r in itertools.product((0, 1), repeat=HIDDEN):
        yield r, (1 - P) ** sum(r) * P ** (HIDDEN - sum(r))


def layer(seed=0):
    """Activations of a hidden layer, and weights and a bias of one neuron behind it."""
    rng = np.random.default_rng(seed)
    return rng.random(HIDDEN).tolist(), rng.standard_normal(HIDDEN).tolist(), float(rng.standard_normal())


def heard(r, a, w, b, scale=1.0):
    return sum(wk * rk * scale * ak for wk, rk, ak in zip(w, r, a, strict=True)) + b


@checks(
    "dropout-mean",
    r"\begin{aligned} \mathbb{E}[z_j] &= \sum_k w_{jk}\, \mathbb{E}[r_k]\, a_k + b_j \\ &= (1 - p) "
    r"\sum_k w_{jk} a_k + b_j . \end{aligned}",
)
def mean_over_all_draws():
    a, w, b = layer()
    mean = sum(prob * heard(r, a, w, b) for r, prob in draws())
    voices = [sum(prob * r[k] for r, prob in draws()) for k in range(HIDDEN)]
    np.testing.assert_allclose(mean, heard(voices, a, w, b))
    np.testing.assert_allclose(mean, (1 - P) * sum(wk * ak for wk, ak in zip(w, a, strict=True)) + b)


@checks("dropout-inverted", r"\tilde a_k = \frac{r_k}{1 - p}\, a_k ,")
def scaled_survivors_keep_the_mean():
    a, w, b = layer(1)
    mean = sum(prob * heard(r, a, w, b, 1 / (1 - P)) for r, prob in draws())
    np.testing.assert_allclose(mean, heard([1] * HIDDEN, a, w, b))
    rng = np.random.default_rng(2)
    net = nn.Network.random(SIZES, rng=rng, dtype=np.float64)
    masks = nn.Dropout(P).masks(net, 50_000, rng)
    assert len(masks) == 1
    np.testing.assert_allclose(np.unique(masks[0]), [0, 1 / (1 - P)])
    assert abs((masks[0] == 0).mean() - P) < 4 * math.sqrt(P * (1 - P) / (50_000 * HIDDEN))
    X = rng.random((50_000, 3))
    silent, loud = nn.forward(net, X), nn.forward(net, X, masks)
    np.testing.assert_allclose(loud.a[1], silent.a[1] * masks[0])


@checks("dropout-variance", r"\operatorname{Var}[z_j] = \frac{p}{1 - p} \sum_k w_{jk}^2\, a_k^2 .")
def variance_over_all_draws():
    a, w, b = layer(3)
    z = [(heard(r, a, w, b, 1 / (1 - P)), prob) for r, prob in draws()]
    mean = sum(prob * v for v, prob in z)
    variance = sum(prob * (v - mean) ** 2 for v, prob in z)
    expected = P / (1 - P) * sum(wk**2 * ak**2 for wk, ak in zip(w, a, strict=True))
    np.testing.assert_allclose(variance, expected)


@checks(
    "dropout-delta",
    r"\delta^\ell_j = \frac{r^\ell_j}{1 - p}\, \sigma'(z^\ell_j) "
    r"\sum_k w^{\ell+1}_{kj}\, \delta^{\ell+1}_k .",
)
def errors_of_a_thinned_network():
    rng = np.random.default_rng(4)
    weights, biases = oracle.random_layers(rng, SIZES)
    x, y = rng.standard_normal(3).tolist(), rng.random(2).tolist()
    net = nn.Network(weights, biases, [nn.sigmoid] * 2)
    for r, _ in draws():

        def cost(nudges, r=r):
            z = [
                sum(w * v for w, v in zip(row, x, strict=True)) + b + nudge
                for row, b, nudge in zip(weights[0], biases[0], nudges, strict=True)
            ]
            a = [oracle.sigma(v) * rk / (1 - P) for v, rk in zip(z, r, strict=True)]
            return oracle.square(oracle.run(weights[1:], biases[1:], a)[1][-1], y)

        mask = [np.array([r]) / (1 - P)]
        trace = nn.forward(net, np.array([x]), mask)
        found = nn.errors(net, trace, np.array([y]), nn.square)
        for j in range(HIDDEN):
            nudges = [0.0] * HIDDEN
            measured = oracle.slope(lambda nudges=nudges, cost=cost: cost(nudges), nudges, (j,))
            z = trace.z[0][0, j]
            back = sum(weights[1][k][j] * found[1][0, k] for k in range(2))
            np.testing.assert_allclose(measured, r[j] / (1 - P) * oracle.sigma_prime(z) * back, atol=1e-8)
            np.testing.assert_allclose(found[0][0, j], measured, atol=1e-8)


@checks(
    "dropout-geometric",
    r"\begin{aligned} a_j &= \frac{g_j}{\sum_i g_i}, \\ g_j &= \prod_r a_j(r)^{P(r)} . \end{aligned}",
)
def the_scaled_network_is_a_geometric_mean():
    def softmax(z):
        e = [math.exp(v) for v in z]
        return [v / sum(e) for v in e]

    a, _, _ = layer(5)
    rng = np.random.default_rng(6)
    W, b = rng.standard_normal((3, HIDDEN)).tolist(), rng.standard_normal(3).tolist()
    g, mean_cost = [1.0] * 3, 0.0
    for r, prob in draws():  # plain masks; the weights are scaled afterwards
        y = softmax([heard(r, a, row, bj) for row, bj in zip(W, b, strict=True)])
        g = [gj * yj**prob for gj, yj in zip(g, y, strict=True)]
        mean_cost -= prob * math.log(y[1])
    scaled = softmax([heard([1 - P] * HIDDEN, a, row, bj) for row, bj in zip(W, b, strict=True)])
    np.testing.assert_allclose(np.array(g) / sum(g), scaled)
    assert -math.log(scaled[1]) < mean_cost  # the page's stretch exercise
    net = nn.Network([np.eye(HIDDEN), W], [np.zeros(HIDDEN), b], [nn.identity, nn.softmax])
    inverted = np.zeros(3)  # inverted masks, nothing scaled afterwards: nnlib's way
    for r, prob in draws():
        y = nn.forward(net, np.array([a]), [np.array([r]) / (1 - P)]).output[0]
        inverted += prob * np.log(y)
    whole = nn.forward(net, np.array([a])).output[0]
    np.testing.assert_allclose(np.exp(inverted) / np.exp(inverted).sum(), whole)
