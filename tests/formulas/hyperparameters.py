"""The equations of "Choosing hyperparameters"."""

import itertools
import math

import numpy as np
from registry import checks
from scipy import stats


@checks("hyperparameters-random", r"1 - (1 - q)^k ,")
def chance_that_one_of_k_is_among_the_best():
    for places, best in ((2, 1), (3, 1), (4, 3)):  # every sequence of k draws, one by one
        q = best / places
        for k in range(1, 6):
            draws = [*itertools.product(range(places), repeat=k)]
            lucky = sum(any(place < best for place in draw) for draw in draws)
            np.testing.assert_allclose(lucky / len(draws), 1 - (1 - q) ** k)


@checks("hyperparameters-error", r"\sqrt{\frac{a (1 - a)}{n}} ,")
def spread_of_the_share_of_right_answers():
    for a, n in ((0.944, 40), (0.5, 7), (0.1, 1)):
        share = np.arange(n + 1) / n
        prob = [math.comb(n, k) * a**k * (1 - a) ** (n - k) for k in range(n + 1)]
        mean = share @ prob
        np.testing.assert_allclose(mean, a)
        np.testing.assert_allclose(np.sqrt((share - mean) ** 2 @ prob), math.sqrt(a * (1 - a) / n))
    np.testing.assert_allclose(stats.binom(10_000, 0.944).std() / 10_000, math.sqrt(0.944 * 0.056 / 10_000))
