"""The equations of "Gradient descent"."""

import numpy as np
import oracle
import sympy
from registry import checks

import nnlib as nn


@checks(
    "descent-one",
    r"\begin{aligned} C_i &= \tfrac12 \lVert a^L(x_i) - y_i \rVert^2 \\ "
    r"&= \tfrac12 \sum_{j=1}^{c} (a^L_j - y_{ij})^2 , \end{aligned}",
)
def cost_of_one_example():
    for _, _, _, y, _, a, _ in oracle.cases():
        total = sum((a[-1][j] - y[j]) ** 2 for j in range(len(y))) / 2
        length = np.linalg.norm(np.array(a[-1]) - y)
        np.testing.assert_allclose([total, length**2 / 2], nn.square(np.array([a[-1]]), np.array([y])).item())


@checks(
    "descent-cost",
    r"\begin{aligned} C(\theta) &= \frac1n \sum_{i=1}^{n} C_i \\ "
    r"&= \frac{1}{2n} \sum_{i=1}^{n} \lVert a^L(x_i) - y_i \rVert^2 \end{aligned}",
)
def cost_is_the_mean():
    rng = np.random.default_rng(0)
    weights, biases = oracle.random_layers(rng, (4, 3, 2))
    X, Y = rng.standard_normal((9, 4)), rng.random((9, 2))
    each = [oracle.square(oracle.run(weights, biases, x)[1][-1], y) for x, y in zip(X, Y, strict=True)]
    net = nn.Network(weights, biases, [nn.sigmoid] * 2)
    np.testing.assert_allclose(nn.cost(net, nn.Dataset(X, Y), nn.square), sum(each) / 9)
    np.testing.assert_allclose(
        sum(each) / 9, np.sum(np.linalg.norm(nn.outputs(net, X) - Y, axis=1) ** 2) / 18
    )


def bowl(rng, n=4):
    """A smooth function of n variables that is no quadratic, with its gradient by SymPy."""
    v = sympy.symbols(f"v1:{n + 1}")
    A = rng.standard_normal((n, n))
    f = sum(float(A[i, j]) * v[i] * v[j] for i in range(n) for j in range(n)) + sympy.sin(v[0] * v[1])
    return sympy.lambdify([v], f), sympy.lambdify([v], [sympy.diff(f, u) for u in v])


@checks("descent-step", r"\theta \leftarrow \theta - \eta\, \nabla C(\theta) ,")
def the_step_is_what_nnlib_does_and_no_direction_goes_down_faster():
    rng = np.random.default_rng(0)
    net = nn.Network.random([3, 2], rng=rng, dtype=np.float64)
    X, Y = rng.standard_normal((5, 3)), rng.random((5, 2))
    slow = nn.numerical_gradients(net, X, Y, nn.square)
    expected = [p - 0.7 * g for p, g in zip(net.parameters, slow.parameters, strict=True)]
    nn.train(net, nn.Dataset(X, Y), loss=nn.square, epochs=1, batch_size=5, eta=0.7, rng=rng)
    for mine, theirs in zip(expected, net.parameters, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-8)
    f, gradient = bowl(rng)
    at = rng.standard_normal(4)
    g = np.array(gradient(at))
    steepest = f(at - 1e-5 * g / np.linalg.norm(g))
    for direction in rng.standard_normal((2000, 4)):
        assert f(at + 1e-5 * direction / np.linalg.norm(direction)) >= steepest - 1e-12


@checks("descent-fall", r"\Delta C \approx -\eta\, \lVert \nabla C \rVert^2 .")
def the_first_order_fall():
    rng = np.random.default_rng(1)
    f, gradient = bowl(rng)
    for at in rng.standard_normal((20, 4)):
        g = np.array(gradient(at))
        for eta in (1e-4, 1e-5):
            fall = f(at - eta * g) - f(at)
            assert abs(fall / (-eta * (g @ g)) - 1) < 40 * eta  # the rest is of the order of η


@checks("descent-factor", r"x_{k+1} - x^* \approx \bigl( 1 - \eta f''(x^*) \bigr) \, (x_k - x^*)")
def the_factor_near_each_minimum_of_the_quartic():
    x = sympy.Symbol("x")
    f = x**4 / 4 - x**3 - x**2 + 2 * x
    assert sympy.expand(sympy.diff(f, x) - (x + 1) * (x**2 - 4 * x + 2)) == 0
    second = sympy.diff(f, x, 2)
    assert sympy.expand(second - (3 * x**2 - 6 * x - 2)) == 0
    slope = sympy.lambdify(x, sympy.diff(f, x))
    for minimum in (-1, 2 + sympy.sqrt(2)):
        assert sympy.simplify(sympy.diff(f, x).subs(x, minimum)) == 0
        bend = float(second.subs(x, minimum))
        assert bend > 0
        for eta in (0.01, 0.08, 0.15, 0.25):
            start = float(minimum) + 1e-6
            after = start - eta * slope(start)
            np.testing.assert_allclose((after - float(minimum)) / 1e-6, 1 - eta * bend, atol=1e-4)
    assert second.subs(x, 2 - sympy.sqrt(2)) < 0


@checks("descent-mean", r"\nabla C = \frac1n \sum_{i=1}^{n} \nabla C_i ,")
def gradient_of_the_mean_is_the_mean_of_gradients():
    rng = np.random.default_rng(2)
    net = nn.Network.random([4, 3, 2], rng=rng, dtype=np.float64)
    X, Y = rng.standard_normal((7, 4)), rng.random((7, 2))
    whole = nn.numerical_gradients(net, X, Y, nn.square).parameters
    single = [nn.numerical_gradients(net, X[i : i + 1], Y[i : i + 1], nn.square).parameters for i in range(7)]
    for total, *parts in zip(whole, *single, strict=True):
        np.testing.assert_allclose(total, sum(parts) / 7, atol=1e-8)


@checks("descent-batch", r"\theta \leftarrow \theta - \eta\, \frac1m \sum_{i \in B} \nabla C_i")
def a_batch_is_right_on_average_and_scatters_as_one_over_root_m():
    rng = np.random.default_rng(3)
    gradients = rng.standard_normal(1000) * 3 + 1
    spread = {}
    for m in (1, 4, 16, 64):
        found = np.array([gradients[rng.permutation(1000)[:m]].mean() for _ in range(4000)])
        assert abs(found.mean() - gradients.mean()) < 5 * found.std() / np.sqrt(4000)
        spread[m] = found.std() / np.sqrt((1000 - m) / 999)  # drawn without repetition
    for m in (4, 16, 64):
        np.testing.assert_allclose(spread[m], spread[1] / np.sqrt(m), rtol=0.06)
    net = nn.Network([[[0.5, -1.0]]], [[0.2]], [nn.identity])
    X, Y = rng.standard_normal((3, 2)), rng.standard_normal((3, 1))
    steps = [(0.5 * x[0] - x[1] + 0.2 - y.item()) * np.append(x, 1) for x, y in zip(X, Y, strict=True)]
    expected = np.array([0.5, -1.0, 0.2]) - 0.3 * sum(steps) / 3
    nn.train(net, nn.Dataset(X, Y), loss=nn.square, epochs=1, batch_size=3, eta=0.3, rng=rng)
    np.testing.assert_allclose([*net.weights[0][0], net.biases[0][0]], expected)


@checks("descent-wells", r"C_i(w) = \tfrac14 w^4 - \tfrac12 w^2 + \tfrac1{10} w + c_i w ,")
def the_mean_has_two_wells_and_the_slope_is_the_one_used():
    w = sympy.Symbol("w")
    c = [3 if i % 2 else -3 for i in range(100)]
    mean = sum(w**4 / 4 - w**2 / 2 + w / 10 + ci * w for ci in c) / 100
    assert sympy.expand(sympy.diff(mean, w) - (w**3 - w + sympy.Rational(1, 10))) == 0
    left, top, right = sorted(float(sympy.re(r)) for r in sympy.Poly(sympy.diff(mean, w), w).nroots())
    value = sympy.lambdify(w, mean)
    assert value(left) < value(right) < value(top)


@checks(
    "descent-momentum",
    r"\begin{aligned} v &\leftarrow \mu v - \eta \nabla C \\ \theta &\leftarrow \theta + v \end{aligned}",
)
def momentum_of_nnlib_and_its_final_speed():
    rng = np.random.default_rng(4)
    net = nn.Network.random([2, 1], rng=rng, dtype=np.float64)
    optimizer = nn.Momentum(0.8)
    state = optimizer.start(net)
    v = [np.zeros_like(p) for p in net.parameters]
    theta = [p.copy() for p in net.parameters]
    for _ in range(6):
        g = [rng.standard_normal(p.shape) for p in theta]
        optimizer.step(net, nn.Gradients([g[0]], [g[1]]), 0.3, state)
        v = [0.8 * vi - 0.3 * gi for vi, gi in zip(v, g, strict=True)]
        theta = [t + vi for t, vi in zip(theta, v, strict=True)]
    for mine, theirs in zip(theta, net.parameters, strict=True):
        np.testing.assert_allclose(mine, theirs)
    speed = 0.0
    for _ in range(500):
        speed = 0.9 * speed - 0.1 * 2.0
    np.testing.assert_allclose(speed, -0.1 * 2.0 / (1 - 0.9))
