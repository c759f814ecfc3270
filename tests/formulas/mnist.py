"""The equations of "Reading digits"."""

import math

import numpy as np
from registry import checks

import nnlib as nn


@checks("mnist-softmax", r"a_j = \frac{e^{z_j}}{\sum_{k=0}^{9} e^{z_k}}")
def softmax_is_what_nnlib_computes_and_a_distribution():
    z = np.random.default_rng(0).standard_normal((20, 10))
    for row in z:
        total = sum(math.exp(v) for v in row)
        a = [math.exp(v) / total for v in row]
        np.testing.assert_allclose(nn.softmax(row), a, rtol=1e-14)
        assert min(a) > 0
        assert math.isclose(sum(a), 1)


@checks("mnist-sampling", r"\operatorname{sd} = \sqrt{\frac{p\,(1 - p)}{n}} ,")
def spread_of_a_share_over_all_samples():
    """From the binomial distribution itself, summed over every possible count."""
    for p, n in [(0.95, 400), (0.5, 10), (0.98, 1000)]:
        share = np.arange(n + 1) / n
        log = [
            math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
            + k * math.log(p) + (n - k) * math.log(1 - p)
            for k in range(n + 1)
        ]  # fmt: skip
        weight = np.exp(log)
        mean = (weight * share).sum()
        spread = math.sqrt((weight * (share - mean) ** 2).sum())
        assert math.isclose(spread, math.sqrt(p * (1 - p) / n), rel_tol=1e-9)
    assert round(100 * math.sqrt(0.95 * 0.05 / 10_000), 2) == 0.22  # as the text says
