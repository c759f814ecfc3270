"""MNIST as pairs of columns, the form that Nielsen's programs take, and as it is stored."""

from nnlib_listings.columns import vectorized_result  # noqa: F401 (as in Nielsen's)

import nnlib as nn


def load_data():
    """Read MNIST, from the network if it is not at hand.

    Returns
    -------
    training_data, validation_data, test_data : tuple of (X, t)
        50,000, 10,000 and 10,000 images, rows of 784 pixels from 0 to 1, and their digits.
    """
    mnist = nn.datasets.mnist()
    return tuple((data.X, data.t) for data in (mnist.train, mnist.validation, mnist.test))


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


def _with_digits(data):
    return [(x, int(t)) for x, t in zip(data.X[:, :, None], data.t, strict=True)]
