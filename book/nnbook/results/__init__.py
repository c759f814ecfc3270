"""What the long experiments measured, as the pages quote it.

Each file is written by a script in `book/experiments/` and travels with the
package, so that a page finds it in Colab too.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["record", "results"]


def results(name: str, what: str) -> list[Any]:
    """One entry per run.

    >>> len(results("linkoping_relu200", "training error"))
    5
    """
    runs = record(name)["runs"]
    if what not in runs[0]:
        raise KeyError(f"{name} holds {', '.join(runs[0])}, not {what!r}")
    return [run[what] for run in runs]


def record(name: str) -> dict[str, Any]:
    """The whole document: settings, versions, machine and runs; a new one for each who asks."""
    document: dict[str, Any] = json.loads(_text(name))
    return document


@cache
def _text(name: str) -> str:
    folder = files(__package__)
    known = sorted(p.name.removesuffix(".json") for p in folder.iterdir() if p.name.endswith(".json"))
    if name not in known:
        raise KeyError(f"there are no results called {name!r}; known are {', '.join(known)}")
    return (folder / f"{name}.json").read_text(encoding="utf-8")
