"""The equations of "Softmax"."""

import math

import mpmath
import numpy as np
import oracle
import sympy
from registry import checks

import nnlib as nn


def shares(z):
    """The definition as it stands, in plain Python."""
    total = sum(math.exp(v) for v in z)
    return [math.exp(v) / total for v in z]


def price(z, t):
    return -math.log(shares(z)[t])


def logits(n=20, c=4, seed=0):
    return (2 * np.random.default_rng(seed).standard_normal((n, c))).tolist()


def examples():
    """Logits, and each of the classes as the right one."""
    return [(z, t) for z in logits() for t in range(len(z))]


Z = sympy.symbols("z1:5", real=True)
S = sum(sympy.exp(v) for v in Z)
A = [sympy.exp(v) / S for v in Z]


@checks("softmax-definition", r"a_j = \frac{e^{z_j}}{\sum_{k=1}^{c} e^{z_k}}")
def shares_by_the_definition_with_fifty_digits():
    with mpmath.workdps(50):
        for z in [*logits(), [2.0, 1.0, 0.0, -1.0], [1000.0, 990.0, 0.0], [-800.0, -801.5, -790.0]]:
            a = [mpmath.exp(zj) / mpmath.fsum(mpmath.exp(zk) for zk in z) for zj in z]
            np.testing.assert_allclose(nn.softmax(np.array(z)), np.array(a, float), rtol=1e-12, atol=1e-300)
            assert abs(mpmath.fsum(a) - 1) < 1e-40
            assert min(a) > 0
            assert np.argsort(np.array(a, float), kind="stable").tolist() == np.argsort(z).tolist()


@checks("softmax-odds", r"\ln \frac{a_j}{a_k} = z_j - z_k")
def ratios_have_the_differences_as_logarithms():
    for j in range(4):
        for k in range(4):
            assert sympy.simplify(sympy.log(A[j] / A[k]) - (Z[j] - Z[k])) == 0
            for z in logits():
                a = nn.softmax(np.array(z))
                np.testing.assert_allclose(math.log(a[j] / a[k]), z[j] - z[k], atol=1e-12)
                np.testing.assert_allclose(math.log(shares(z)[j] / shares(z)[k]), z[j] - z[k], atol=1e-12)


@checks(
    "softmax-two",
    r"\begin{aligned} a_1 = \frac{e^{z_1}}{e^{z_1} + e^{z_2}} &= \frac{1}{1 + e^{-(z_1 - z_2)}} \\ &="
    r" \sigma(z_1 - z_2) , \end{aligned}",
)
def two_classes_are_a_sigmoid():
    for z1, z2 in logits(c=2):
        a1 = math.exp(z1) / (math.exp(z1) + math.exp(z2))
        np.testing.assert_allclose(
            [1 / (1 + math.exp(-(z1 - z2))), oracle.sigma(z1 - z2), nn.softmax(np.array([z1, z2]))[0]], a1
        )
        np.testing.assert_allclose(nn.softmax(np.array([z1 - z2, 0.0]))[0], a1)


@checks(
    "softmax-cost",
    r"\begin{aligned} C_i &= -\ln a_t = -\sum_{j=1}^{c} y_j \ln a_j \\ C &= \frac1n "
    r"\sum_{i=1}^{n} C_i \end{aligned}",
)
def cost_is_the_likelihood_of_the_right_answers():
    rng = np.random.default_rng(1)
    weights, biases = oracle.random_layers(rng, (3, 4))
    X, t = rng.standard_normal((7, 3)), rng.integers(4, size=7)
    runs = [shares(oracle.run(weights, biases, x)[0][-1]) for x in X]
    likelihood = math.prod(a[right] for a, right in zip(runs, t, strict=True))
    costs = []
    for a, right in zip(runs, t, strict=True):
        y = [float(j == right) for j in range(4)]
        costs.append(-sum(yj * math.log(aj) for yj, aj in zip(y, a, strict=True)))
        np.testing.assert_allclose(costs[-1], -math.log(a[right]))
        np.testing.assert_allclose(costs[-1], nn.log_likelihood(np.array([a]), np.array([y])).item())
    np.testing.assert_allclose(sum(costs) / 7, -math.log(likelihood) / 7)
    net = nn.Network(weights, biases, [nn.softmax])
    data = nn.Dataset.from_labels(X, t, 4)
    np.testing.assert_allclose(nn.cost(net, data, nn.log_likelihood), sum(costs) / 7)


@checks("softmax-logits", r"C_i = -z_t + \ln \sum_{k=1}^{c} e^{z_k}")
def cost_from_the_logits():
    for z, t in examples():
        formula = -z[t] + math.log(sum(math.exp(zk) for zk in z))
        np.testing.assert_allclose(formula, price(z, t), atol=1e-13)
        values = nn.log_likelihood.values(nn.softmax, np.array([z]), np.eye(4)[[t]])
        np.testing.assert_allclose(values.item(), price(z, t), atol=1e-13)


def measured_slope(z, t, j):
    """∂a_t/∂z_j by central differences of the definition."""
    return oracle.slope(lambda: shares(z)[t], z, (j,))


@checks(
    "softmax-slope-same",
    r"\frac{\partial a_t}{\partial z_t} = \frac{e^{z_t} S - e^{z_t} e^{z_t}}{S^2} = a_t (1 - a_t)",
)
def slope_of_a_share_in_its_own_logit():
    for t in range(4):
        quotient = (sympy.exp(Z[t]) * S - sympy.exp(Z[t]) * sympy.exp(Z[t])) / S**2
        for form in (quotient, A[t] * (1 - A[t])):
            assert sympy.simplify(sympy.diff(A[t], Z[t]) - form) == 0
    for z, t in examples():
        a = shares(z)
        np.testing.assert_allclose(a[t] * (1 - a[t]), measured_slope(z, t, t), atol=1e-9)
        np.testing.assert_allclose(nn.softmax.jacobian(np.array(z))[t, t], measured_slope(z, t, t), atol=1e-9)


@checks(
    "softmax-slope-other",
    r"\frac{\partial a_t}{\partial z_j} = \frac{0 \cdot S - e^{z_t} e^{z_j}}{S^2} = -a_t\, a_j",
)
def slope_of_a_share_in_another_logit():
    for t in range(4):
        for j in {0, 1, 2, 3} - {t}:
            quotient = (0 * S - sympy.exp(Z[t]) * sympy.exp(Z[j])) / S**2
            for form in (quotient, -A[t] * A[j]):
                assert sympy.simplify(sympy.diff(A[t], Z[j]) - form) == 0
    for z, t in examples():
        a, jacobian = shares(z), nn.softmax.jacobian(np.array(z))
        for j in {0, 1, 2, 3} - {t}:
            np.testing.assert_allclose(-a[t] * a[j], measured_slope(z, t, j), atol=1e-9)
            np.testing.assert_allclose(jacobian[t, j], measured_slope(z, t, j), atol=1e-9)


@checks(
    "softmax-delta",
    r"\frac{\partial C_i}{\partial z_j} = \begin{cases} a_j - 1 , & j = t \\ a_j , & j \ne t "
    r"\end{cases} \;= a_j - y_j",
)
def error_of_each_output():
    for z, t in examples():
        a, y = shares(z), np.eye(4)[t]
        measured = [oracle.slope(lambda z=z, t=t: price(z, t), z, (j,)) for j in range(4)]
        for j in range(4):
            np.testing.assert_allclose(a[j] - 1 if j == t else a[j], measured[j], atol=1e-8)
            np.testing.assert_allclose(a[j] - y[j], measured[j], atol=1e-8)
        out, target = np.array([a]), y[None]
        delta = nn.log_likelihood.delta(nn.softmax, np.array([z]), out, target)
        np.testing.assert_allclose(delta[0], measured, atol=1e-8)
        through_a = nn.softmax.pullback(np.array([z]), out, nn.log_likelihood.gradient(out, target))
        np.testing.assert_allclose(through_a[0], measured, atol=1e-8)


@checks(
    "softmax-weights",
    r"\begin{aligned} \frac{\partial C_i}{\partial w^L_{jk}} &= (a_j - y_j)\, a^{L-1}_k \\ "
    r"\frac{\partial C_i}{\partial b^L_j} &= a_j - y_j \end{aligned}",
)
def slopes_of_the_last_layer():
    rng = np.random.default_rng(2)
    for t in range(4):
        weights, biases = oracle.random_layers(rng, (3, 5, 4))
        x = rng.standard_normal(3).tolist()

        def cost(weights=weights, biases=biases, x=x, t=t):
            return price(oracle.run(weights, biases, x)[0][-1], t)

        z, hidden = oracle.run(weights, biases, x)
        a, y = shares(z[-1]), np.eye(4)[t]
        net = nn.Network(weights, biases, [nn.sigmoid, nn.softmax])
        grads = nn.backprop(net, np.array([x]), y[None], nn.log_likelihood)
        for j in range(4):
            measured = oracle.slope(cost, biases[1], (j,))
            np.testing.assert_allclose([a[j] - y[j], grads.biases[1][j]], measured, atol=1e-8)
            for k in range(5):
                measured = oracle.slope(cost, weights[1], (j, k))
                np.testing.assert_allclose((a[j] - y[j]) * hidden[1][k], measured, atol=1e-8)
                np.testing.assert_allclose(grads.weights[1][j, k], measured, atol=1e-8)


@checks(
    "softmax-lse",
    r"\begin{aligned} M &= \max_k z_k \\ \ln \sum_k e^{z_k} &= M + \ln \sum_k e^{z_k - M} "
    r"\end{aligned}",
)
def the_largest_logit_may_be_taken_out():
    with mpmath.workdps(50):
        for z in [*logits(), [1000.0, 990.0, 0.0], [-800.0, -801.5, -790.0], [710.0, 710.0]]:
            M = max(z)
            exact = mpmath.log(mpmath.fsum(mpmath.exp(zk) for zk in z))
            shifted = [zk - M for zk in z]
            assert max(shifted) == 0  # so that no exponential exceeds 1
            np.testing.assert_allclose(M + math.log(sum(math.exp(v) for v in shifted)), float(exact))
            for t, zt in enumerate(z):
                y = np.eye(len(z))[[t]]
                values = nn.log_likelihood.values(nn.softmax, np.array([z]), y).item()
                np.testing.assert_allclose(values, float(exact - zt), atol=1e-12)


@checks("softmax-temperature", r"a_j = \frac{e^{z_j / T}}{\sum_k e^{z_k / T}}")
def colder_and_warmer():
    for z in logits():
        for T in (0.3, 1.0, 2.5):
            a = [math.exp(zj / T) / sum(math.exp(zk / T) for zk in z) for zj in z]
            powers = [share ** (1 / T) for share in shares(z)]  # what a temperature does to the shares
            np.testing.assert_allclose(a, np.array(powers) / sum(powers))
            np.testing.assert_allclose(nn.softmax(np.array(z) / T), a)
            assert np.argmax(a) == np.argmax(z)

    def at(T, z=(2.0, 1.0, 0.0, -1.0)):
        with mpmath.workdps(30):
            total = mpmath.fsum(mpmath.exp(zk / mpmath.mpf(T)) for zk in z)
            return [float(mpmath.exp(zj / mpmath.mpf(T)) / total) for zj in z]

    np.testing.assert_allclose(at(0.01), [1, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(at(1e7), [0.25] * 4, atol=1e-6)
