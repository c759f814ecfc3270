"""A progress bar where somebody can see it: in a notebook or a terminal, nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable

__all__ = ["bar"]


def bar(epochs: Iterable[int]) -> Iterable[int]:
    """The same epochs, with tqdm's bar around them; for `progress` of `nnlib.train`.

    Nothing is written where output goes to a file or a pipe, or tqdm is not installed.

    >>> import nnlib as nn
    >>> list(nn.progress.bar(range(1, 4)))
    [1, 2, 3]
    """
    if not (_in_notebook() or _in_terminal()):
        return epochs
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError:
        return epochs
    shown: Iterable[int] = tqdm(epochs, unit="epoch")
    return shown


def _in_notebook() -> bool:
    """Whether this is a kernel: its shell has one, that of IPython in a terminal has none."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _in_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
