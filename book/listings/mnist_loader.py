"""MNIST as pairs of columns, the form that Nielsen's programs take."""

import numpy as np

import nnlib as nn


def load_data_wrapper():
    """Read MNIST, from the network if it is not at hand.

    Returns
    -------
    training_data : list of (x, y)
        50,000 pairs: a column of 784 pixels, and a column of ten numbers, 1 for the digit.
    validation_data, test_data : list of (x, digit)
        10,000 pairs each: a column of pixels and an integer.
    """
    mnist = nn.datasets.mnist()
    training = [(x, y) for x, y in zip(mnist.train.X[:, :, None], mnist.train.Y[:, :, None], strict=True)]
    return training, _with_digits(mnist.validation), _with_digits(mnist.test)


def vectorized_result(j):
    """Make a column of ten numbers, 1 in place j."""
    e = np.zeros((10, 1))
    e[j] = 1.0
    return e


def _with_digits(data):
    return [(x, int(t)) for x, t in zip(data.X[:, :, None], data.t, strict=True)]
