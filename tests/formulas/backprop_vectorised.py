"""The equations of "Backpropagation with matrices": against the examples one by one."""

import numpy as np
import oracle
from registry import checks


def batch(sizes=(4, 3, 5, 2), m=6, seed=0):
    """A batch by the oracle: D and A of every layer, and the mean slopes measured by nudging."""
    rng = np.random.default_rng(seed)
    weights, biases = oracle.random_layers(rng, sizes)
    X, Y = rng.standard_normal((m, sizes[0])), rng.random((m, sizes[-1]))
    runs = [oracle.run(weights, biases, x) for x in X]
    D = [
        np.array(d)
        for d in zip(*(oracle.errors(weights, biases, x, y) for x, y in zip(X, Y, strict=True)), strict=True)
    ]
    Z = [np.array(z) for z in zip(*(z for z, _ in runs), strict=True)]
    A = [np.array(a) for a in zip(*(a for _, a in runs), strict=True)]

    def cost():
        outputs = [oracle.run(weights, biases, x)[1][-1] for x in X]
        return sum(oracle.square(a, y) for a, y in zip(outputs, Y, strict=True)) / m

    return weights, biases, D, Z, A, cost


@checks("matrix-bp2", r"D^{\ell-1} = (D^\ell W^\ell) \odot f'(Z^{\ell-1})")
def errors_of_all_examples():
    weights, _, D, Z, _, _ = batch()
    for layer in (2, 1):
        slopes = np.exp(-Z[layer - 1]) / (1 + np.exp(-Z[layer - 1])) ** 2
        np.testing.assert_allclose((D[layer] @ np.array(weights[layer])) * slopes, D[layer - 1], atol=1e-8)


@checks(
    "matrix-bp34",
    r"\begin{aligned} \frac{\partial C}{\partial W^\ell} &= \frac1m (D^\ell)^\mathsf{T} A^{\ell-1} \\ "
    r"\frac{\partial C}{\partial b^\ell} &= \frac1m (D^\ell)^\mathsf{T} \mathbf 1 \end{aligned}",
)
def slopes_of_the_mean_cost():
    weights, biases, D, _, A, cost = batch()
    m = len(A[0])
    for layer, W in enumerate(weights):
        dW, db = D[layer].T @ A[layer] / m, D[layer].T @ np.ones(m) / m
        for j, k in np.ndindex(dW.shape):
            np.testing.assert_allclose(dW[j, k], oracle.slope(cost, W, (j, k)), atol=1e-8)
        for j in range(len(db)):
            np.testing.assert_allclose(db[j], oracle.slope(cost, biases[layer], (j,)), atol=1e-8)


@checks(
    "matrix-central",
    r"\frac{\partial C}{\partial \theta_i} \approx \frac{C(\theta_i + h) - C(\theta_i - h)}{2h}",
)
def central_differences_are_off_by_h_squared():
    for x in (-1.3, 0.2, 2.0):
        off = [
            abs((oracle.sigma(x + h) - oracle.sigma(x - h)) / (2 * h) - oracle.sigma_prime(x))
            for h in (0.01, 0.005)
        ]
        np.testing.assert_allclose(off[0] / off[1], 4, rtol=0.02)
