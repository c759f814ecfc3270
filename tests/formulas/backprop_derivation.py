"""The equations of "Backpropagation, derived": δ measured by nudging sums, against what is printed."""

import numpy as np
import oracle
from oracle import sigma_prime
from registry import checks, definition

definition("derive-error", r"\delta^\ell_j = \frac{\partial C_i}{\partial z^\ell_j} ,")


def primes(z):
    return np.array([sigma_prime(v) for v in z])


@checks(
    "derive-output",
    r"\delta^L_j = \frac{\partial C_i}{\partial a^L_j} \cdot \frac{\partial a^L_j}{\partial z^L_j} "
    r"= \frac{\partial C_i}{\partial a^L_j}\, f'(z^L_j) .",
)
def error_of_each_output():
    for _, _, _, y, z, a, delta in oracle.cases():
        for j in range(len(y)):
            out = list(a[-1])
            dC_da = oracle.slope(lambda out=out, y=y: oracle.square(out, y), out, (j,))
            np.testing.assert_allclose(dC_da * sigma_prime(z[-1][j]), delta[-1][j], atol=1e-8)


@checks("derive-bp1", r"\delta^L = \nabla_{a} C_i \odot f'(z^L)")
def the_output_layer_at_once():
    for _, _, _, y, z, a, delta in oracle.cases():
        np.testing.assert_allclose((np.array(a[-1]) - y) * primes(z[-1]), delta[-1], atol=1e-8)


@checks(
    "derive-inner",
    r"\delta^{L-1}_k = \sum_j \underbrace{\frac{\partial C_i}{\partial z^L_j}}_{\delta^L_j} \cdot "
    r"\underbrace{\frac{\partial z^L_j}{\partial a^{L-1}_k}}_{w^L_{jk}} \cdot "
    r"\underbrace{\frac{\partial a^{L-1}_k}{\partial z^{L-1}_k}}_{f'(z^{L-1}_k)}",
)
def one_layer_in():
    for weights, _, _, _, z, _, delta in oracle.cases():
        for k in range(len(z[-2])):
            total = sum(delta[-1][j] * weights[-1][j][k] * sigma_prime(z[-2][k]) for j in range(len(z[-1])))
            np.testing.assert_allclose(total, delta[-2][k], atol=1e-8)


SMALL = (
    [[[0.5, -0.25, 1.0], [-1.0, 0.5, 2.0], [1.5, -1.0, -2.0]], [[2.0, -1.0, 1.0], [-1.0, 1.0, 3.0]]],
    [[0.5, -1.0, 0.5], [0.0, -0.5]],
    [1.0, 2.0, 0.5],
    [1.0, 0.0],
)


@checks(
    "derive-example",
    r"\begin{aligned} \delta^1_1 &= \bigl( \delta^2_1 w^2_{11} + \delta^2_2 w^2_{21} \bigr) f'(z^1_1) \\ "
    r"&= (-0.0395 \cdot 2 - 0.1295 \cdot 1) \cdot 0.1966 \\ &= -0.0410 \end{aligned}",
)
def the_first_hidden_neuron_of_the_small_network():
    weights, biases, x, y = SMALL
    hidden, out = oracle.errors(weights, biases, x, y)
    z, _ = oracle.run(weights, biases, x)
    total = (out[0] * weights[1][0][0] + out[1] * weights[1][1][0]) * sigma_prime(z[0][0])
    np.testing.assert_allclose(total, hidden[0], rtol=1e-6)
    assert [round(v, 4) for v in (*out, sigma_prime(z[0][0]), hidden[0])] == [
        -0.0395,
        0.1295,
        0.1966,
        -0.0410,
    ]
    assert round((-0.0395 * 2 - 0.1295 * 1) * 0.1966, 4) == -0.0410


@checks(
    "derive-general",
    r"\delta^{\ell-1}_k = \Bigl( \sum_j w^\ell_{jk}\, \delta^\ell_j \Bigr) f'(z^{\ell-1}_k) .",
)
def any_two_neighbouring_layers():
    for weights, _, _, _, z, _, delta in oracle.cases(sizes=(3, 5, 2, 4, 3)):
        for layer in (3, 2, 1):
            for k in range(len(z[layer - 1])):
                total = sum(w[k] * d for w, d in zip(weights[layer], delta[layer], strict=True))
                np.testing.assert_allclose(
                    total * sigma_prime(z[layer - 1][k]), delta[layer - 1][k], atol=1e-8
                )


@checks("derive-bp2", r"\delta^{\ell-1} = \bigl( (W^\ell)^\mathsf{T} \delta^\ell \bigr) \odot f'(z^{\ell-1})")
def the_transposed_matrix_takes_errors_back():
    for weights, _, _, _, z, _, delta in oracle.cases(sizes=(3, 5, 2, 4, 3)):
        for layer in (3, 2, 1):
            back = np.array(weights[layer]).T @ delta[layer] * primes(z[layer - 1])
            np.testing.assert_allclose(back, delta[layer - 1], atol=1e-8)


def measured(weights, biases, x, y):
    """Slopes of every weight and bias by central differences."""

    def cost():
        return oracle.square(oracle.run(weights, biases, x)[1][-1], y)

    for layer, W in enumerate(weights):
        dW = [[oracle.slope(cost, W, (j, k)) for k in range(len(W[0]))] for j in range(len(W))]
        yield np.array(dW), np.array([oracle.slope(cost, biases[layer], (j,)) for j in range(len(W))])


@checks(
    "derive-slopes",
    r"\frac{\partial C_i}{\partial b^\ell_j} = \delta^\ell_j , \qquad "
    r"\frac{\partial C_i}{\partial w^\ell_{jk}} = \delta^\ell_j\, a^{\ell-1}_k",
)
def slope_by_slope():
    for weights, biases, x, y, _, a, delta in oracle.cases(n=4):
        for layer, (dW, db) in enumerate(measured(weights, biases, x, y)):
            for j in range(len(db)):
                np.testing.assert_allclose(delta[layer][j], db[j], atol=1e-8)
                for k in range(len(a[layer])):
                    np.testing.assert_allclose(delta[layer][j] * a[layer][k], dW[j, k], atol=1e-8)


@checks(
    "derive-bp34",
    r"\frac{\partial C_i}{\partial b^\ell} = \delta^\ell , \qquad "
    r"\frac{\partial C_i}{\partial W^\ell} = \delta^\ell\, (a^{\ell-1})^\mathsf{T}",
)
def column_times_row():
    for weights, biases, x, y, _, a, delta in oracle.cases(n=4):
        for layer, (dW, db) in enumerate(measured(weights, biases, x, y)):
            np.testing.assert_allclose(delta[layer], db, atol=1e-8)
            np.testing.assert_allclose(delta[layer][:, None] @ np.array(a[layer])[None, :], dW, atol=1e-8)


@checks(
    "derive-factors",
    r"\frac{\partial C_i}{\partial w^L_{jk}} = (a^L_j - y_j) \cdot \sigma'(z^L_j) \cdot a^{L-1}_k",
)
def three_factors():
    for weights, biases, x, y, z, a, _ in oracle.cases(n=4):
        *_, (dW, _) = measured(weights, biases, x, y)
        for j, k in np.ndindex(dW.shape):
            product = (a[-1][j] - y[j]) * sigma_prime(z[-1][j]) * a[-2][k]
            np.testing.assert_allclose(product, dW[j, k], atol=1e-8)
