"""Erlangen."""

import itertools

import numpy as np
import reference
import sympy
from errata_registry import compare, erratum, sigma, sigma_prime, slopes

import nnlib as nn


@erratum(6)
def the_first_example_lies_exactly_at_zero():
    x, w, b = np.array([0.0, 1, 1]), np.array([1.0, 0, 1]), -1.0
    z = sum(w * x) + b
    assert z == 0
    example, classifier = (0 if z < 0 else 1), (1 if z > 0 else 0)
    assert (example, classifier) == (1, 0)
    assert nn.Step(at_zero=1)(z) == example
    assert nn.Step()(z) == classifier
    z = np.array([1, 0.5, -1]) @ x  # the second example does not depend on it
    assert nn.Step(at_zero=1)(z) == nn.Step()(z) == 0


@erratum(71)
def the_bias_of_a_step_is_no_probability():
    rng = np.random.default_rng(0)
    w, X = rng.standard_normal(3), rng.standard_normal((2000, 3))
    for b in (-0.8, 0.4):
        assert nn.Step()(np.array(w @ np.zeros(3) + b)) in (0, 1)
        fires = [bool(nn.Step()(np.array(w @ x + b))) for x in X]
        assert fires == [sum(w * x) > -b for x in X]  # a threshold
        share = np.mean(rng.random(20_000) < nn.sigmoid(np.array(b)))
        assert abs(share - sigma(b)) < 0.02
    assert nn.tanh(-0.8) < 0


@erratum(74)
def neither_example_is_a_metric():
    def squared(p, q):
        return (p - q) ** 2

    def cross_entropy(p, q):
        return -sum(p[k] * np.log(q[k]) for k in range(len(p)))

    assert squared(0, 2) > squared(0, 1) + squared(1, 2)
    assert abs(0 - 2) <= abs(0 - 1) + abs(1 - 2)  # a true metric passes
    half, skew = (0.5, 0.5), (0.9, 0.1)
    np.testing.assert_allclose(cross_entropy(half, half), float(sympy.log(2)))
    assert abs(cross_entropy(half, skew) - cross_entropy(skew, half)) > 0.1
    assert squared(1, 1) == 0  # a value that R+ leaves out
    a = np.random.default_rng(0).random((50, 2))
    for loss in (nn.square, nn.cross_entropy):
        assert (loss(a, a[::-1]) >= 0).all()


@erratum(75)
def the_sum_has_a_gradient_n_times_as_long():
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((7, 3)), rng.standard_normal(7), rng.standard_normal(3)
    total = slopes(lambda w: sum(0.5 * (X[i] @ w - y[i]) ** 2 for i in range(7)), w)
    net = nn.Network([w[None]], [[0.0]], [nn.identity])
    mean = nn.backprop(net, X, y[:, None], nn.square).weights[0][0]
    compare(printed=total, corrected=mean, truth=X.T @ (X @ w - y) / 7)
    np.testing.assert_allclose(total, 7 * mean, rtol=1e-6)


@erratum(76)
def the_steepest_change_goes_both_ways():
    def C(theta):
        return (theta[0] - 1) ** 2 + 3 * theta[1] ** 2 + theta[0] * theta[1]

    at = np.array([0.5, -0.7])
    gradient = slopes(C, at)
    directions = [np.array([np.cos(v), np.sin(v)]) for v in np.linspace(0, 2 * np.pi, 3601)[:-1]]
    change = np.array([(C(at + 1e-6 * d) - C(at - 1e-6 * d)) / 2e-6 for d in directions])
    steepest = np.flatnonzero(np.abs(change) > np.abs(change).max() * (1 - 1e-7))
    assert {round(float(np.sign(change[i]))) for i in steepest} == {-1, 1}  # not one direction
    descent = directions[int(np.argmin(change))]
    np.testing.assert_allclose(descent, -gradient / np.linalg.norm(gradient), atol=2e-3)


def four_layers(seed=0):
    """A network 2-3-2-2-2 whose output layer is layer 4, and an example."""
    rng = np.random.default_rng(seed)
    net = nn.Network.random(
        [2, 3, 2, 2, 2], rng=rng, dtype=np.float64, hidden=nn.tanh, output=nn.tanh,
        initializer=nn.Normal(), bias_initializer=nn.Normal(),
    )  # fmt: skip
    x, y = rng.standard_normal(2), rng.uniform(0.3, 0.9, 2)
    trace = nn.forward(net, x[None])
    return net, x, y, [None, *(z[0] for z in trace.z)], [a[0] for a in trace.a]


def slope(a):
    return 1 - np.tanh(a) ** 2


@erratum(77)
def the_link_leads_to_the_sums_of_layer_four():
    net, x, y, a, z = four_layers()
    truth = reference.autograd_gradients(net, x[None], y[None], nn.square)[2][1, 1]
    W4 = net.weights[3]

    def whole(link):
        total = sum((z[4][i] - y[i]) * slope(a[4][i]) * link(i) for i in range(2))
        return total * slope(a[3][1]) * z[2][1]

    compare(
        printed=whole(lambda i: 1 / slope(a[3][1]) if i == 1 else 0),  # z_2^(3) = ψ(a_2^(3)) alone
        corrected=whole(lambda i: W4[i, 1]),
        truth=truth,
    )


@erratum(79)
def the_last_layer_needs_the_difference():
    net, x, y, a, z = four_layers()
    truth = reference.autograd_gradients(net, x[None], y[None], nn.square)[-1]
    compare(printed=z[4] * y * slope(a[4]), corrected=(z[4] - y) * slope(a[4]), truth=truth)


@erratum(80)
def the_free_index_is_j():
    net, x, y, a, _ = four_layers()
    *_, db3, db4 = reference.autograd_gradients(net, x[None], y[None], nn.square)
    right = [sum(db4[i] * net.weights[3][i, j] for i in range(2)) * slope(a[3][j]) for j in range(2)]
    compare(printed=[right[1], right[0]], corrected=right, truth=db3)  # left i, right j, i ≠ j


@erratum(81)
def a_product_is_not_a_step():
    def C(theta):
        return 0.5 * (theta[0] - 1) ** 2 + 2 * (theta[1] + 1) ** 2

    printed = corrected = np.array([3.0, 2.0])
    for _ in range(200):
        printed = printed * 0.1 * slopes(C, printed)
        corrected = corrected - 0.1 * slopes(C, corrected)
    compare(printed=printed, corrected=corrected.round(7), truth=[1, -1])


@erratum(82)
def with_hundreds_of_inputs_standard_normal_weights_saturate():
    rng = np.random.default_rng(0)

    def saturated(rule, n_in):
        X = rng.random((50, n_in))
        z = X @ rule(rng, 200, n_in).T + rng.standard_normal(200)
        return np.mean(sigma_prime(z) < 0.01)

    assert saturated(nn.Normal(), 784) > 0.6
    assert saturated(nn.LeCun(), 784) < 0.01
    assert saturated(nn.Normal(), 2) < 0.01


@erratum(83)
def the_recipe_hardly_moves():
    digits = nn.datasets.digits()
    for seed in range(3):
        rng = np.random.default_rng(seed)
        net = nn.Network.random(
            [64, 30, 10], rng=rng, initializer=nn.Normal(), bias_initializer=nn.Normal()
        )  # fmt: skip
        other, before = net.copy(), nn.accuracy(net, digits.train)
        nn.train(net, digits.train, loss=nn.square, epochs=100, batch_size=len(digits.train), eta=0.001,
                 rng=rng)  # fmt: skip
        assert abs(nn.accuracy(net, digits.train) - before) < 0.02
        nn.train(other, digits.train, loss=nn.square, epochs=10, batch_size=10, eta=3.0, rng=rng)
        assert nn.accuracy(other, digits.train) > 0.8


@erratum(84)
def many_minima_are_copies_and_some_flat_points_are_saddles():
    rng = np.random.default_rng(0)
    M = 3
    W, b, v, X = rng.standard_normal((M, 2)), rng.standard_normal(M), rng.standard_normal(M), None
    X = rng.standard_normal((20, 2))
    function = np.tanh(X @ W.T + b) @ v
    copies = set()
    for order in itertools.permutations(range(M)):
        for signs in itertools.product((-1, 1), repeat=M):
            s, order = np.array(signs), list(order)
            copy = s[:, None] * W[order], s * b[order], s * v[order]
            np.testing.assert_allclose(np.tanh(X @ copy[0].T + copy[1]) @ copy[2], function)
            copies.add(tuple(np.concatenate([p.ravel() for p in copy]).round(9)))
    assert len(copies) == 6 * 8
    p, q = sympy.symbols("p q")
    C = (p * q - 1) ** 2 / 2  # two linear layers of one neuron, target 1
    at = {p: 0, q: 0}
    assert [sympy.diff(C, t).subs(at) for t in (p, q)] == [0, 0]
    assert set(sympy.hessian(C, (p, q)).subs(at).eigenvals()) == {-1, 1}  # a saddle
