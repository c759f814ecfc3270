"""Small data sets in the plane: one a line can separate, and four that it cannot.

Each has two inputs, float64, and takes its randomness from the generator given. Two
classes are told apart by one output, Y of shape (n, 1) holding 0 or 1; where their
number is free, Y is one-hot. Classes are as even as n allows, in random order.
"""

from __future__ import annotations

import math

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.data import Dataset

WIDEST_MARGIN = 0.9


def xor() -> Dataset:
    """Exclusive or: the four corners (0,0), (0,1), (1,0), (1,1) with targets 0, 1, 1, 0.

    >>> xor().Y.ravel()
    array([0., 1., 1., 0.])
    """
    return _two_classes(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0]))


def separable(n: int, margin: float, rng: Rng) -> Dataset:
    """Points of the square [-1, 1]² on either side of a random line, none within `margin` of it.

    Parameters
    ----------
    n : int
        At least 2; half of the points lie on each side.
    margin : float
        From 0 up to, not including, 0.9: beyond that a line may leave no room.
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        X of shape (n, 2), Y of shape (n, 1).
    """
    t = _even_classes(n, 2, rng)
    margin = _check.number(
        "margin", margin, at_least=0, below=WIDEST_MARGIN, hint="; the square has no room for a wider strip"
    )
    angle = rng.uniform(0, 2 * math.pi)
    w = np.array([math.cos(angle), math.sin(angle)])
    reach = np.abs(w).sum() - margin  # how far the line can move before its strip covers a whole side
    b = rng.uniform(-reach / 2, reach / 2)
    X = np.empty((n, 2))
    misplaced = np.arange(n)
    while len(misplaced):
        X[misplaced] = rng.uniform(-1, 1, (len(misplaced), 2))
        distance = (2 * t[misplaced] - 1) * (X[misplaced] @ w + b)
        misplaced = misplaced[distance <= margin]
    return _two_classes(X, t)


def blobs(n: int, classes: int, std: float, rng: Rng) -> Dataset:
    """Clouds of normal spread around centres evenly placed on the unit circle.

    Parameters
    ----------
    n : int
    classes : int
        At least 2; class k is centred at the angle 2πk/classes.
    std : float
        Standard deviation of both coordinates.
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        X of shape (n, 2), Y of shape (n, classes).
    """
    t = _even_classes(n, classes, rng)
    std = _check.number("std", std, at_least=0)
    X = _at(2 * np.pi * t / classes, 1.0) + std * rng.standard_normal((n, 2))
    return Dataset.from_labels(X, t, classes)


def moons(n: int, noise: float, rng: Rng) -> Dataset:
    """Two half circles, each with an end inside the other.

    Class 0 is the upper half of the unit circle; class 1 is the lower half, moved to
    the centre (1, 1/2).

    Parameters
    ----------
    n : int
    noise : float
        Standard deviation of normal noise on both coordinates.
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        X of shape (n, 2), Y of shape (n, 1).
    """
    t = _even_classes(n, 2, rng)
    noise = _check.number("noise", noise, at_least=0)
    X = _at(np.pi * (rng.uniform(0, 1, n) + t), 1.0) + t[:, None] * [1.0, 0.5]
    return _two_classes(X + noise * rng.standard_normal((n, 2)), t)


def spirals(n: int, classes: int, noise: float, rng: Rng) -> Dataset:
    """Arms that wind once around the centre, from radius 0.1 out to radius 1.

    Parameters
    ----------
    n : int
    classes : int
        Number of arms, at least 2; arm k is arm 0 turned by the angle 2πk/classes.
    noise : float
        Standard deviation of normal noise on both coordinates.
    rng : numpy.random.Generator

    Returns
    -------
    Dataset
        X of shape (n, 2), Y of shape (n, classes).
    """
    t = _even_classes(n, classes, rng)
    noise = _check.number("noise", noise, at_least=0)
    radius = rng.uniform(0.1, 1, n)
    X = _at(2 * np.pi * (radius + t / classes), radius) + noise * rng.standard_normal((n, 2))
    return Dataset.from_labels(X, t, classes)


def _even_classes(n: int, classes: int, rng: Rng) -> Array:
    n, classes = _check.positive_integer("n", n), _check.positive_integer("classes", classes)
    if classes < 2:
        raise ValueError(f"classes must be at least 2, but is {classes}")
    if n < classes:
        raise ValueError(f"n must be at least {classes}, one point for each class, but is {n}")
    shuffled: Array = _check.generator("rng", rng).permutation(np.arange(n) % classes)
    return shuffled


def _at(angle: Array, radius: Array | float) -> Array:
    points: Array = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points


def _two_classes(X: Array, t: Array) -> Dataset:
    return Dataset(X, t[:, None].astype(X.dtype), t)
