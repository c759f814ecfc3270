"""Examples as rows: data sets, one-hot targets, splits, mini-batches and scaling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _check
from nnlib._check import Array, Rng


@dataclass(frozen=True)
class Dataset:
    """Inputs, targets and, where there are classes, the class numbers.

    Attributes
    ----------
    X : ndarray of shape (m, n_in)
    Y : ndarray of shape (m, n_out)
        What the network should put out: one-hot rows, 0/1 labels or real numbers.
    t : ndarray of shape (m,) or None
        Class numbers; None for regression and for several labels at once.

    Raises
    ------
    ValueError
        If lengths differ, the data are empty, a value is NaN or infinite, or 0/1
        targets say another class than t.
    """

    X: Array
    Y: Array
    t: Array | None = None

    def __post_init__(self) -> None:
        X = _check.matrix("X", self.X)
        if np.ndim(self.Y) == 1 and len(self.Y) == len(X):
            raise ValueError(
                f"Y must have two dimensions, one row per example, but has shape {np.shape(self.Y)}; "
                "use Y[:, None] for one number per example, or Dataset.from_labels(X, t, classes)"
            )
        Y = _check.matrix("Y", self.Y)
        if len(X) != len(Y):
            raise ValueError(f"X has {len(X)} rows but Y has {len(Y)}; each example needs both")
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "Y", Y)
        if self.t is not None:
            classes = max(Y.shape[1], 2)  # one output column tells two classes apart
            t = _check.labels("t", self.t, classes=classes, count=len(X))
            _same_classes(Y, t)
            object.__setattr__(self, "t", t)

    @classmethod
    def from_labels(cls, X: Array, t: ArrayLike, classes: int) -> Dataset:
        """Targets as one-hot rows in the dtype of X."""
        X = _check.matrix("X", X)
        return cls(X, one_hot(t, classes, dtype=X.dtype), np.asarray(t))

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, rows: slice | ArrayLike) -> Dataset:
        """Some of the examples: a slice, a mask or a list of row numbers."""
        if not isinstance(rows, slice):
            rows = np.asarray(rows) if np.size(rows) else np.empty(0, int)
            if rows.ndim == 0:
                raise TypeError(f"data[{rows}] is one example; data[{rows}:{rows + 1}] is a data set with it")
        return Dataset(self.X[rows], self.Y[rows], None if self.t is None else self.t[rows])

    def __repr__(self) -> str:
        said = f"{len(self):,} examples, {self.X.shape[1]} inputs, {self.Y.shape[1]} outputs"
        return f"Dataset({said}{'' if self.t is None else f', {max(self.Y.shape[1], 2)} classes'})"


def _same_classes(Y: Array, t: Array) -> None:
    """Refuse 0/1 targets that say another class than the class numbers."""
    if np.isin(Y, (0, 1)).all():
        marked = Y[np.arange(len(t)), t] if Y.shape[1] > 1 else np.where(t == 1, Y[:, 0], 1 - Y[:, 0])
        if not marked.all():
            row = int(marked.argmin())
            raise ValueError(
                f"t and Y must say the same class, but t[{row}] is {t[row]} and Y[{row}] is {Y[row]}"
            )


def one_hot(t: ArrayLike, classes: int, dtype: type | np.dtype[np.floating] = np.float32) -> Array:
    """Class numbers as rows of zeros with a single 1.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    classes = _check.positive_integer("classes", classes)
    t = _check.labels("t", t, classes=classes)
    return np.eye(classes, dtype=dtype)[t]


def split(data: Dataset, *sizes: int, rng: Rng) -> list[Dataset]:
    """Disjoint random parts of the given sizes.

    >>> from nnlib import datasets
    >>> train, test = split(datasets.xor(), 3, 1, rng=np.random.default_rng(0))
    >>> len(train), len(test)
    (3, 1)
    """
    sizes = tuple(_check.positive_integer("a size", size) for size in sizes)
    if sum(sizes) > len(data):
        raise ValueError(f"parts of {sizes} need {sum(sizes)} examples, but there are {len(data)}")
    order = _check.generator("rng", rng).permutation(len(data))
    ends = np.cumsum(sizes)
    return [data[order[end - size : end]] for size, end in zip(sizes, ends, strict=True)]


def minibatches(X: Array, Y: Array, batch_size: int, rng: Rng) -> Iterator[tuple[Array, Array]]:
    """All examples once, in random order, in batches; the last batch holds what is left."""
    order = rng.permutation(len(X))
    X, Y = np.ascontiguousarray(X), np.ascontiguousarray(Y)  # else `take` copies everything for each batch
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X.take(rows, axis=0), Y.take(rows, axis=0)


@dataclass(frozen=True)
class Scaling:
    """x ← (x - shift) / scale, one shift and scale per input.

    Made by `z_score` or `min_max` from training data, then applied to all data:
    the validation and test sets may not have a say in it.
    """

    shift: Array
    scale: Array

    def __call__(self, X: ArrayLike) -> Array:
        X = _check.matrix("X", X, columns=len(self.shift))
        return ((X - self.shift) / self.scale).astype(X.dtype)


def z_score(X: ArrayLike) -> Scaling:
    """Shift to mean 0 and scale to standard deviation 1; a constant input is only shifted."""
    X = _check.matrix("X", X)
    low = X.min(axis=0)
    constant = low == X.max(axis=0)  # where rounding makes the computed deviation tiny, not 0
    mean = np.where(constant, low, X.mean(axis=0, dtype=np.float64)).astype(X.dtype)
    std = np.sqrt(np.square(X - mean).mean(axis=0, dtype=np.float64)).astype(X.dtype)
    return Scaling(mean, np.where(std == 0, np.ones_like(std), std))


def min_max(X: ArrayLike) -> Scaling:
    """Shift the minimum to 0 and scale the maximum to 1; a constant input is only shifted."""
    X = _check.matrix("X", X)
    low = X.min(axis=0)
    scale = X.max(axis=0) - low
    return Scaling(low, np.where(scale == 0, np.ones_like(scale), scale))
