"""The equations of "What a neural network is"."""

import autograd
import numpy as np
from registry import checks, definition

import nnlib as nn

definition("intro-preactivation", r"z = w \cdot x + b = \sum_k w_k x_k + b ,")
definition("intro-two-layers", r"\begin{aligned} q &= f(W^1 x + b^1) \\ \hat y &= W^2 q + b^2 \end{aligned}")


@checks("intro-abs", r"|x| = \max(0, x) + \max(0, -x)")
def two_bent_lines_are_the_distance_from_zero():
    x = np.concatenate([np.linspace(-5, 5, 1001), [0.0]])
    net = nn.Network([[[1.0], [-1.0]], [[1.0, 1.0]]], [[0.0, 0.0], [0.0]], [nn.relu, nn.identity])
    np.testing.assert_array_equal(nn.outputs(net, x[:, None])[:, 0], np.abs(x))


@checks("intro-composition", r"F = F^L \circ F^{L-1} \circ \dots \circ F^1 ,")
def forward_composes_the_layers_in_this_order():
    rng = np.random.default_rng(2)
    net = nn.Network.random([5, 4, 3, 2], rng=rng, dtype=np.float64)
    layers = [
        lambda a, W=W, b=b: 1 / (1 + np.exp(-(W @ a + b)))
        for W, b in zip(net.weights, net.biases, strict=True)
    ]
    first, second, third = layers
    for x in rng.standard_normal((10, 5)):
        np.testing.assert_allclose(nn.outputs(net, x[None])[0], third(second(first(x))), rtol=1e-12)


@checks("intro-slope", r"\frac{dC}{dw} = (\hat y - y)\, x ,")
def slope_of_one_weight_is_what_automatic_differentiation_gives():
    slope = autograd.grad(lambda w, x, y: 0.5 * (w * x - y) ** 2)
    for w, x, y in np.random.default_rng(3).standard_normal((20, 3)):
        np.testing.assert_allclose((w * x - y) * x, slope(w, x, y), rtol=1e-12)
