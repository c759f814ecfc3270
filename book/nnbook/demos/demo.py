"""A demo: a function that draws, and the values its parameters may take."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnbook.demos import frames, live, page, source
from nnbook.demos.parameters import Parameter, Value, combinations, parameters, thinner
from nnlib import viz

STORED = "NNLIB_DEMOS"  # set to "stored" while a notebook's outputs are made for the page


class Demo:
    """A figure that moves: with ipywidgets in a live kernel, with stored frames on the page.

    Parameters
    ----------
    draw : function
        Takes the parameters by name and returns a matplotlib figure and a sentence that
        says what it shows, for readers who cannot see it. It must depend on nothing but
        its arguments, on modules, on constants and on functions written beside it, so that
        its code can be copied and run. Its defaults are the values shown first.
    title : str
        Names the demo on the page and in links to it.
    hint : str
        One line that says what to try.
    **values
        For each parameter of `draw` the values it may take: numbers in increasing order (a
        slider that goes from one to the next, so that values a difference apart make a linear
        scale and values a ratio apart a logarithmic one), words (buttons), `[False, True]` (a
        switch), or a `range` or `Time` (a slider that can be played). At most three besides
        time, and 160 frames.

    Raises
    ------
    TypeError, ValueError
        If the values, or what `draw` returns for the first of them, cannot be shown.

    Examples
    --------
    >>> def parabola(a=1.0):
    ...     fig, ax = plt.subplots()
    ...     ax.plot([-1, 0, 1], [a, 0, a])
    ...     return fig, f"A parabola that rises to {a} at 1."
    >>> Demo(parabola, title="A parabola", a=[0.5, 1.0, 2.0])
    Demo('A parabola', a=3 values)
    """

    def __init__(self, draw: Callable[..., Any], /, *, title: str, hint: str = "", **values: Any) -> None:
        if not isinstance(title, str) or not title.strip():
            raise ValueError(f"title must say what the demo shows, but is {title!r}")
        if not isinstance(hint, str):
            raise TypeError(f"hint must be a line that says what to try, but is {hint!r}")
        self.program = source.program(
            draw, imports=("import matplotlib.pyplot as plt", "from nnlib import viz")
        )
        self.draw, self.title, self.hint = draw, title, hint
        self.parameters: tuple[Parameter, ...] = parameters(draw, values)
        self.frame(self.start)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{p.name}={len(p.values)} values" for p in self.parameters)
        return f"Demo({self.title!r}, {sizes})"

    @property
    def start(self) -> dict[str, Value]:
        """The setting shown first."""
        return {p.name: p.values[p.start] for p in self.parameters}

    def frame(self, setting: Mapping[str, Value]) -> tuple[frames.Picture, str, list[list[Any]]]:
        """Draw one frame: picture, sentence, and the numbers in it."""
        call = f"draw({', '.join(f'{k}={v!r}' for k, v in setting.items())})"
        before = set(plt.get_fignums())
        with plt.rc_context():
            viz.use_style()
            try:
                figure, sentence = self._drawn(call, setting)
                if getattr(figure, "number", None) in before:
                    raise TypeError(
                        f"{call} returned a figure that was open before; "
                        "make a new one, as plt.subplots() does"
                    )
                return frames.Picture(figure), sentence, frames.data(figure)
            finally:
                for number in set(plt.get_fignums()) - before:
                    plt.close(number)

    def _drawn(self, call: str, setting: Mapping[str, Value]) -> tuple[Figure, str]:
        try:
            made = self.draw(**setting)
        except Exception as error:
            raise RuntimeError(f"{call} raised {type(error).__name__}: {error}") from error
        if not isinstance(made, tuple) or len(made) != 2:
            came = f"{len(made)} things" if isinstance(made, tuple) else f"one {type(made).__name__}"
            raise TypeError(f"{call} must return a figure and a sentence, but returned {came}")
        figure, sentence = made
        if not isinstance(figure, Figure):
            hint = "; return ax.figure" if isinstance(figure, Axes) else ""
            kind = type(figure).__name__
            raise TypeError(f"{call} must return a figure first, but that is a {kind}{hint}")
        if not isinstance(sentence, str) or not sentence.strip():
            raise TypeError(
                f"{call} must return, after the figure, a sentence that says what it shows, "
                f"but that is {sentence!r}"
            )
        return figure, sentence

    def html(self) -> str:
        """The stored form, for the page: every frame drawn beforehand.

        Raises
        ------
        ValueError
            If the frames differ in size or are too many bytes for a page.
        """
        drawn = [self.frame(setting) for setting in combinations(self.parameters)]
        pictures = [picture for picture, _, _ in drawn]
        if len({id(picture.figure) for picture in pictures}) < len(pictures):
            raise TypeError(
                "draw returned the same figure for several settings; make a new one each time, "
                "as plt.subplots() does"
            )
        sizes = {picture.size for picture in pictures}
        if len(sizes) > 1:
            listed = " and ".join(f"{w} × {h}" for w, h in sorted(sizes))
            raise ValueError(
                f"every frame must have the same size, but draw makes figures of {listed} pixels; "
                "give each the same figsize and dpi"
            )
        first = next(i for i, setting in enumerate(combinations(self.parameters)) if setting == self.start)
        payload = frames.pack(pictures)
        written = page.page(
            "frames",
            title=self.title,
            hint=self.hint,
            sentence=drawn[first][1],
            still=frames.unpack(payload)[first],
            size=pictures[first].size,
            data={
                "parameters": [
                    {
                        "name": p.name,
                        "label": p.label,
                        "kind": p.kind,
                        "texts": p.texts,
                        "code": [repr(v) for v in p.values],
                        "start": p.start,
                    }
                    for p in self.parameters
                ],
                "sentences": [sentence for _, sentence, _ in drawn],
                "first": drawn[first][2],
                "program": self.program,
                "call": self.draw.__name__,
            },
            payload=payload,
        )
        if len(written) > page.MOST_BYTES:
            enough = int(len(drawn) * page.MOST_BYTES / len(written))
            raise ValueError(
                f"the {len(drawn)} frames take {len(written):,} bytes, and a page holds "
                f"{page.MOST_BYTES:,} at most; {thinner(self.parameters, enough)}, or draw less in each"
            )
        return written

    def widget(self) -> Any:
        """The live form: an ipywidget over `draw`."""
        return live.widget(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if os.environ.get(STORED) == "stored":
            display(page.shown(self, self.frame(self.start)[0]), raw=True)
        else:
            display(self.widget())
