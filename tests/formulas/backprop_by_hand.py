"""The equations of "Backpropagation by hand"."""

import math

import numpy as np
import oracle
import sympy
from oracle import sigma, sigma_prime
from registry import checks

W, B, X, Y = [0.5, 4.0, -2.0], [-1.0, -1.0, 0.0], 2.0, 1.0


def chain(w=W, x=X, nudge=(0, 0, 0.0)):
    z, a = oracle.run([[[v]] for v in w], [[v] for v in B], [x], nudge)
    return [None, *(v[0] for v in z)], [v[0] for v in a]


def cost(**change):
    return (chain(**change)[1][3] - Y) ** 2 / 2


def delta(layer, h=1e-6):
    return (cost(nudge=(layer, 0, h)) - cost(nudge=(layer, 0, -h))) / (2 * h)


@checks("hand-chain", r"\frac{dy}{dx} = \frac{dy}{du} \cdot \frac{du}{dx}")
def rates_multiply():
    x = sympy.Symbol("x")
    for f, g in [(sympy.sin, x**3), (lambda u: u**2, 3 * x + 1), (sympy.exp, sympy.cos(x))]:
        u = sympy.Symbol("u")
        product = sympy.diff(f(u), u).subs(u, g) * sympy.diff(g, x)
        assert sympy.simplify(product - sympy.diff(f(g), x)) == 0
    assert sympy.diff((3 * x + 1) ** 2, x).subs(x, 1) == 24 == 8 * 3


@checks(
    "hand-paths",
    r"\frac{dy}{dx} = \frac{\partial y}{\partial u} \frac{du}{dx} "
    r"+ \frac{\partial y}{\partial v} \frac{dv}{dx}",
)
def ways_add():
    x, u, v = sympy.symbols("x u v")
    y, inner = u**2 * sympy.sin(v) + v, {u: x**2 + 1, v: sympy.exp(x)}
    total = sum(sympy.diff(y, name).subs(inner) * sympy.diff(inner[name], x) for name in (u, v))
    assert sympy.simplify(total - sympy.diff(y.subs(inner), x)) == 0


@checks(
    "hand-last",
    r"\frac{\partial C}{\partial w_3} = \underbrace{(a_3 - y)}_{\partial C/\partial a_3} \cdot "
    r"\underbrace{\sigma'(z_3)}_{\partial a_3/\partial z_3} \cdot "
    r"\underbrace{a_2}_{\partial z_3/\partial w_3}",
)
def three_factors_of_the_last_weight():
    z, a = chain()
    nudged = [(cost(w=[0.5, 4.0, -2 + h]) - cost(w=[0.5, 4.0, -2 - h])) / (2 * h) for h in (1e-5, 1e-6)]
    np.testing.assert_allclose((a[3] - Y) * sigma_prime(z[3]) * a[2], nudged, rtol=1e-7)


@checks(
    "hand-delta3",
    r"\begin{aligned} \delta_3 = \frac{\partial C}{\partial z_3} &= (a_3 - y)\, \sigma'(z_3) \\ "
    r"&= -0.8119 \cdot 0.1527 = -0.1240 \end{aligned}",
)
def error_of_the_last_neuron():
    z, a = chain()
    assert [round(v, 4) for v in (a[3] - Y, sigma_prime(z[3]), delta(3))] == [-0.8119, 0.1527, -0.1240]
    assert round(-0.8119 * 0.1527, 4) == -0.1240


@checks(
    "hand-delta2",
    r"\begin{aligned} \delta_2 &= \delta_3\, w_3\, \sigma'(z_2) \\ "
    r"&= -0.1240 \cdot (-2) \cdot 0.1966 = 0.0488 \end{aligned}",
)
def error_of_the_neuron_before():
    z, _ = chain()
    np.testing.assert_allclose(delta(3) * W[2] * sigma_prime(z[2]), delta(2), rtol=1e-6)
    np.testing.assert_allclose(delta(2) * W[1] * sigma_prime(z[1]), delta(1), rtol=1e-6)
    assert round(sigma_prime(z[2]), 4) == 0.1966
    assert round(delta(2), 4) == round(-0.1240 * -2 * 0.1966, 4) == 0.0488


TWO = [[[1.0, -0.5], [0.5, 0.25]], [[2.0, -1.0]]]


def fork(x=(1.0, 2.0), nudge=(0, 0, 0.0)):
    return oracle.run(TWO, [[0.0, 0.0], [0.0]], list(x), nudge)


@checks(
    "hand-hidden",
    r"\begin{aligned} \delta^1_1 &= \delta^2\, w^2_{11}\, \sigma'(z^1_1) "
    r"\\ &= 0.1392 \cdot 2 \cdot 0.25 = 0.0696 \\ "
    r"\delta^1_2 &= \delta^2\, w^2_{12}\, \sigma'(z^1_2) "
    r"\\ &= 0.1392 \cdot (-1) \cdot 0.1966 = -0.0274 \end{aligned}",
)
def errors_of_both_hidden_neurons():
    hidden, out = oracle.errors(TWO, [[0.0, 0.0], [0.0]], [1.0, 2.0], [0.0])
    z = fork()[0]
    for j, value in ((0, 0.0696), (1, -0.0274)):
        np.testing.assert_allclose(out[0] * TWO[1][0][j] * sigma_prime(z[0][j]), hidden[j], rtol=1e-6)
        assert round(hidden[j], 4) == value
    assert round(out[0], 4) == 0.1392
    assert [round(0.1392 * 2 * 0.25, 4), round(-0.1392 * 0.1966, 4)] == [0.0696, -0.0274]


@checks(
    "hand-add",
    r"\begin{aligned} \frac{\partial C}{\partial x_1} &= \delta^1_1 w^1_{11} + \delta^1_2 w^1_{21} \\ "
    r"&= 0.0696 - 0.0137 = 0.0559 \end{aligned}",
)
def two_ways_to_an_input():
    hidden, _ = oracle.errors(TWO, [[0.0, 0.0], [0.0]], [1.0, 2.0], [0.0])
    x = [1.0, 2.0]
    measured = oracle.slope(lambda: oracle.square(fork(x)[1][-1], [0.0]), x, (0,))
    np.testing.assert_allclose(hidden[0] * 1.0 + hidden[1] * 0.5, measured, rtol=1e-6)
    assert round(measured, 4) == 0.0559 == round(0.0696 - 0.0137, 4)


@checks(
    "hand-ce-slope",
    r"\frac{\partial C}{\partial a} = -\frac{y}{a} + \frac{1-y}{1-a} = \frac{a - y}{a (1 - a)} ,",
)
def slope_of_the_cross_entropy():
    a, y = sympy.symbols("a y", positive=True)
    derivative = sympy.diff(-(y * sympy.log(a) + (1 - y) * sympy.log(1 - a)), a)
    assert sympy.simplify(derivative - (-y / a + (1 - y) / (1 - a))) == 0
    assert sympy.simplify(derivative - (a - y) / (a * (1 - a))) == 0


@checks("hand-ce-delta", r"\delta_L = \frac{a - y}{a (1-a)} \cdot a (1-a) = a - y")
def error_of_the_output_under_cross_entropy():
    for z, y in np.random.default_rng(0).standard_normal((20, 2)):
        target = float(y > 0)

        def c(z, t=target):
            return -(t * math.log(sigma(z)) + (1 - t) * math.log(1 - sigma(z)))

        np.testing.assert_allclose((c(z + 1e-6) - c(z - 1e-6)) / 2e-6, sigma(z) - target, atol=1e-8)


@checks(
    "hand-fill",
    r"\begin{aligned} \frac{\partial C}{\partial w_1} = {}& \frac{\partial C}{\partial a_3} \cdot "
    r"\frac{\partial a_3}{\partial\, ?} \cdot \frac{\partial\, ?}{\partial a_2} \\ "
    r"& \cdot \frac{\partial a_2}{\partial\, ?} \cdot \frac{\partial\, ?}{\partial a_1} \\ & \cdot "
    r"\frac{\partial a_1}{\partial\, ?} \cdot \frac{\partial\, ?}{\partial w_1} \end{aligned}",
)
def the_chain_with_sums_put_in():
    z, a = chain()
    product = (a[3] - Y) * sigma_prime(z[3]) * W[2] * sigma_prime(z[2]) * W[1] * sigma_prime(z[1]) * X
    measured = (cost(w=[0.5 + 1e-6, 4.0, -2.0]) - cost(w=[0.5 - 1e-6, 4.0, -2.0])) / 2e-6
    np.testing.assert_allclose(product, measured, rtol=1e-6)
