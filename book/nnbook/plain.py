"""Short formulas without LaTeX, for places where none can be set."""

from __future__ import annotations

import re

from pylatexenc.latex2text import LatexNodes2Text


def plain(latex: str) -> str:
    r"""Write a short formula without LaTeX.

    >>> plain(r"\tfrac14 x^4 + \eta = 10")
    '1/4 x^4 + η = 10'
    """
    latex = re.sub(r"\\[td]frac", r"\\frac", latex)
    latex = re.sub(r"(\\[A-Za-z]+) ", r"\1{} ", latex)  # a space after a name is swallowed otherwise
    return str(LatexNodes2Text().latex_to_text(latex))
