"""The equations of "Five derivations": a network that runs neuron by neuron is nudged; no checker."""

import itertools

import numpy as np
import oracle
from oracle import sigma_prime
from registry import checks


@checks(
    "five-links",
    r"\begin{aligned} \frac{\partial C_i}{\partial w^\ell_{qr}} &= \sum_j "
    r"\frac{\partial a^\ell_q}{\partial w^\ell_{qr}} \cdot \frac{\partial a^L_j}{\partial a^\ell_q} \cdot "
    r"\frac{\partial C_i}{\partial a^L_j} \\ \frac{\partial a^L_j}{\partial a^\ell_q} &= \sum_{p, \dots, k} "
    r"\frac{\partial a^{\ell+1}_p}{\partial a^\ell_q} \cdots \frac{\partial a^L_j}{\partial a^{L-1}_k} "
    r"\end{aligned}",
)
def links_multiplied_and_summed():
    for weights, biases, x, y, z, a, _ in oracle.cases(sizes=(3, 4, 2, 3), n=5):

        def link(layer, to, start, weights=weights, z=z):
            """∂a_to of layer + 1 in a_start of layer."""
            return sigma_prime(z[layer][to]) * weights[layer][to][start]

        def cost(weights=weights, biases=biases, x=x, y=y):
            return oracle.square(oracle.run(weights, biases, x)[1][-1], y)

        for q, r in itertools.product(range(4), range(3)):
            total = 0.0
            for j in range(3):
                chain = sum(link(1, p, q) * link(2, j, p) for p in range(2))  # ∂a³_j/∂a¹_q
                total += sigma_prime(z[0][q]) * a[0][r] * chain * (a[-1][j] - y[j])
            np.testing.assert_allclose(total, oracle.slope(cost, weights[0], (q, r)), atol=1e-8)


@checks(
    "five-finish",
    r"\begin{aligned} \frac{\partial C}{\partial a^{(3)}_j} &= \sum_{k=1}^{N_4} \theta^{(3)}_{jk}\, "
    r"\frac{\partial C}{\partial z^{(4)}_k} \\ \frac{\partial C}{\partial z^{(3)}_j} &= \sigma'(z^{(3)}_j)\, "
    r"\frac{\partial C}{\partial a^{(3)}_j} \\ \frac{\partial C}{\partial \theta^{(2)}_{ij}} &= a^{(2)}_i\, "
    r"\frac{\partial C}{\partial z^{(3)}_j} \end{aligned}",
)
def the_derivation_that_was_given_up():
    """Their layers 1 to 4 are 0 to 3 here; θ from j to k is w to k from j, and i = 0 is the bias."""
    for weights, biases, x, y, z, a, delta in oracle.cases(sizes=(4, 2, 3, 1), n=5):

        def cost(weights=weights, biases=biases, x=x, y=y):
            return oracle.square(oracle.run(weights, biases, x)[1][-1], y)

        for j in range(3):
            dC_da = sum(weights[2][k][j] * delta[2][k] for k in range(1))
            dC_dz = sigma_prime(z[1][j]) * dC_da
            np.testing.assert_allclose(dC_dz, delta[1][j], atol=1e-8)
            for i in range(2):
                np.testing.assert_allclose(a[1][i] * dC_dz, oracle.slope(cost, weights[1], (j, i)), atol=1e-8)
            np.testing.assert_allclose(dC_dz, oracle.slope(cost, biases[1], (j,)), atol=1e-8)
