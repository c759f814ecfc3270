"""The questions every function asks of its arguments, and the answers a reader can act on.

Each function returns its argument in the form the library computes with, or
raises an error that names the argument, what was expected and what came.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = np.random.Generator


def matrix(name: str, values: object, *, columns: int | None = None, dtype: Any = None) -> Array:
    """Rows of numbers, shape (m, columns), all finite, at least one."""
    array = numbers(name, values, dtype=dtype)
    if array.ndim != 2 or (columns is not None and array.shape[1] != columns):
        wanted = f"{columns} columns" if array.ndim == 2 else "two dimensions, one row per example"
        hint = "; examples are rows"
        if array.ndim == 1 and columns in (None, array.size):
            hint = f"; one example is a row of a matrix: {name}[None, :] has shape (1, {array.size})"
        elif array.ndim == 1 and columns == 1:
            hint = f"; one number per example is a column: {name}[:, None] has shape ({array.size}, 1)"
        elif array.size == columns:
            hint = f"; one example is a row of a matrix: {name}.reshape(1, -1) has shape (1, {columns})"
        elif array.ndim > 2:
            hint = f"; flatten each example first: {name}.reshape(len({name}), -1)"
        raise ValueError(f"{name} must have {wanted}, but has shape {array.shape}{hint}")
    if len(array) == 0:
        raise ValueError(f"{name} is empty (shape {array.shape}); at least one example is needed")
    finite(name, array)
    return array


def numbers(name: str, values: object, *, dtype: Any = None) -> Array:
    """Real numbers of any type as floats: float64 unless they are floats already, or `dtype`."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, but has dtype {array.dtype}")
    if dtype is None:
        dtype = array.dtype if array.dtype.kind == "f" else np.float64
    with np.errstate(over="ignore"):  # infinity is refused where it matters, by `finite`
        return array.astype(dtype, copy=False)


def finite(name: str, array: Array) -> None:
    """Refuse NaN and infinity, and say where the first one stands."""
    if not np.isfinite(array).all():
        places = np.argwhere(~np.isfinite(array))
        place, count = tuple(places[0].tolist()), len(places)
        raise ValueError(
            f"{name} must be finite, but {name}[{', '.join(map(str, place))}] is {array[place]} "
            f"({count} such value{'s' if count > 1 else ''}); remove or replace those examples"
        )


def labels(name: str, values: object, *, classes: int | None = None, count: int | None = None) -> Array:
    """Class numbers 0, 1, ..., classes - 1 as an int64 vector."""
    array = np.asarray(values)
    if array.ndim != 1:
        hint = f"; {name}.ravel() makes it one" if array.ndim == 2 and 1 in array.shape else ""
        raise ValueError(f"{name} must be a vector of class numbers, but has shape {array.shape}{hint}")
    if array.dtype.kind not in "iub":
        whole = array.dtype.kind == "f" and bool(np.all(array == np.floor(array)))
        hint = f"; {name}.astype(int) makes them whole" if whole else ""
        raise TypeError(f"{name} must hold whole class numbers, but has dtype {array.dtype}{hint}")
    if count is not None and len(array) != count:
        raise ValueError(f"{name} must have one label for each of {count} examples, but has {len(array)}")
    array = array.astype(np.int64)
    if array.size and (array.min() < 0 or (classes is not None and array.max() >= classes)):
        bad = array[(array < 0) | (array >= (classes if classes is not None else np.inf))][0]
        allowed = f"from 0 to {classes - 1}" if classes is not None else "0 or larger"
        raise ValueError(f"{name} must hold class numbers {allowed}, but one is {bad}")
    return array


def positive_integer(name: str, value: object) -> int:
    """A count: 1, 2, 3, ..."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be a whole number, but is {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, but is {value}")
    return int(value)


def number(
    name: str,
    value: object,
    *,
    above: float = -math.inf,
    at_least: float = -math.inf,
    below: float = math.inf,
    hint: str = "",
) -> float:
    """A finite real number within bounds."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, but is {value!r}")
    value = float(value)
    if math.isfinite(value) and value > above and value >= at_least and value < below:
        return value
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("greater than", above), ("at least", at_least), ("less than", below))
        if math.isfinite(bound)
    ]
    raise ValueError(f"{name} must be {' and '.join(['finite', *bounds])}, but is {value:g}{hint}")


def instance(name: str, value: object, kind: Any, example: str) -> None:
    """An object of a class, or one with the methods of a protocol; not a name, not the class itself."""
    if isinstance(value, type) or not isinstance(value, kind):
        hint = "; it is a class: call it first" if isinstance(value, type) else ""
        raise TypeError(f"{name} must be an object such as {example}, but is {value!r}{hint}")


def generator(name: str, value: object) -> Rng:
    """A random generator: the caller decides the seed."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(f"{name} must be a generator such as np.random.default_rng(0), but is {value!r}")
    return value
