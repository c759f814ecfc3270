"""The equations of "Sigmoid neurons"."""

import autograd
import autograd.numpy as anp
import numpy as np
from registry import checks, definition

import nnlib as nn

definition("sigmoid-definition", r"\sigma(z) = \frac{1}{1 + e^{-z}}")


@checks("sigmoid-change", r"\Delta a \approx \sigma'(z) \Bigl( \sum_k x_k \, \Delta w_k + \Delta b \Bigr) .")
def a_small_change_is_predicted_up_to_its_square():
    rng = np.random.default_rng(0)
    for _ in range(50):
        w, x, dw = rng.standard_normal((3, 4))
        b, db = rng.standard_normal(2)
        z = w @ x + b
        errors = []
        for h in (1e-2, 1e-3):
            exact = nn.sigmoid((w + h * dw) @ x + b + h * db) - nn.sigmoid(z)
            errors.append(abs(exact - h * nn.sigmoid.prime(z) * (x @ dw + db)))
        # The rest is at most max|σ''|/2 = 0.0482 times the square of the change of z.
        for h, error in zip((1e-2, 1e-3), errors, strict=True):
            assert error <= 0.0485 * (h * (x @ dw + db)) ** 2 + 1e-15


@checks(
    "sigmoid-slope",
    r"\begin{aligned} \sigma'(z) &= \frac{e^{-z}}{(1 + e^{-z})^2} \\ "
    r"&= \sigma(z) \, \bigl( 1 - \sigma(z) \bigr) \end{aligned}",
)
def slope_of_the_sigmoid_in_both_forms():
    slope = autograd.grad(lambda z: 1 / (1 + anp.exp(-z)))
    for z in np.linspace(-20, 20, 81):
        a = 1 / (1 + np.exp(-z))
        np.testing.assert_allclose(slope(z), np.exp(-z) / (1 + np.exp(-z)) ** 2, rtol=1e-9)
        np.testing.assert_allclose(a * (1 - a), slope(z), rtol=1e-6)  # 1 - a loses digits
        np.testing.assert_allclose(nn.sigmoid.prime(z), slope(z), rtol=1e-6)


@checks("sigmoid-parameters", r"N = \sum_{\ell=1}^{L} n_\ell \, (n_{\ell-1} + 1) .")
def parameters_are_counted_one_by_one():
    rng = np.random.default_rng(0)
    for _ in range(20):
        n = rng.integers(1, 9, rng.integers(2, 6)).tolist()
        net = nn.Network.random(n, rng=rng)
        counted = sum(1 for p in net.parameters for _ in p.flat)
        assert counted == sum(n[layer] * (n[layer - 1] + 1) for layer in range(1, len(n)))
