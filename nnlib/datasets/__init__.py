"""Data sets: MNIST, Fashion-MNIST, scikit-learn's digits, and toy sets in the plane.

The two large ones are fetched once, verified and cached (`python -m nnlib.datasets`
does so beforehand); the digits and the toy sets need no network. Images are rows of
numbers from 0 to 1, float32, with one-hot targets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnlib import _check
from nnlib._check import Array
from nnlib.data import Dataset, one_hot
from nnlib.datasets._sources import FASHION_MNIST, MNIST, Source
from nnlib.datasets.download import DataUnavailable, available, fetch
from nnlib.datasets.idx import read_idx
from nnlib.datasets.toy import blobs, moons, separable, spirals, xor

__all__ = [
    "FASHION_NAMES",
    "DataUnavailable",
    "Splits",
    "available",
    "blobs",
    "digits",
    "fashion_mnist",
    "mnist",
    "moons",
    "read_idx",
    "separable",
    "spirals",
    "xor",
]

FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True)
class Splits:
    """Examples to learn from, to choose settings by, and to judge the result with.

    Attributes
    ----------
    train, validation, test : Dataset
    train_and_validation : Dataset
        The first two together, for a last training run with the settings chosen.
        All three share memory.
    """

    train: Dataset
    validation: Dataset
    test: Dataset
    train_and_validation: Dataset = field(repr=False)


def mnist(*, validation: int = 10_000) -> Splits:
    """Handwritten digits: 28 x 28 pixels, ten classes.

    Split as Nielsen's book does: of the 60,000 official training images the first
    50,000 are for training and the last 10,000 for validation. All 60,000 are
    `train_and_validation`; the official 10,000 test images are `test`.

    Parameters
    ----------
    validation : int
        Number of images kept for validation, at least 1.

    Returns
    -------
    Splits
        X of shape (m, 784) with pixels / 255, 1 for ink; Y of shape (m, 10), one-hot.

    Raises
    ------
    DataUnavailable
        If the files are not at hand and cannot be fetched.
    """
    return _load(MNIST, validation)


def fashion_mnist(*, validation: int = 10_000) -> Splits:
    """Articles of clothing in the format of MNIST, and harder; classes are `FASHION_NAMES`.

    Parameters, returned arrays, split and errors as for `mnist`.
    """
    return _load(FASHION_MNIST, validation)


def digits() -> Splits:
    """Scikit-learn's handwritten digits, 8 x 8 pixels: small, real and there without a network.

    In a fixed random order, the same in every call, the first 1,000 are for training,
    the next 397 for validation and the last 400 for testing.

    Returns
    -------
    Splits
        X of shape (m, 64) with pixels / 16, 1 for ink; Y of shape (m, 10), one-hot.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "these digits come with scikit-learn, which could not be imported: `pip install scikit-learn`"
        ) from error
    pixels, t = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(t))
    X, t = (pixels[order] / 16).astype(np.float32), t[order]
    return _split(X[:-400], t[:-400], X[-400:], t[-400:], validation=397)


def _load(source: Source, validation: int) -> Splits:
    validation = _check_validation(validation)
    train_images, train_labels, test_images, test_labels = (found.path for found in fetch(source))
    return _split(
        _pixels(train_images),
        read_idx(train_labels),
        _pixels(test_images),
        read_idx(test_labels),
        validation=validation,
    )


def _check_validation(validation: int) -> int:
    if validation == 0:
        raise ValueError(
            "validation must be at least 1, but is 0; to train on everything, "
            "take the attribute train_and_validation of the result"
        )
    return _check.positive_integer("validation", validation)


def _pixels(path: Path) -> Array:
    """Images as rows from 0 to 1, converted without a second copy in memory."""
    images = read_idx(path)
    rows: Array = np.divide(images.reshape(len(images), -1), 255, dtype=np.float32)
    return rows


def _split(X: Array, t: Array, X_test: Array, t_test: Array, *, validation: int) -> Splits:
    if validation >= len(X):
        raise ValueError(
            f"validation must be less than {len(X)}, the number of images to share out, but is {validation}"
        )
    both = Dataset(X, one_hot(t, 10), t)
    test = Dataset(X_test, one_hot(t_test, 10), t_test)
    return Splits(both[:-validation], both[-validation:], test, both)
