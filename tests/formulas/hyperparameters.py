"""The equations of "Choosing hyperparameters"."""

import itertools

import numpy as np
from registry import checks


@checks("hyperparameters-random", r"1 - (1 - q)^k ,")
def chance_that_one_of_k_is_among_the_best():
    for places, best in ((2, 1), (3, 1), (4, 3)):  # every sequence of k draws, one by one
        q = best / places
        for k in range(1, 6):
            draws = [*itertools.product(range(places), repeat=k)]
            lucky = sum(any(place < best for place in draw) for draw in draws)
            np.testing.assert_allclose(lucky / len(draws), 1 - (1 - q) ** k)
