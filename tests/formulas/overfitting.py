"""The equations of "Overfitting"."""

import math

import mpmath
import numpy as np
import oracle
from registry import checks

import nnlib as nn

SIZES = (3, 2, 2)


def network(rng):
    """Nested lists of weights and biases, one weight exactly 0, and six examples."""
    weights, biases = oracle.random_layers(rng, SIZES)
    weights[1][0][1] = 0.0
    return weights, biases, rng.standard_normal((6, 3)).tolist(), rng.random((6, 2)).tolist()


def every_weight(weights):
    return [(W, (j, k)) for W in weights for j in range(len(W)) for k in range(len(W[0]))]


def data_cost(weights, biases, X, Y):
    """The mean of the examples' costs, neuron by neuron."""
    costs = [oracle.square(oracle.run(weights, biases, x)[1][-1], y) for x, y in zip(X, Y, strict=True)]
    return sum(costs) / len(costs)


@checks("overfitting-l2", r"C = \frac1n \sum_{i=1}^{n} C_i + \frac{\lambda}{2n} \sum_{w} w^2 ,")
def cost_with_the_squares_of_the_weights_alone():
    lmbda, n = 0.8, 6
    weights, biases, X, Y = network(np.random.default_rng(0))

    def penalised():
        return data_cost(weights, biases, X, Y) + lmbda / (2 * n) * sum(
            W[j][k] ** 2 for W, (j, k) in every_weight(weights)
        )

    net = nn.Network(weights, biases, [nn.sigmoid] * 2)
    data, rule = nn.Dataset(np.array(X), np.array(Y)), nn.L2(lmbda)
    np.testing.assert_allclose(nn.cost(net, data, nn.square) + rule.penalty(net, n), penalised())
    grads = nn.backprop(net, data.X, data.Y, nn.square)  # the slope of the whole: λ/n w on top
    expected = [g + rule.gradient(W, n) for g, W in zip(grads.weights, net.weights, strict=True)]
    for layer in (0, 1):
        for j, k in np.ndindex(expected[layer].shape):
            measured = oracle.slope(penalised, weights[layer], (j, k))
            np.testing.assert_allclose(expected[layer][j, k], measured, atol=1e-8)
        for j in range(2):
            measured = oracle.slope(penalised, biases[layer], (j,))
            np.testing.assert_allclose(grads.biases[layer][j], measured, atol=1e-8)


def steps_of_an_epoch(rule, step, eta=0.6, m=2):
    """An epoch of n/m = 3 steps of nnlib, and the same batches with `step` for every weight.

    `step(w, total, n, m)` gives the new weight, where total is Σ ∂C_i/∂w over the batch, measured.
    """
    rng = np.random.default_rng(1)
    weights, biases, X, Y = network(rng)
    net, batches = nn.Network(weights, biases, [nn.sigmoid] * 2), []
    data = nn.Dataset(np.array(X), np.array(Y))
    epochs = nn.sgd(
        net, data, loss=nn.square, batch_size=m, eta=eta, rng=rng, regularizer=rule, each_batch=batches.append
    )
    next(epochs)
    assert [len(batch.Y) for batch in batches] == [m] * 3
    for batch in batches:
        x, y = batch.trace.a[0].tolist(), batch.Y.tolist()

        def total(x=x, y=y):
            return m * data_cost(weights, biases, x, y)

        slopes = [oracle.slope(total, *place) for place in every_weight(weights)]
        by_bias = [[oracle.slope(total, b, (j,)) for j in range(len(b))] for b in biases]
        for (W, (j, k)), slope in zip(every_weight(weights), slopes, strict=True):
            W[j][k] = step(W[j][k], slope, len(X), m)
        for b, slopes in zip(biases, by_bias, strict=True):  # not penalised
            b[:] = [bj - eta / m * slope for bj, slope in zip(b, slopes, strict=True)]
    for mine, theirs in zip([*weights, *biases], net.parameters, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-7)


@checks(
    "overfitting-decay",
    r"\begin{aligned} w &\leftarrow w - \eta \Bigl( \frac1m \sum_{i \in B} \frac{\partial "
    r"C_i}{\partial w} + \frac{\lambda}{n} w \Bigr) \\ &= \Bigl( 1 - \frac{\eta\lambda}{n} "
    r"\Bigr)\, w - \frac{\eta}{m} \sum_{i \in B} \frac{\partial C_i}{\partial w} . \end{aligned}",
)
def weight_decay_step_by_step():
    eta, lmbda = 0.6, 0.8
    steps_of_an_epoch(nn.L2(lmbda), lambda w, total, n, m: w - eta * (total / m + lmbda / n * w))
    steps_of_an_epoch(nn.L2(lmbda), lambda w, total, n, m: (1 - eta * lmbda / n) * w - eta / m * total)
    weights, biases, X, Y = network(np.random.default_rng(2))  # λ/n w is the slope of the penalty

    def penalised():
        squares = sum(W[j][k] ** 2 for W, (j, k) in every_weight(weights))
        return data_cost(weights, biases, X, Y) + lmbda / (2 * 6) * squares

    for W, (j, k) in every_weight(weights):
        total = 6 * oracle.slope(lambda: data_cost(weights, biases, X, Y), W, (j, k))
        step = (1 - eta * lmbda / 6) * W[j][k] - eta / 6 * total
        np.testing.assert_allclose(step, W[j][k] - eta * oracle.slope(penalised, W, (j, k)), atol=1e-8)


@checks("overfitting-epoch", r"\Bigl( 1 - \frac{\eta\lambda}{n} \Bigr)^{n/m} \approx e^{-\eta\lambda/m}")
def what_an_epoch_leaves_of_a_weight():
    for n in (1000, 50_000):
        for m in (1, 10, 100):
            for eta, lmbda in ((0.5, 5.0), (0.5, 0.1), (3.0, 1.0)):
                left = (1 - mpmath.mpf(eta) * lmbda / n) ** (n // m)
                error = float(left / mpmath.exp(-mpmath.mpf(eta) * lmbda / m)) - 1
                assert abs(error) < (eta * lmbda) ** 2 / (n * m)  # the next term is half of that
    found = {m: (1 - 0.5 * 5 / 50_000) ** (50_000 / m) for m in (10, 1)}
    assert [round(found[m], 2) for m in (10, 1)] == [0.78, 0.08]
    rng = np.random.default_rng(3)
    n, m, eta, lmbda = 200, 5, 0.5, 4.0
    X = rng.standard_normal((n, 2))
    X[:, 1] = 0  # a pixel that is always dark: its weight is left alone
    net = nn.Network([[[0.3, 2.0]]], [[0.1]], [nn.sigmoid])
    data = nn.Dataset(X, rng.random((n, 1)))
    nn.train(net, data, loss=nn.square, epochs=1, batch_size=m, eta=eta, rng=rng, regularizer=nn.L2(lmbda))
    left = net.weights[0][0, 1] / 2
    np.testing.assert_allclose(left, (1 - eta * lmbda / n) ** (n / m))
    np.testing.assert_allclose(left, math.exp(-eta * lmbda / m), rtol=0.01)


@checks(
    "overfitting-l1",
    r"w \leftarrow w - \frac{\eta\lambda}{n} \operatorname{sgn}(w) - \frac{\eta}{m} \sum_{i \in "
    r"B} \frac{\partial C_i}{\partial w} .",
)
def steps_with_the_sign():
    eta, lmbda = 0.6, 0.8

    def sgn(w):
        return (w > 0) - (w < 0)

    steps_of_an_epoch(nn.L1(lmbda), lambda w, total, n, m: w - eta * lmbda / n * sgn(w) - eta / m * total)
    weights, biases, X, Y = network(np.random.default_rng(4))  # the slope of λ/n Σ |w|

    def penalised():
        sizes = sum(abs(W[j][k]) for W, (j, k) in every_weight(weights))
        return data_cost(weights, biases, X, Y) + lmbda / 6 * sizes

    net = nn.Network(weights, biases, [nn.sigmoid] * 2)
    whole = nn.cost(net, nn.Dataset(np.array(X), np.array(Y)), nn.square) + nn.L1(lmbda).penalty(net, 6)
    np.testing.assert_allclose(whole, penalised())
    for W, (j, k) in every_weight(weights):
        total = 6 * oracle.slope(lambda: data_cost(weights, biases, X, Y), W, (j, k))
        step = W[j][k] - eta * lmbda / 6 * sgn(W[j][k]) - eta / 6 * total
        np.testing.assert_allclose(step, W[j][k] - eta * oracle.slope(penalised, W, (j, k)), atol=1e-8)
