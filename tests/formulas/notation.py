"""The equations of "Notation"."""

import numpy as np
import oracle
from registry import checks, definition

import nnlib as nn

definition(
    "notation-weight",
    r"w^\ell_{jk} : \text{ to } j \text{ of layer } \ell, \text{ from } k \text{ of } \ell - 1",
)
definition("notation-theta", r"\theta = \bigl( W^1, b^1, W^2, b^2, \dots, W^L, b^L \bigr) ,")


@checks(
    "notation-neuron",
    r"\begin{aligned} z^\ell_j &= \sum_{k=1}^{n_{\ell-1}} w^\ell_{jk}\, a^{\ell-1}_k + b^\ell_j \\ "
    r"a^\ell_j &= f(z^\ell_j) \end{aligned}",
)
def neuron_by_neuron_is_what_nnlib_computes():
    for weights, biases, x, _, z, a, _ in oracle.cases():
        trace = nn.forward(nn.Network(weights, biases, [nn.sigmoid] * 3), np.array([x]))
        for layer in range(3):
            for j in range(len(biases[layer])):
                total = (
                    sum(weights[layer][j][k] * a[layer][k] for k in range(len(a[layer]))) + biases[layer][j]
                )
                np.testing.assert_allclose(trace.z[layer][0, j], total)
                np.testing.assert_allclose(trace.a[layer + 1][0, j], 1 / (1 + np.exp(-total)))
        np.testing.assert_allclose(trace.z[-1][0], z[-1])


@checks(
    "notation-first",
    r"\begin{aligned} z^1_1 &= w^1_{11} x_1 + w^1_{12} x_2 + w^1_{13} x_3 + b^1_1 \\ "
    r"&= 0.5 \cdot 1 - 0.25 \cdot 2 + 1 \cdot 0.5 + 0.5 = 1 \end{aligned}",
)
def the_first_sum():
    assert 0.5 * 1 - 0.25 * 2 + 1 * 0.5 + 0.5 == 1


@checks(
    "notation-layer",
    r"\begin{aligned} z^\ell &= W^\ell a^{\ell-1} + b^\ell \\ a^\ell &= f(z^\ell) , \end{aligned}",
)
def a_layer_as_a_matrix_product():
    for weights, biases, x, _, z, a, _ in oracle.cases():
        value = np.array(x)
        for layer in range(3):
            total = np.array(weights[layer]) @ value + np.array(biases[layer])
            np.testing.assert_allclose(total, z[layer])
            value = 1 / (1 + np.exp(-total))
            np.testing.assert_allclose(value, a[layer + 1])


@checks(
    "notation-shapes",
    r"\underset{n_\ell}{z^\ell} = \underset{n_\ell \times n_{\ell-1}}{W^\ell}\; "
    r"\underset{n_{\ell-1}}{a^{\ell-1}} + \underset{n_\ell}{b^\ell} .",
)
def shapes_of_every_layer():
    sizes = [4, 3, 5, 2]
    net = nn.Network.random(sizes, rng=np.random.default_rng(0))
    for layer in (1, 2, 3):
        W, b = net.weights[layer - 1], net.biases[layer - 1]
        assert W.shape == (sizes[layer], sizes[layer - 1])
        assert b.shape == (sizes[layer],) == (W @ np.zeros(sizes[layer - 1]) + b).shape


@checks("notation-rows", r"Z^\ell = A^{\ell-1} \, (W^\ell)^\mathsf{T} + \mathbf 1\, (b^\ell)^\mathsf{T} .")
def rows_are_the_single_examples():
    rng = np.random.default_rng(1)
    weights, biases = oracle.random_layers(rng, (4, 3, 2))
    X = rng.standard_normal((6, 4))
    A = X
    runs = [oracle.run(weights, biases, x) for x in X]
    for layer in (0, 1):
        W, b = np.array(weights[layer]), np.array(biases[layer])
        Z = A @ W.T + np.ones((6, 1)) @ b[None, :]
        np.testing.assert_allclose(Z, [z[layer] for z, _ in runs])
        A = 1 / (1 + np.exp(-Z))
