"""The derivations of backpropagation in five sets of lecture notes, line by line as printed.

They stand in `book/data/derivations.yml`, each in the letters of its course for
`Model.check`. A line that is wrong carries the number of its erratum in the book's
list and what should stand there instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnbook import book_data, courses
from nnbook.teaching.derivation import Model, Report
from nnlib._check import Array, Rng
from nnlib.activations import sigmoid, tanh

__all__ = ["COURSES", "DERIVATIONS", "Derivation", "Line", "of"]

COURSES = tuple(courses.COURSES)


def _softmax(z: Array) -> Array:
    return np.exp(z) / np.exp(z).sum(axis=0)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "sigmoid": sigmoid,
    "sigmoid.prime": sigmoid.prime,
    "tanh": tanh,
    "tanh.prime": tanh.prime,
    "softmax": _softmax,
    "float": float,
}


@dataclass(frozen=True)
class Line:
    """One printed line.

    Attributes
    ----------
    expression : str
        As the checker reads it.
    tex : str
        As printed.
    corrected : str
        What it should say; empty if it is right.
    erratum : int, optional
        The number that explains why it is wrong.
    """

    expression: str
    tex: str
    corrected: str = ""
    erratum: int | None = None


@dataclass(frozen=True)
class Derivation:
    """A quantity and the lines that a course prints for it.

    Attributes
    ----------
    course : str
        One of `COURSES`.
    place : str
        The slide, by its title.
    tex : str
        The left side as printed.
    model : Model
    target : str
        The left side as the checker reads it.
    lines : tuple of Line
    indices : dict of str to range
        Free indices.
    reading : str
        How it was read where the slide leaves a choice.
    counted : bool
        False if only that choice makes a line wrong, or if the list of errata
        does not have it: such a derivation is shown apart.
    """

    course: str
    place: str
    tex: str
    model: Model = field(repr=False)
    target: str
    lines: tuple[Line, ...]
    indices: Mapping[str, range] = field(default_factory=dict)
    reading: str = ""
    counted: bool = True

    def check(self) -> Report:
        """Check the lines as printed."""
        return self.model.check(self.target, [line.expression for line in self.lines], **self.indices)

    def erratum(self) -> int | None:
        """The number of the erratum in the first line that is wrong."""
        number = self.check().first_wrong
        return None if number is None else self.lines[number - 1].erratum


def of(course: str) -> tuple[Derivation, ...]:
    """The derivations of one course, in the order of its slides.

    >>> [d.erratum() for d in of("erlangen") if d.check().first_wrong]
    [77, 79, 80]
    """
    if course not in COURSES:
        raise ValueError(f"course must be one of {', '.join(COURSES)}, but is {course!r}")
    return tuple(derivation for derivation in DERIVATIONS if derivation.course == course)


def _given(how: Any) -> tuple[int, ...] | Callable[[Rng], Any]:
    """A shape, or a function that draws: whole numbers below one, or a number between two."""
    if isinstance(how, list):
        return tuple(how)
    if "uniform" in how:
        return lambda rng: rng.uniform(*how["uniform"])
    return lambda rng: np.asarray(rng.integers(how["integers"], size=how.get("size")), how.get("type"))


def _model(entry: Mapping[str, Any]) -> Model:
    return Model(
        given={name: _given(how) for name, how in entry["given"].items()},
        steps=entry["steps"],
        functions={name: _FUNCTIONS[called] for name, called in entry.get("functions", {}).items()},
    )


def _read() -> Iterator[Derivation]:
    for course in book_data.read("derivations"):
        models = {name: _model(entry) for name, entry in course["models"].items()}
        for entry in course["derivations"]:
            indices = {name: range(*ends) for name, ends in entry.get("indices", {}).items()}
            lines = tuple(Line(**line) for line in entry["lines"])
            own = {**entry, "model": models[entry["model"]], "indices": indices, "lines": lines}
            yield Derivation(course["id"], **own)


DERIVATIONS: tuple[Derivation, ...] = tuple(_read())
