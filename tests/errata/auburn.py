"""Auburn."""

import autograd.numpy as anp
import numpy as np
import pytest
import reference
import sympy
from autograd import grad
from errata_registry import compare, deep, erratum, sigma, sigma_prime, slopes

import nnlib as nn


@erratum(45)
def the_same_line_trains_both():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 2))
    X = X[np.abs(X @ [1, -2]) > 0.3]
    y = (X @ [1, -2] > 0).astype(float)
    X = np.column_stack([X, np.ones(len(X))])

    def update(theta, g, i):
        return theta + (y[i] - g(theta @ X[i])) * X[i]

    theta, step = np.zeros(3), lambda z: float(z >= 0)
    for i in [*range(len(X))] * 200:
        theta = update(theta, step, i)
    assert all((theta @ X[i] >= 0) == (y[i] == 1) for i in range(len(X)))  # trained, step and all
    theta = rng.standard_normal(3)
    for i in range(5):

        def cost(theta, i=i):
            z = anp.dot(X[i], theta)
            return anp.log(1 + anp.exp(z)) - y[i] * z

        np.testing.assert_allclose(update(theta, sigma, i), theta - grad(cost)(theta))


@erratum(49)
def relu_has_a_kink_and_the_step_a_jump():
    def one_sided(f, h):
        return [(f(np.array(s * h)) - f(np.array(0.0))) / (s * h) for s in (-1, 1)]

    for h in (1e-3, 1e-6):
        np.testing.assert_allclose(one_sided(nn.relu, h), [0, 1])
        assert np.ptp(one_sided(nn.sigmoid, h)) < h  # differentiable: both sides agree
        assert max(map(abs, one_sided(nn.Step(), h))) >= 1 / h
    away = np.array([-2.0, -0.1, 0.1, 2.0])
    np.testing.assert_array_equal(slopes(lambda z: nn.Step()(z).sum(), away), 0)


@erratum(50)
def a_relu_output_below_zero_cannot_learn():
    age = 7.0
    for b, stuck in ((-3.0, True), (3.0, False)):

        def cost(f, b=b):
            return grad(lambda b: 0.5 * (f(b) - age) ** 2)(b)

        assert (cost(lambda z: anp.maximum(0.0, z)) == 0) == stuck
        assert cost(lambda z: z) < 0
        assert cost(lambda z: anp.log(1 + anp.exp(z))) < -1e-3
    net = nn.Network([[[0.0]]], [[-3.0]], [nn.relu])
    assert nn.backprop(net, np.ones((1, 1)), np.full((1, 1), age), nn.square).biases[0] == 0


@erratum(51)
def softmax_cannot_say_cat_and_dog():
    z = 5 * np.random.default_rng(0).standard_normal((10_000, 3))
    assert (nn.softmax(z) > 0.5).sum(axis=1).max() == 1
    assert (nn.sigmoid(z) > 0.5).sum(axis=1).max() == 3
    assert nn.sigmoid(np.array([4.0, -4.0, 4.0])).round().tolist() == [1, 0, 1]


@erratum(52)
def rows_and_units_are_two_numbers():
    rng = np.random.default_rng(0)
    n, f, units = 5, 3, 4
    X, W = rng.standard_normal((n, f)), rng.standard_normal((units, f))
    with pytest.raises(ValueError, match="mismatch"):
        W @ X
    b = rng.standard_normal((n, 1))
    with pytest.raises(ValueError, match="broadcast"):
        (W @ X[0])[:, None] + b  # one bias per example
    b = rng.standard_normal((units, 1))
    Z = X @ W.T + np.ones((n, 1)) @ b.T
    for i in range(n):
        np.testing.assert_allclose(Z[i], [W[u] @ X[i] + b[u, 0] for u in range(units)])


def small_network(rng):
    """Weights, biases and activations of 4-3-2-1, columns as on the slides."""
    W = [None, *(rng.standard_normal(shape) for shape in ((3, 4), (2, 3), (1, 2)))]
    b = [None, *(rng.standard_normal((rows, 1)) for rows in (3, 2, 1))]
    a = [rng.standard_normal((4, 1))]
    for layer in (1, 2, 3):
        a.append(sigma(W[layer] @ a[-1] + b[layer]))
    return W, b, a, float(rng.integers(2))


def truth(W, b, a, y):
    """Autograd's gradients of the slides' loss: W1, W2, W3, b1, b2, b3."""
    net = nn.Network(W[1:], [v.ravel() for v in b[1:]], [nn.sigmoid] * 3)
    return reference.autograd_gradients(net, a[0].T, np.array([[y]]), nn.cross_entropy)


@erratum(53)
def updates_come_after_all_gradients():
    rng = np.random.default_rng(0)
    off = []
    for trial in range(2000):
        W, b, a, y = small_network(rng)
        delta = a[3] - y

        def next_gradient(W3, a=a, delta=delta):
            return (W3.T @ delta * a[2] * (1 - a[2])) @ a[1].T

        kept = next_gradient(W[3])
        first_updated = next_gradient(W[3] - 1.0 * delta @ a[2].T)
        off.append(np.linalg.norm(first_updated - kept) / np.linalg.norm(kept))
        if trial < 5:
            compare(printed=first_updated, corrected=kept, truth=truth(W, b, a, y)[1])
    assert 0.25 < np.median(off) < 0.36


@erratum(54)
def the_recapped_derivative():
    w, a, bias, y = sympy.symbols("w a b y", real=True)
    output = 1 / (1 + sympy.exp(-(w * a + bias)))
    derivative = sympy.diff(output, w)
    assert sympy.simplify(derivative - output * (1 - output) * a) == 0
    assert sympy.simplify(derivative - y * (1 - output) * a) != 0


@erratum(55)
def the_factors_do_not_fit_as_matrices():
    rng = np.random.default_rng(0)
    for _ in range(5):
        W, b, a, y = small_network(rng)
        g = [None, *(v * (1 - v) for v in a[1:])]
        with pytest.raises(ValueError, match="mismatch"):
            (a[3] - y) @ W[3] @ g[2] @ a[1]
        with pytest.raises(ValueError, match="mismatch"):
            (a[3] - y) @ W[3] @ g[2] @ W[2] @ g[1] @ a[0]
        forced = (a[3] - y) @ W[3] @ g[2] @ a[1].T
        true = truth(W, b, a, y)
        delta_2 = W[3].T @ (a[3] - y) * g[2]
        compare(printed=forced, corrected=delta_2 @ a[1].T, truth=true[1])
        delta_1 = W[2].T @ delta_2 * g[1]
        np.testing.assert_allclose(delta_1 @ a[0].T, true[0])
    w3, z, a1, y = 0.7, 0.3, 1.2, 1.0  # one neuron per layer: the printed product is right
    scalar = slopes(
        lambda w: -np.log(sigma(w3 * sigma(w[0] * a1 + z))), np.array([0.4])
    )[0]  # fmt: skip
    z2 = 0.4 * a1 + z
    np.testing.assert_allclose((sigma(w3 * sigma(z2)) - y) * w3 * sigma_prime(z2) * a1, scalar)


@erratum(56)
def the_derivative_that_is_missing():
    W, b, a, y = small_network(np.random.default_rng(1))
    compare(
        printed=0 * b[2],  # nothing is given
        corrected=W[3].T @ (a[3] - y) * a[2] * (1 - a[2]),
        truth=truth(W, b, a, y)[4][:, None],
    )


@erratum(57)
def the_loss_depends_on_inner_weights():
    W, b, a, y = small_network(np.random.default_rng(2))

    def loss(W2):
        output = sigma(W[3] @ sigma(W2 @ a[1] + b[2]) + b[3]).item()
        return -((1 - y) * np.log(1 - output) + y * np.log(output))

    chain = (W[3].T @ (a[3] - y) * a[2] * (1 - a[2])) @ a[1].T
    compare(printed=0 * W[2], corrected=chain, truth=slopes(loss, W[2]))


@erratum(58)
def mean_normalisation_divides_by_the_range():
    x = np.array([10.0, 15.0, 20.0])
    mean = sum(x) / 3
    deviation = (sum((v - mean) ** 2 for v in x) / 3) ** 0.5
    z = nn.z_score(x[:, None])(x[:, None]).ravel()
    np.testing.assert_allclose(z, [(v - mean) / deviation for v in x])  # the recipe on the slide
    np.testing.assert_allclose([z.mean(), z.std()], [0, 1], atol=1e-12)
    compare(printed=np.ptp(z), corrected=np.ptp((x - mean) / (max(x) - min(x))), truth=1.0)


@erratum(59)
def min_max_scaling_subtracts_the_minimum():
    x = np.array([10.0, 15.0, 20.0])
    ends = [0, 0.5, 1]  # least to 0, greatest to 1, straight between
    compare(printed=x / x.max(), corrected=(x - x.min()) / (x.max() - x.min()), truth=ends)
    np.testing.assert_allclose(x / x.max(), [0.5, 0.75, 1])
    np.testing.assert_allclose(nn.min_max(x[:, None])(x[:, None]).ravel(), ends)
    pixels = np.array([0.0, 51, 255])
    np.testing.assert_allclose(pixels / 255, (pixels - 0) / (255 - 0))


@erratum(60)
def the_same_scale_is_not_the_same_influence():
    rng = np.random.default_rng(0)
    raw = rng.standard_normal((500, 2)) * [1, 1000]
    X = nn.z_score(raw)(raw)
    np.testing.assert_allclose(X.std(axis=0), 1)
    y = 3 * X[:, 0]
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    contribution = np.abs(w * X).mean(axis=0)
    assert contribution[0] > 1000 * contribution[1]
    train, test = raw[:50], raw[50:] + np.array([2, 0])
    scale = nn.z_score(train)
    assert scale(test)[:, 0].mean() > 1.5  # the shift is seen; scaled by its own mean it would vanish
    assert abs(nn.z_score(test)(test)[:, 0].mean()) < 1e-12


@erratum(61)
def three_layers_hardly_vanish_and_fifty_do():
    def through(factor, layers):
        x = np.array([1.0, 0.0])
        for _ in range(layers):
            x = factor * np.eye(2) @ x
        return x[0]

    assert (through(0.5, 3), through(1.5, 3)) == (0.125, 3.375)
    assert f"{through(0.5, 50):.1e}" == "8.9e-16"
    assert f"{through(1.5, 50):.1e}" == "6.4e+08"
    rng = np.random.default_rng(0)
    W, x = [rng.standard_normal((3, 3)) for _ in range(3)], rng.standard_normal(3)
    for f, equal in ((nn.identity, True), (nn.sigmoid, False)):
        net = nn.Network(W, [np.zeros(3)] * 3, [f] * 3)
        assert np.allclose(nn.forward(net, x[None]).output, W[2] @ W[1] @ W[0] @ x) == equal


@erratum(62)
def entries_near_one_stretch_by_five_hundred():
    n = 500
    rng = np.random.default_rng(0)
    x = rng.standard_normal(n)
    near_one = 1 + 0.01 * rng.standard_normal((n, n))
    stretched = np.linalg.norm(near_one @ np.ones(n)) / np.linalg.norm(np.ones(n))
    assert abs(stretched - 500) < 1
    for rule in (nn.LeCun(),):
        W = rule(rng, n, n)
        gain = np.linalg.norm(W @ x) / np.linalg.norm(x)
        assert abs(gain - 1) < 0.1
        assert abs(W.std() * np.sqrt(n) - 1) < 0.01


@erratum(63)
def the_listing_does_not_run():
    n, layer = [784, 30, 10], 1
    shape = (n[layer], n[layer - 1])
    with pytest.raises(TypeError):
        np.random.randn(shape)  # noqa: NPY002
    assert not hasattr(np, "nsqrt")
    rng = np.random.default_rng(0)
    W = rng.standard_normal(shape) * np.sqrt(1 / n[layer - 1])
    compare(
        printed=1 / 784 ** (layer - 1), corrected=round(784 * W.var(), 1) / 784, truth=1 / shape[1]
    )  # the variance that makes z of unit inputs of variance 1


@erratum(64)
def twenty_sigmoid_layers_lose_the_gradient():
    assert deep(nn.LeCun(), sigma, sigma_prime, layers=2)[2] > 0.1
    assert deep(nn.LeCun(), sigma, sigma_prime, layers=21)[2] < 1e-10
    assert sigma_prime(np.linspace(-9, 9, 1001)).max() <= 0.25


WELLS = np.random.default_rng(0).standard_normal(100)
WELLS = 3 * (WELLS - WELLS.mean())  # C_i = θ⁴/4 - θ²/2 + θ/5 + e_i θ, and Σ e_i = 0


def escapes(batch, eta=0.05, runs=100, steps=5000):
    """Share of runs that leave the poorer well, near 0.88, for the better one, near -1.09."""
    rng = np.random.default_rng(1)
    theta, escaped = np.full(runs, 0.8789), np.zeros(runs, dtype=bool)
    for _ in range(steps):
        noise = 0 if batch == len(WELLS) else WELLS[rng.integers(0, len(WELLS), (runs, batch))].mean(axis=1)
        theta = theta - eta * (theta**3 - theta + 0.2 + noise)
        escaped |= theta < -0.5
    return escaped.mean()


def mean_cost(theta):
    return np.mean([theta**4 / 4 - theta**2 / 2 + theta / 5 + e * theta for e in WELLS])


@erratum(65)
def noise_leaves_a_well_in_which_full_batches_stay():
    assert mean_cost(0.8789) > mean_cost(-1.088) + 0.3  # the start is the poorer of the two
    for theta in (0.8789, -1.088):
        assert mean_cost(theta) < min(mean_cost(theta - 0.05), mean_cost(theta + 0.05))
    assert escapes(batch=100) == 0
    assert escapes(batch=1) > 0.95


@erratum(66)
def batches_of_ten_escape_in_some_runs():
    assert 0.2 < escapes(batch=10) < 0.8
    assert escapes(batch=10, eta=0.005) == 0


@erratum(68)
def error_is_accumulated_within_a_batch():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((20, 3)), rng.random((20, 1))
    start = nn.Network.random([3, 1], rng=rng, dtype=np.float64)
    net = start.copy()
    next(iter(nn.sgd(net, nn.Dataset(X, Y), loss=nn.square, batch_size=5, eta=0.5,
                     rng=np.random.default_rng(3))))  # fmt: skip

    def epoch(within):
        own = start.copy()
        batches = nn.minibatches(X, Y, 5, np.random.default_rng(3))
        kept = [0.0, 0.0]
        for batch in batches:
            found = reference.autograd_gradients(own, *batch, nn.square)
            kept = [one + other for one, other in zip(kept, found, strict=True)]
            if within:
                for p, g in zip(own.parameters, kept, strict=True):
                    p -= 0.5 * g
                kept = [0.0, 0.0]
        if not within:
            for p, g in zip(own.parameters, kept, strict=True):
                p -= 0.5 * g / 4
        return np.concatenate([p.ravel() for p in own.parameters])

    compare(
        printed=epoch(within=False),
        corrected=epoch(within=True),
        truth=np.concatenate([p.ravel() for p in net.parameters]),
    )
    full = reference.autograd_gradients(start, X, Y, nn.square)  # and is one step of batch descent
    step = [p - 0.5 * g for p, g in zip(start.parameters, full, strict=True)]
    np.testing.assert_allclose(epoch(within=False), np.concatenate([p.ravel() for p in step]))
