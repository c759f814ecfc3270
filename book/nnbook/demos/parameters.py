"""What a reader can set: numbers, choices, switches, and time.

A parameter is a name and the values it may take, in order. What they are decides
how it is shown: numbers on a slider, words as buttons of which one is pressed,
`False` and `True` as a switch, and a `range` as time, which can be played.
"""

from __future__ import annotations

import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set, Sized
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np

Value = bool | int | float | str

MOST_PARAMETERS = 3  # besides time
MOST_FRAMES = 160
SYMBOLS = {"eta": "η", "lmbda": "λ", "mu": "μ", "rho": "ρ", "beta": "β", "sigma": "σ", "delta": "δ"}


class Time:
    """Values of a parameter that is time, where they are not a plain `range`.

    >>> Time([0, 1, 2, 1000, 1001])
    Time([0, 1, 2, 1000, 1001])
    """

    def __init__(self, values: Iterable[float]) -> None:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise TypeError(f"Time lists its values, as in Time([0, 1, 10]), but came {values!r}")
        self.values = list(islice(values, MOST_FRAMES + 1))

    def __repr__(self) -> str:
        return f"Time({self.values})"


@dataclass(frozen=True)
class Parameter:
    """One control of a demo.

    Attributes
    ----------
    name : str
        As `draw` calls it.
    kind : str
        "number", "choice", "switch" or "time".
    values : tuple
        Those it can take, in the order shown.
    start : int
        Index of the value shown first.
    """

    name: str
    kind: str
    values: tuple[Value, ...]
    start: int

    @property
    def label(self) -> str:
        """As the reader sees it: η for eta, spaces for underscores."""
        return SYMBOLS.get(self.name, self.name.replace("_", " "))

    @property
    def texts(self) -> tuple[str, ...]:
        """Each value as the reader sees it."""
        return tuple(map(text, self.values))


def text(value: Value) -> str:
    """Write a value for a reader.

    >>> text(0.25), text(-1000), text(1e6), text(True), text("XOR")
    ('0.25', '−1,000', '1,000,000', 'on', 'XOR')
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e12)
    written = f"{int(value):,}" if whole else f"{value:g}"
    return written.replace("-", "−")


def parameters(draw: Callable[..., Any], values: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Check what the author of a demo wrote, and say what is wrong with it.

    Parameters
    ----------
    draw : callable
        Its defaults, where it has any, are the values shown first.
    values : mapping
        From the names of `draw`'s parameters to what they may be.
    """
    if not values:
        raise ValueError("a demo needs at least one parameter to move, such as eta=[0.1, 0.5, 2.0]")
    defaults = _match(draw, values)
    made = tuple(_parameter(name, given, defaults.get(name)) for name, given in values.items())
    for i, one in enumerate(made):
        for other in made[:i]:
            if one.label == other.label:
                raise ValueError(
                    f"{other.name} and {one.name} would both be shown as {one.label!r}; rename one"
                )
    _bound(made)
    return made


def combinations(made: tuple[Parameter, ...]) -> Iterable[dict[str, Value]]:
    """Yield every setting; the last parameter changes fastest."""
    for setting in product(*(p.values for p in made)):
        yield dict(zip((p.name for p in made), setting, strict=True))


def _match(draw: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Hold the names against draw's signature; return its defaults."""
    takes = inspect.signature(draw).parameters
    kinds = {p.kind for p in takes.values()}
    if by_place := [n for n, p in takes.items() if p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]:
        raise TypeError(
            f"draw is called with names, so it cannot take {', '.join(by_place)} by position alone"
        )
    named = [n for n, p in takes.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if inspect.Parameter.VAR_KEYWORD not in kinds and (unknown := [n for n in values if n not in named]):
        listed = ", ".join(named) or "nothing"
        raise TypeError(f"draw does not take {', '.join(unknown)}; it takes {listed}")
    empty = inspect.Parameter.empty
    missing = [n for n in named if takes[n].default is empty and n not in values]
    if missing:
        raise TypeError(
            f"draw needs {', '.join(missing)} too: name the values it may take, as in {missing[0]}=[...], "
            "or give it a default"
        )
    return {n: takes[n].default for n in named if takes[n].default is not empty}


def _parameter(name: str, given: Any, default: Any) -> Parameter:
    is_time = isinstance(given, range | Time)
    plain = given.values if isinstance(given, Time) else given
    if isinstance(plain, str | bytes | Mapping | Set) or not isinstance(plain, Iterable):
        raise TypeError(f"{name} must list the values it may take, as in {name}=[...], but is {given!r}")
    values = tuple(map(_plain, islice(plain, MOST_FRAMES + 1)))
    if len(values) < 2:
        raise ValueError(
            f"{name} must have at least two values to choose from, but {given!r} has {len(values)}"
        )
    if len(values) > MOST_FRAMES:
        count = len(plain) if isinstance(plain, Sized) else "too many"
        raise ValueError(
            f"{name} has {count} values, and a page holds {MOST_FRAMES} frames at most; "
            f"thin {name} to {MOST_FRAMES} values or fewer"
        )
    kind = "time" if is_time else _kind(name, values)
    if is_time and _kind(name, values) != "number":
        raise TypeError(f"{name} is time and needs numbers, but is {given!r}")
    texts = list(map(text, values))
    if twice := [t for t, count in Counter(texts).items() if count > 1]:
        raise ValueError(f"{name} has values that a reader could not tell apart: {', '.join(twice)}")
    if kind in ("number", "time") and list(values) != sorted(values):
        raise ValueError(f"{name} must be in increasing order, but is {list(values)}")
    if default is None:
        return Parameter(name, kind, values, 0)
    first = _plain(default)
    if not isinstance(first, bool | int | float | str) or text(first) not in texts:
        raise ValueError(f"draw starts with {name}={default!r}, which is not among its values {list(values)}")
    return Parameter(name, kind, values, texts.index(text(first)))


def _plain(value: Any) -> Any:
    """A number as it would be written: 0.3 for what `linspace` makes of it."""
    if isinstance(value, np.generic):
        single = isinstance(value, np.floating) and value.itemsize < 8
        value = float(str(value)) if single else value.item()
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _kind(name: str, values: tuple[Any, ...]) -> str:
    if all(isinstance(v, bool) for v in values):
        return "switch"
    if all(isinstance(v, str) and v.strip() for v in values):
        return "choice"
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        if all(math.isfinite(v) for v in values):
            return "number"
        raise ValueError(f"{name} must be finite, but is {list(values)}")
    raise TypeError(
        f"{name} must be all numbers, all words, or False and True, but is {list(values)}; "
        "for anything else, give each a name and look it up in draw"
    )


def _bound(made: tuple[Parameter, ...]) -> None:
    times = [p.name for p in made if p.kind == "time"]
    if len(times) > 1:
        raise ValueError(
            f"only one parameter can be time, but {' and '.join(times)} are; give one as a list, not a range"
        )
    if len(made) - len(times) > MOST_PARAMETERS:
        raise ValueError(
            f"a demo has at most {MOST_PARAMETERS} parameters besides time, but this one has "
            f"{len(made) - len(times)}: {', '.join(p.name for p in made if p.kind != 'time')}"
        )
    frames = math.prod(len(p.values) for p in made)
    if frames > MOST_FRAMES:
        sizes = " × ".join(f"{len(p.values)} {p.name}" for p in made)
        raise ValueError(
            f"{sizes} make {frames} frames, and a page holds {MOST_FRAMES} at most; "
            f"{thinner(made, MOST_FRAMES)}"
        )


def thinner(made: tuple[Parameter, ...], frames: int) -> str:
    """Say which parameter to thin, and to what, so that at most `frames` remain."""
    longest = max(made, key=lambda p: len(p.values))
    others = math.prod(len(p.values) for p in made) // len(longest.values)
    left = frames // others
    if left >= 2:
        return f"thin {longest.name} from {len(longest.values)} values to {left}"
    return f"thin {', '.join(p.name for p in made)}, or leave one out"
