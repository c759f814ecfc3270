"""The equations of "Why learning slows down"."""

import math

import mpmath
import numpy as np
import oracle
import sympy
from oracle import sigma, sigma_prime
from registry import checks

import nnlib as nn


def cross_entropy(a, y):
    """The cost of a list of outputs, in plain Python."""
    return -sum(yj * math.log(aj) + (1 - yj) * math.log(1 - aj) for aj, yj in zip(a, y, strict=True))


def neurons(n=20):
    """Weight, bias, input and target of single neurons, w = b = 2 with x = 1 and y = 0 among them."""
    rng = np.random.default_rng(0)
    yield 2.0, 2.0, 1.0, 0.0
    for w, b, x in rng.standard_normal((n, 3)):
        yield w, b, x, float(rng.integers(2))


@checks(
    "slowdown-square",
    r"\begin{aligned} \frac{\partial C}{\partial w} &= (a - y)\, \sigma'(z)\, x \\ \frac{\partial "
    r"C}{\partial b} &= (a - y)\, \sigma'(z) . \end{aligned}",
)
def slopes_of_the_square_cost():
    for w, b, x, y in neurons():
        p = [w, b]

        def cost(p=p, x=x, y=y):
            return (sigma(p[0] * x + p[1]) - y) ** 2 / 2

        z = w * x + b
        formulas = [(sigma(z) - y) * sigma_prime(z) * x, (sigma(z) - y) * sigma_prime(z)]
        measured = [oracle.slope(cost, p, (i,)) for i in (0, 1)]
        np.testing.assert_allclose(formulas, measured, atol=1e-9)
        net = nn.Network([[[w]]], [[b]], [nn.sigmoid])
        grads = nn.backprop(net, [[x]], [[y]], nn.square)
        np.testing.assert_allclose([grads.weights[0].item(), grads.biases[0].item()], measured, atol=1e-9)


@checks(
    "slowdown-wanted",
    r"\frac{\partial C}{\partial z} = \frac{\partial C}{\partial a}\, \sigma'(z) = a - y .",
)
def cross_entropy_gives_what_was_wanted_and_the_square_cost_does_not():
    for w, b, x, y in neurons():
        z = w * x + b
        a, sums, outputs = sigma(z), [z], [sigma(z)]
        by_z = oracle.slope(lambda s=sums, y=y: cross_entropy([sigma(s[0])], [y]), sums, (0,))
        by_a = oracle.slope(lambda o=outputs, y=y: cross_entropy(o, [y]), outputs, (0,))
        np.testing.assert_allclose([by_a * sigma_prime(z), a - y], by_z, atol=1e-7)
        out, target = np.array([[a]]), np.array([[y]])
        delta = nn.cross_entropy.delta(nn.sigmoid, np.array([[z]]), out, target)
        np.testing.assert_allclose(delta.item(), by_z, atol=1e-8)
        lazy = nn.square.delta(nn.sigmoid, np.array([[z]]), out, target)
        assert abs(lazy.item()) < 0.3 * abs(a - y)


@checks(
    "slowdown-parts",
    r"\frac{\partial C}{\partial a} = \frac{a - y}{a (1 - a)} = \frac{1 - y}{1 - a} - \frac{y}{a} "
    r",",
)
def the_slope_in_a_that_is_needed():
    a, y, z = sympy.symbols("a y z", real=True)
    quotient, parts = (a - y) / (a * (1 - a)), (1 - y) / (1 - a) - y / a
    assert sympy.simplify(quotient - parts) == 0
    curve = 1 / (1 + sympy.exp(-z))
    for form in (quotient, parts):  # times σ' the mistake is left
        assert sympy.simplify(form.subs(a, curve) * sympy.diff(curve, z) - (curve - y)) == 0
    for at, target in np.random.default_rng(1).uniform(0.05, 0.95, (20, 2)):
        outputs = [at]
        measured = oracle.slope(lambda o=outputs, t=target: cross_entropy(o, [t]), outputs, (0,))
        formulas = [float(form.subs({a: at, y: target})) for form in (quotient, parts)]
        np.testing.assert_allclose(formulas, measured, atol=1e-6)
        library = nn.cross_entropy.gradient(np.array([[at]]), np.array([[target]]))
        np.testing.assert_allclose(library.item(), measured, atol=1e-6)


@checks("slowdown-ce", r"C = -\bigl[ y \ln a + (1 - y) \ln (1 - a) \bigr] ,")
def the_cost_is_the_integral_of_its_slope():
    rng = np.random.default_rng(2)
    for start, end, y in [*rng.uniform(0.02, 0.98, (15, 3)), (0.3, 0.9, 0.0), (0.9, 0.2, 1.0)]:

        def formula(a, y=y):
            return -(y * math.log(a) + (1 - y) * math.log(1 - a))

        area = mpmath.quad(lambda a, y=y: (a - y) / (a * (1 - a)), [start, end])
        np.testing.assert_allclose(formula(end) - formula(start), float(area), atol=1e-10)
        library = nn.cross_entropy(np.array([[end]]), np.array([[y]])).item()
        np.testing.assert_allclose(library, formula(end))
        assert formula(end) > 0
    right = nn.cross_entropy(np.array([[0.0], [1.0], [1e-9]]), np.array([[0.0], [1.0], [0.0]]))
    np.testing.assert_allclose(right, [0, 0, 1e-9], rtol=1e-6)  # the constant is such that this is free


@checks(
    "slowdown-weights",
    r"\begin{aligned} \frac{\partial C_i}{\partial w^L_{jk}} &= \Bigl( -\frac{y_j}{a^L_j} + "
    r"\frac{1 - y_j}{1 - a^L_j} \Bigr)\, \sigma'(z^L_j)\, a^{L-1}_k \\ &= \frac{a^L_j - "
    r"y_j}{a^L_j (1 - a^L_j)} \, a^L_j (1 - a^L_j)\, a^{L-1}_k \\ &= (a^L_j - y_j)\, a^{L-1}_k "
    r"\end{aligned}",
)
def slopes_of_the_last_layer():
    for weights, biases, x, y, z, a, _ in oracle.cases():

        def cost(weights=weights, biases=biases, x=x, y=y):
            return cross_entropy(oracle.run(weights, biases, x)[1][-1], y)

        net = nn.Network(weights, biases, [nn.sigmoid] * 3)
        grads = nn.backprop(net, np.array([x]), np.array([y]), nn.cross_entropy)
        for j, (zj, aj, yj) in enumerate(zip(z[-1], a[-1], y, strict=True)):
            for k, ak in enumerate(a[-2]):
                measured = oracle.slope(cost, weights[-1], (j, k))
                lines = [
                    (-yj / aj + (1 - yj) / (1 - aj)) * sigma_prime(zj) * ak,
                    (aj - yj) / (aj * (1 - aj)) * aj * (1 - aj) * ak,
                    (aj - yj) * ak,
                ]
                np.testing.assert_allclose([*lines, grads.weights[-1][j, k]], measured, atol=1e-8)
            measured = oracle.slope(cost, biases[-1], (j,))  # "the same without a^{L-1}"
            np.testing.assert_allclose([aj - yj, grads.biases[-1][j]], measured, atol=1e-8)


@checks("slowdown-push", r"\Delta z_j = -\frac{\eta}{m} \sum_{i=1}^{m} \delta_{ij}\, ( a_i \cdot a + 1 )")
def one_step_of_the_last_layer_pushes_every_image():
    rng = np.random.default_rng(3)
    m, eta = 4, 0.7
    for loss, cost in ((nn.square, oracle.square), (nn.cross_entropy, cross_entropy)):
        weights, biases = oracle.random_layers(rng, (3, 6, 2))
        X, Y = rng.standard_normal((m, 3)), rng.integers(2, size=(m, 2)).astype(float)
        net = nn.Network(weights, biases, [nn.sigmoid] * 2)
        nn.train(net, nn.Dataset(X, Y), loss=loss, epochs=1, batch_size=m, eta=eta, rng=rng)
        after = [weights[0], net.weights[1].tolist()], [biases[0], net.biases[1].tolist()]
        deltas = [oracle.errors(weights, biases, x, y, cost=cost)[-1] for x, y in zip(X, Y, strict=True)]
        hidden = [oracle.run(weights, biases, x)[1][1] for x in X]
        for x in rng.standard_normal((5, 3)):  # images that are not in the batch, hidden layer held
            old, a = oracle.run(weights, biases, x)
            new, _ = oracle.run(*after, x)
            for j in range(2):
                push = 0.0
                for delta, ai in zip(deltas, hidden, strict=True):
                    push += delta[j] * (sum(u * v for u, v in zip(ai, a[1], strict=True)) + 1)
                np.testing.assert_allclose(-eta / m * push, new[-1][j] - old[-1][j], atol=1e-7)
