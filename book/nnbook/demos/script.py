"""A demo whose input is continuous: data from nnlib, and a small script of its own."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from nnbook.demos import frames, page


class Script:
    """A demo that one script, `static/<kind>.js`, draws from data that nnlib made.

    The script registers itself with `nnDemo.kind(name, setup)`; `setup(demo)` finds the data
    in `demo.data`, arrays by `demo.array(name)`, and calls `demo.begin(parameters, change,
    code)` to have its controls, the page's address, reset and copy looked after by
    `static/demo.js`. It is the same in a live kernel and on the page.

    Parameters
    ----------
    kind : str
        Name of the script.
    title, hint : str
        As in `Demo`.
    still : Figure
        What stands in its place where scripts are off, and
    sentence : str
        says what that shows.
    **data
        Whatever JSON can hold, and arrays.
    """

    def __init__(
        self, kind: str, /, *, title: str, hint: str = "", still: Figure, sentence: str, **data: Any
    ) -> None:
        self.kind, self.title = kind, title
        self._still = picture = frames.Picture(still)
        self._html = page.page(
            kind,
            title=title,
            hint=hint,
            sentence=sentence,
            still=frames.unpack(frames.pack([picture]))[0],
            size=picture.size,
            data=data,
        )

    def __repr__(self) -> str:
        return f"Script({self.kind!r}, title={self.title!r})"

    def html(self) -> str:
        """The demo as HTML that needs nothing from outside."""
        return self._html

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(page.shown(self, self._still), raw=True)
