"""The equations of "XOR"."""

import itertools

import numpy as np
from registry import checks, definition

import nnlib as nn

definition(
    "xor-hidden",
    r"\begin{aligned} q_1 &= \max(0,\, x_1 + x_2) \\ q_2 &= \max(0,\, x_1 + x_2 - 1) \end{aligned}",
)


@checks(
    "xor-centre",
    r"\begin{aligned} z(\tfrac12, \tfrac12) &= \tfrac12 \bigl( z(0,0) + z(1,1) \bigr) \\ "
    r"&= \tfrac12 \bigl( z(0,1) + z(1,0) \bigr) \end{aligned}",
)
def centre_is_the_mean_of_either_pair():
    for w1, w2, b in np.random.default_rng(0).standard_normal((50, 3)):

        def z(x1, x2, w1=w1, w2=w2, b=b):
            return w1 * x1 + w2 * x2 + b

        np.testing.assert_allclose(z(0.5, 0.5), (z(0, 0) + z(1, 1)) / 2, atol=1e-12)
        np.testing.assert_allclose(z(0.5, 0.5), (z(0, 1) + z(1, 0)) / 2, atol=1e-12)


@checks(
    "xor-output",
    r"\hat y = q_1 - 2 q_2 = \begin{cases} 1 & \text{if } x_1 \ne x_2 \\ "
    r"0 & \text{if } x_1 = x_2 \end{cases}",
)
def output_is_exclusive_or():
    for x1, x2 in itertools.product((0, 1), repeat=2):
        q1, q2 = max(0, x1 + x2), max(0, x1 + x2 - 1)
        assert q1 - 2 * q2 == (x1 ^ x2)
    assert nn.datasets.xor().t.tolist() == [x1 ^ x2 for x1, x2 in itertools.product((0, 1), repeat=2)]
