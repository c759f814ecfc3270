"""The equation of "The same network elsewhere"."""

import numpy as np
import oracle
from registry import checks

import nnlib as nn


@checks("software-decay", r"\frac{\lambda}{n} = \frac{\alpha}{m} = d .")
def what_one_step_takes_from_a_weight_without_a_gradient():
    """nnlib's own step against the share that each convention states; the page runs the others.

    scikit-learn: (α/2m) Σ w² beside the mean over a mini-batch; PyTorch and MATLAB: the gradient plus
    weight_decay · w. The slope of each, measured, is what the equation equates.
    """
    n, m, eta, lmbda = 40, 8, 0.5, 2.0
    alpha, weight_decay = m * lmbda / n, lmbda / n
    w = [1.7]
    penalties = (
        lambda: lmbda / (2 * n) * w[0] ** 2,
        lambda: alpha / (2 * m) * w[0] ** 2,
        lambda: weight_decay / 2 * w[0] ** 2,
    )
    slopes = [oracle.slope(penalty, w, (0,)) for penalty in penalties]
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-8)
    net = nn.Network([[[1.7]]], [[0.3]], [nn.identity])
    nn.L2(lmbda).decay(net, eta, n)
    np.testing.assert_allclose(net.weights[0], 1.7 - eta * slopes[0], rtol=1e-7)
