"""The equations of "Activation functions"."""

import math

import mpmath
import numpy as np
import oracle
import sympy
from oracle import sigma, sigma_prime
from registry import checks

import nnlib as nn

POINTS = [-7.0, -2.5, -1.0, -0.3, -0.01, 0.02, 0.4, 1.0, 3.0, 6.0]


def rise(f, z, h=1e-6):
    return (f(z + h) - f(z - h)) / (2 * h)


@checks(
    "activations-linear",
    r"\begin{aligned} & W^2 (W^1 x + b^1) + b^2 \\ &\quad = (W^2 W^1)\, x + (W^2 b^1 + b^2) , "
    r"\end{aligned}",
)
def two_layers_without_activation_are_one():
    rng = np.random.default_rng(0)
    for _ in range(5):
        weights, biases = oracle.random_layers(rng, (4, 3, 2))
        (W1, W2), (b1, b2) = map(np.array, weights), map(np.array, biases)
        for x in rng.standard_normal((5, 4)):
            out = oracle.run(weights, biases, x, f=lambda z: z)[1][-1]
            np.testing.assert_allclose((W2 @ W1) @ x + (W2 @ b1 + b2), out)
            np.testing.assert_allclose(W2 @ (W1 @ x + b1) + b2, out)
            net = nn.Network(weights, biases, [nn.identity] * 2)
            np.testing.assert_allclose(nn.outputs(net, x[None])[0], out)


@checks("activations-tanh", r"\tanh z = \frac{1 - e^{-2z}}{1 + e^{-2z}} = 2 \sigma(2z) - 1")
def tanh_is_a_sigmoid():
    z = sympy.Symbol("z", real=True)
    definition = (sympy.exp(z) - sympy.exp(-z)) / (sympy.exp(z) + sympy.exp(-z))
    quotient = (1 - sympy.exp(-2 * z)) / (1 + sympy.exp(-2 * z))
    assert sympy.simplify(definition - quotient) == 0
    for at in POINTS:
        exact = float(mpmath.tanh(at))
        formulas = [(1 - math.exp(-2 * at)) / (1 + math.exp(-2 * at)), 2 * sigma(2 * at) - 1]
        np.testing.assert_allclose(formulas, exact, rtol=1e-12)
        library = [nn.tanh(np.float64(at)), 2 * nn.sigmoid(np.float64(2 * at)) - 1]
        np.testing.assert_allclose(library, exact, rtol=1e-12)


@checks(
    "activations-tanh-slope",
    r"\begin{aligned} \tanh' z &= (1 + \tanh z)(1 - \tanh z) \\ &= 1 - \tanh^2 z . \end{aligned}",
)
def slope_of_tanh():
    z = sympy.Symbol("z", real=True)
    for form in ((1 + sympy.tanh(z)) * (1 - sympy.tanh(z)), 1 - sympy.tanh(z) ** 2):
        assert sympy.expand(sympy.diff(sympy.tanh(z), z) - form) == 0
    for at in POINTS:
        t, measured = math.tanh(at), rise(math.tanh, at)
        forms = [(1 + t) * (1 - t), 1 - t**2, nn.tanh.prime(np.float64(at))]
        np.testing.assert_allclose(forms, measured, atol=1e-9)


def softsign(z):
    return z / (1 + abs(z))


@checks(
    "activations-softsign",
    r"\frac{d}{dz}\, \frac{z}{1 + \lvert z \rvert} = \frac{1}{(1 + \lvert z \rvert)^2}",
)
def slope_of_softsign_on_both_sides_and_at_zero():
    z = sympy.Symbol("z", positive=True)
    assert sympy.simplify(sympy.diff(z / (1 + z), z) - 1 / (1 + z) ** 2) == 0  # to the right of 0
    for at in [*POINTS, 0.0]:
        measured = rise(softsign, at, 1e-7)
        np.testing.assert_allclose(1 / (1 + abs(at)) ** 2, measured, atol=2e-7)
        np.testing.assert_allclose(nn.softsign(np.float64(at)), softsign(at))
        np.testing.assert_allclose(nn.softsign.prime(np.float64(at)), measured, atol=2e-7)


@checks("activations-softplus", r"\frac{d}{dz} \ln(1 + e^z) = \frac{e^z}{1 + e^z} = \sigma(z)")
def slope_of_softplus_is_the_sigmoid():
    z = sympy.Symbol("z", real=True)
    slope = sympy.diff(sympy.log(1 + sympy.exp(z)), z)
    assert sympy.simplify(slope - sympy.exp(z) / (1 + sympy.exp(z))) == 0
    for at in POINTS:
        measured = rise(lambda v: math.log(1 + math.exp(v)), at)
        forms = [math.exp(at) / (1 + math.exp(at)), sigma(at), nn.softplus.prime(np.float64(at))]
        np.testing.assert_allclose(forms, measured, atol=1e-8)
        exact = float(mpmath.log1p(mpmath.exp(at)))
        np.testing.assert_allclose(nn.softplus(np.float64(at)), exact, rtol=1e-12)


@checks("activations-leaky", r"f(z) = \begin{cases} z , & z > 0 \\ \alpha z , & z \le 0 \end{cases}")
def leaky_relu_is_the_larger_of_two_lines():
    for alpha in (0.0, 0.01, 0.2, 1.0):
        f = nn.LeakyReLU(alpha)
        for z in [*POINTS, 0.0]:
            formula = z if z > 0 else alpha * z
            assert formula == max(z, alpha * z) == f(np.float64(z))
            if z:
                measured = rise(lambda v, f=f: float(f(np.float64(v))), z)
                np.testing.assert_allclose(f.prime(np.float64(z)), measured, atol=1e-8)
    assert nn.LeakyReLU() == nn.LeakyReLU(0.01) == nn.leaky_relu


def exactly(f, z1, w, depth=20, shift=0):
    """Last activation of the row of neurons and all sums, with as many digits as are set."""
    z, sums = mpmath.mpf(z1), []
    for _ in range(depth):
        sums.append(z)
        a = f(z)
        z = w * a + shift
    return a, sums


def logistic(z):
    return 1 / (1 + mpmath.exp(-z))


def in_a_row(f, z1, w, shift=0):
    """∂a₂₀/∂z₁ by central differences with seventy digits, and the sums."""
    with mpmath.workdps(70):
        h = mpmath.mpf(10) ** -25
        above, below = (exactly(f, mpmath.mpf(z1) + by, w, shift=shift)[0] for by in (h, -h))
        return (above - below) / (2 * h), exactly(f, z1, w, shift=shift)[1]


@checks(
    "activations-chain",
    r"\frac{\partial a_{20}}{\partial z_1} = f'(z_1) \prod_{\ell=2}^{20} w\, f'(z_\ell) ,",
)
def twenty_links():
    for f, slope, mine in (
        (logistic, lambda z: logistic(z) * (1 - logistic(z)), nn.sigmoid),
        (mpmath.tanh, lambda z: mpmath.sech(z) ** 2, nn.tanh),
        (lambda z: mpmath.log(1 + mpmath.exp(z)), logistic, nn.softplus),
    ):
        for z1, w in ((0.5, 1.0), (-1.5, 0.75), (0.3, -1.25)):
            measured, z = in_a_row(f, z1, w)
            assert len(z) == 20
            formula = slope(z[0]) * math.prod(w * slope(z[layer - 1]) for layer in range(2, 21))
            np.testing.assert_allclose(float(formula / measured), 1, rtol=1e-12)
            net = nn.Network([[[w]]] * 20, [[0.0]] * 20, [mine] * 20)
            trace = nn.forward(net, np.array([[z1 / w]]))
            target = trace.output - 1  # so that the slope of the square cost in the output is 1
            delta = nn.errors(net, trace, target, nn.square)[0].item()
            np.testing.assert_allclose(delta / float(measured), 1, rtol=1e-9)


@checks(
    "activations-bound",
    r"\begin{gathered} \sigma'(z) \le \tfrac14 , \\ \text{so for } \lvert w \rvert \le 1 \quad "
    r"\left\lvert \frac{\partial a_{20}}{\partial z_1} \right\rvert \le 4^{-20} \approx 10^{-12} "
    r"\end{gathered}",
)
def no_link_of_a_sigmoid_passes_more_than_a_quarter():
    rng = np.random.default_rng(1)
    for z in [0.0, *POINTS, *(4 * rng.standard_normal(200))]:
        assert rise(sigma, z) <= 0.25 + 1e-9
        assert sigma_prime(z) <= 0.25
        assert nn.sigmoid.prime(np.float64(z)) <= 0.25
    assert nn.sigmoid.prime(np.float64(0)) == sigma_prime(0) == 0.25
    bound = mpmath.mpf(4) ** -20
    ways = [*zip(3 * rng.standard_normal(12), rng.uniform(-1, 1, 12), strict=True)]
    for z1, w in [*ways, (0.0, 1.0), (0.0, -1.0), (0.5, 1.0)]:
        assert abs(in_a_row(logistic, z1, w)[0]) <= bound
    best = in_a_row(logistic, 0, 1, shift=mpmath.mpf(-1) / 2)[0]  # biases that hold every z at 0
    np.testing.assert_allclose(float(best / bound), 1, rtol=1e-12)
    assert abs(float(bound) / 1e-12 - 1) < 0.1
