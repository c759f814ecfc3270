"""Checks that say which slip an answer looks like: what the assignments' tests are written with.

A check asks for what a name in the student's notebook stands for, or for what a function of
theirs returns, and compares it with the right value and with the values that the usual slips
give. Its message says what was tried, what came and which slip that is, never the right value.

>>> import numpy as np
>>> def slope(x):
...     return -2.0 * x
>>> answer = ask({"slope": slope}, "slope", 3.0)
>>> answer.agrees(6.0, hint="Differentiate x² again.")
Traceback (most recent call last):
    ...
nnbook.checking.Slip: I called slope(3) and got -6. That is the right value with the wrong sign.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from nnlib._check import Array

__all__ = ["Answer", "Slip", "ask", "expect", "fetch", "given", "look", "once", "unpack"]

Slips = Mapping[str, Any]


class Slip(AssertionError):
    """An answer is not right; the text says what was tried, what came, and what it looks like."""


class Absent(Slip):
    """The notebook has no such name."""


def raised(error: BaseException) -> str:
    """Write down an exception of a student's, so that its words are seen to be theirs."""
    kind = str(getattr(error, "kind", type(error).__name__))
    text = str(getattr(error, "text", error)).replace("“", '"').replace("”", '"')
    return (kind if kind.isidentifier() else "an exception") + (f": “{text}”" if text else "")


class Answer:
    """What came, with what was tried: `tried` is a clause such as "I called f(2) and got"."""

    def __init__(self, tried: str, came: Any):
        self.tried = tried
        self.came = _as_array(came, tried)

    def __float__(self) -> float:
        return float(self.came)

    def fail(self, sentence: str) -> NoReturn:
        """Report the answer with a sentence about it."""
        raise Slip(f"{self.tried} {_show(self.came)}. {sentence}")

    def has_shape(self, shape: tuple[int, ...], slips: Mapping[tuple[int, ...], str] | None = None) -> Answer:
        """Check the shape; `slips` says what a wrong shape comes from."""
        if self.came.shape != shape:
            wanted = f"an array of shape {shape}" if shape else "a single number"
            if sentence := (slips or {}).get(self.came.shape):
                self.fail(sentence)
            if self.came.shape == shape[::-1]:
                self.fail(f"Expected is {wanted}: yours is transposed.")
            self.fail(f"Expected is {wanted}, yours has shape {self.came.shape}.")
        return self

    def is_finite(self) -> Answer:
        """Check that there is no NaN and no infinity."""
        if not np.isfinite(self.came).all():
            self.fail("NaN or inf comes from an overflow, a division by zero or the logarithm of zero.")
        return self

    def agrees(
        self,
        wanted: Any,
        slips: Slips | None = None,
        *,
        hint: str,
        n: int = 0,
        rtol: float = 1e-5,
        atol: float = 1e-8,
    ) -> Answer:
        """Compare with the right value and then with those of the usual slips.

        Parameters
        ----------
        wanted : array_like
            The right value.
        slips : mapping of str to array_like, optional
            Sentences, each with the value that the slip gives. The wrong sign, the factors 2 and
            1/2 and, with `n`, the factors n and 1/n are tried in any case.
        hint : str
            What to look at when no slip fits.
        n : int, optional
            The number of examples.
        rtol, atol : float, optional
            Tolerances, as of `numpy.isclose`; a tenth of `rtol` holds for each entry in comparison with
            the largest, too, since terms cancel. The roundings of float32 are smaller than the defaults.
        """
        wanted = np.asarray(wanted, dtype=float)

        def close(value: Any) -> bool:
            value = np.asarray(value, dtype=float)
            return value.shape == self.came.shape and bool(_close(self.came, value, rtol, atol).all())

        if not close(wanted):
            for sentence, value in {**(slips or {}), **_common(wanted, n)}.items():
                value = np.asarray(value, dtype=float)
                same = value.shape == wanted.shape and _close(value, wanted, rtol, atol).all()
                if close(value) and not same:
                    self.fail(sentence)
            self.has_shape(wanted.shape)
            self.is_finite()
            self.fail(f"{_difference(self.came, wanted, rtol, atol)} {hint}")
        return self


def _close(came: Array, wanted: Array, rtol: float, atol: float) -> Array:
    """Say which entries are close enough; both have one shape."""
    finite = np.abs(wanted[np.isfinite(wanted)])
    room = atol + rtol * finite.max(initial=0.0) / 10
    return np.isclose(came, wanted, rtol=rtol, atol=room)


def _common(wanted: Array, n: int) -> dict[str, Array]:
    """List the slips that can be made anywhere."""
    slips = {
        "That is the right value with the wrong sign.": -wanted,
        "That is twice the right value: a factor 2 too many, or a ½ forgotten.": 2 * wanted,
        "That is half the right value: a ½ too many, or a factor 2 forgotten.": wanted / 2,
    }
    if n > 1:
        slips[f"That is {n} times the right value: a sum over the {n} examples, where a mean is asked."] = (
            n * wanted
        )
        slips[
            f"That is the right value divided by {n}: divided by the number of examples once too often."
        ] = wanted / n
    if wanted.ndim == 2 and wanted.shape[0] == wanted.shape[1]:
        slips["That is the right matrix transposed."] = wanted.T
    return slips


def _difference(came: Array, wanted: Array, rtol: float, atol: float) -> str:
    """Say how a value differs, without saying what is right."""
    if not came.ndim:
        if came * wanted < 0:
            return "The sign is wrong, and so is the size."
        if abs(came - wanted) <= 0.02 * abs(wanted):
            return "That is close, but less exact than asked."
        return f"That is too {'large' if came > wanted else 'small'}, and matches none of the usual slips."
    wrong = ~_close(came, wanted, rtol, atol)
    first = ", ".join(str(int(i)) for i in np.argwhere(wrong)[0])
    return f"Of {wrong.size} entries {int(wrong.sum())} are wrong; the first of these is [{first}]."


def look(env: Any, name: str) -> Answer:
    """Look up a number, an array or a list of numbers in the student's notebook.

    Raises
    ------
    Slip
        There is no such name, or it stands for something else.
    """
    return Answer(f"{name} is", _get(env, name))


def ask(env: Any, name: str, *arguments: Any, part: int | None = None, label: str = "") -> Answer:
    """Call a function of the student's notebook with numbers and arrays.

    Parameters
    ----------
    env : mapping
        The student's names.
    name : str
        The function.
    arguments : tuple
        Numbers, arrays, and random generators.
    part : int, optional
        Which of the things that the function returns is meant, if it returns several.
    label : str, optional
        What that thing is called.
    """
    function = _get(env, name)
    call = _written(name, arguments)
    came = _call(function, call, arguments)
    if part is None:
        return Answer(f"I called {call} and got", came)
    if not isinstance(came, list | tuple):
        hint = HINTS.get(_kind(came), "")
        raise Slip(
            f"I called {call} and got {_kind(came)}; expected are several values, {label} among them. {hint}"
        )
    if len(came) <= part:
        raise Slip(f"I called {call} and got {len(came)} values; {label} should be number {part + 1}.")
    return Answer(f"I called {call}, and as {label} got", came[part])


def fetch(env: Any, name: str, *arguments: Any, labels: Sequence[str]) -> list[list[Answer]]:
    """Call a function that returns several lists of arrays, such as weights and biases.

    Parameters
    ----------
    env : mapping
        The student's names.
    name : str
        The function.
    arguments : tuple
        Numbers, arrays, and random generators.
    labels : sequence of str
        What the lists are called.
    """
    call = _written(name, arguments)
    came = _call(_get(env, name), call, arguments)
    lists = list(came) if isinstance(came, list | tuple) else []
    if len(lists) != len(labels) or not all(isinstance(one, list | tuple) for one in lists):
        listed = " and ".join(labels)
        what = _kind(came) if not lists else f"{len(lists)} things" if len(lists) != len(labels) else "others"
        raise Slip(f"I called {call} and got {what}; expected are {listed}, each a list of arrays.")
    return [
        [Answer(f"I called {call}, and as {label}[{k}] got", one) for k, one in enumerate(listed)]
        for label, listed in zip(labels, lists, strict=True)
    ]


def _get(env: Any, name: str) -> Any:
    missing = object()
    found = env.get(name, missing)
    if found is missing:
        raise Absent(
            f"There is no `{name}` in the notebook: has its cell been run, and is the name spelt so?"
        )
    return found


def _written(name: str, arguments: tuple[Any, ...]) -> str:
    """Write a call down: with its arguments, or with their shapes where that would be long."""
    call = f"{name}({', '.join(_show(argument) for argument in arguments)})"
    if len(call) > 120:
        call = f"{name}({', '.join(_show(argument, most=1) for argument in arguments)})"
    return call


def _call(function: Any, call: str, arguments: tuple[Any, ...]) -> Any:
    if not callable(function):
        raise Slip(f"I wanted to call {call}, but that name is {_kind(function)}, not a function.")
    try:
        return function(*arguments)
    except Slip:
        raise
    except (Exception, SystemExit) as error:
        raise Slip(f"I called {call}, and it raised {raised(error)}") from None


def _as_array(came: Any, tried: str) -> Array:
    try:
        found = np.asarray(came)
        if found.dtype.kind in "biuf":
            return found.astype(float)
    except (TypeError, ValueError):
        pass
    kind = _kind(came)
    hint = HINTS.get(kind, "expected is a number or an array of numbers.")
    raise Slip(f"{tried} {kind}: {hint}")


HINTS = {
    "None": "a function that does not reach a `return` gives None.",
    "the dots": "put your answer in place of the `...` of the empty cell.",
    "nothing": "there is no such name any more.",
}


def _kind(value: Any) -> str:
    """Name what came: in a word or two, for a sentence."""
    if value is None or value is Ellipsis:
        return "None" if value is None else "the dots"
    if isinstance(kind := getattr(value, "kind", None), str):  # what the grader says of things it cannot take
        return kind
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} values"
    return "a function" if callable(value) else f"a {type(value).__name__}"


def _show(value: Any, most: int = 12) -> str:
    """Write a number or an array, or its shape if it has more than `most` entries."""
    if isinstance(value, list | tuple) and any(isinstance(item, list | tuple | np.ndarray) for item in value):
        return f"a list of {len(value)} arrays"
    if isinstance(value, np.random.Generator):
        return "rng"
    if not isinstance(value, np.ndarray | list | tuple | int | float | np.number):
        return _kind(value)
    array = np.asarray(value)
    if array.size > most:
        return f"an array of shape {array.shape}"
    if array.ndim:
        numbers = np.array2string(
            array.astype(float),
            separator=", ",
            max_line_width=10_000,
            formatter={"float_kind": lambda number: f"{number:.5g}"},
        )
        return numbers.replace("\n", "")
    return f"{float(array):.6g}"


def expect(condition: bool, sentence: str) -> None:
    """Raise a Slip with this sentence unless the condition holds."""
    if not condition:
        raise Slip(sentence)


def given(**values: Any) -> SimpleNamespace:
    """Name the inputs of a hidden check; an instructor's private variant replaces them."""
    return SimpleNamespace(**values)


def once(env: Any, key: str, compute: Callable[[], Any]) -> Any:
    """Compute something that several checks of one question need a single time."""
    kept = f"_checked_{key}"
    if env.get(kept) is None:
        env[kept] = compute()
    return env[kept]


def unpack(packed: str, folder: str | Path = "checks") -> None:
    """Write the public checks that an assignment's set-up cell carries into a folder.

    The folder must not be `tests`: there Otter keeps the hidden checks when it grades.
    """
    target = Path(folder)
    target.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(base64.b85decode(packed))) as archive:
        for name in archive.namelist():
            (target / Path(name).name).write_bytes(archive.read(name))
