"""Room for formulas before they are set, so that the page does not jump when they are.

MathJax sets the formulas when the page is already there. Until then each stands in a box, out of sight,
as wide (in a line of text) or as high (on a line of its own) as it is likely to become. The guesses come
from the LaTeX: widths from those of the letters in TeX's fonts, heights from numbers that were fitted to
the formulas of the book. `tests/browser/test_settling.py` holds both to what a browser shows.
"""

from __future__ import annotations

import functools
import html
import re
from typing import Any

from publishing import plain
from sphinx.application import Sphinx

GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
FRACTION = re.compile(rf"\\([dt]?)frac(?:{GROUP}|(\w))\s*(?:{GROUP}|(\w))")
SCRIPT = re.compile(rf"[_^](?:{GROUP}|(\\[A-Za-z]+|.))")
SCRIPTS = re.compile(rf"{SCRIPT.pattern}(?:\s*{SCRIPT.pattern})?")  # above, below or both
SPACING = re.compile(r"\\(?:[Bb]igg?[lr]?|left|right)\b|\\[,;!]|[{}_^]")
ARRAY = re.compile(r"\\begin\{(?:.?matrix|cases)\}.*?\\end\{", re.DOTALL)

RELATIONS, OPERATORS = "=<>≤≥≈≠∼∝←→↦∈", "+-−⊙∘×±·"
EM, SMALL = 1.19, 0.73  # MathJax's letters beside the text's, those of an index beside MathJax's
WIDTHS = {  # of the letters of TeX's fonts, in thousandths of their em
    **dict.fromkeys("0123456789/", 500), **dict.fromkeys("()", 389), **dict.fromkeys("[]:;.|!", 278),
    **dict.fromkeys(RELATIONS, 778 + 556), **dict.fromkeys(OPERATORS, 778 + 444), "·": 278 + 444,
    "←": 1000 + 556, "→": 1000 + 556, "∈": 667 + 556, ",": 445, "'": 206, "…": 1170, "∑": 1220, "√": 833,
    "a": 529, "b": 429, "c": 433, "d": 520, "e": 466, "f": 490, "g": 477, "h": 576, "i": 345, "j": 412,
    "k": 521, "l": 298, "m": 878, "n": 600, "o": 485, "p": 503, "q": 446, "r": 451, "s": 469, "t": 361,
    "u": 572, "v": 485, "w": 716, "x": 572, "y": 490, "z": 465, "A": 750, "B": 759, "C": 715, "D": 828,
    "E": 738, "F": 643, "G": 786, "H": 831, "I": 440, "J": 555, "K": 849, "L": 681, "M": 970, "N": 803,
    "O": 763, "P": 642, "Q": 791, "R": 759, "S": 613, "T": 584, "U": 683, "V": 583, "W": 944, "X": 828,
    "Y": 581, "Z": 683, "α": 640, "β": 566, "γ": 518, "δ": 444, "ϵ": 406, "η": 497, "θ": 469, "λ": 583,
    "μ": 603, "ν": 494, "π": 570, "ρ": 517, "σ": 571, "τ": 437, "φ": 654, "χ": 626, "ψ": 651, "ω": 622,
    "Δ": 833, "Θ": 778, "Φ": 722, "∂": 531, "ℓ": 417, "∇": 833, "∞": 1000,
}  # fmt: skip


def _letters(latex: str, small: bool = False) -> float:
    """Add up the letters of a formula without fractions and indices."""
    for command, letter in ((r"\ne ", "≠"), (r"\sqrt", "√"), (r"\{", "/"), (r"\}", "/")):
        latex = latex.replace(command, letter)
    text = plain(SPACING.sub(" ", latex)).replace(" ", "")
    total = 0
    for place, letter in enumerate(text):
        total += WIDTHS.get(letter, 500)
        if letter in RELATIONS and small:
            total -= 556  # an index has no space about a relation
        elif letter in OPERATORS and (small or place == 0 or text[place - 1] in "(,=≈"):
            total -= 444  # nor has a sign
    return total * (SMALL if small else 1) / 1000


@functools.cache
def width(latex: str) -> float:
    r"""Guess how many em wide a formula in the text becomes.

    >>> width("x") < width("x^2") < width(r"x^2 = \frac14")
    True
    """
    small = 0.0

    def fraction(found: re.Match[str]) -> str:
        nonlocal small
        large = found[1] == "d"
        small += 0.24 + max(
            _letters(part, not large) for part in (found[2] or found[3], found[4] or found[5])
        )
        return " "

    def scripts(found: re.Match[str]) -> str:
        nonlocal small
        small += 0.05 + max(_letters(part, True) for part in found.groups() if part)
        return ""

    rest = SCRIPTS.sub(scripts, FRACTION.sub(fraction, latex))
    return EM * (_letters(rest) + small)


def height(latex: str) -> float:
    r"""Guess how many em high a formula on a line of its own becomes, its margins included.

    >>> height("a = b") < height(r"a = \frac{b}{c}") < height(r"a = \frac{b}{c} \\ d = e")
    True
    """
    needed = 1.4 + 1.2 * len(re.findall(r"\\\\", "".join(ARRAY.findall(latex))))
    for row in re.split(r"\\\\", ARRAY.sub("", latex)):
        fraction, total, brace = (
            bool(re.search(what, row)) for what in (r"\\d?frac", r"\\(?:sum|prod)", "brace")
        )
        needed += 1.75 + max(1.4 * fraction, 1.7 * total) + 1.4 * brace
    return needed


def _boxes(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Tell every formula the room it needs."""

    def inline(found: re.Match[str]) -> str:
        guess = width(html.unescape(found[2]).strip())
        return f'{found[1]} style="--room: {guess:.1f}em">\\({found[2]}\\)</span>'

    def display(found: re.Match[str]) -> str:
        return f'{found[1]} style="--room: {height(html.unescape(found[2])):.1f}em">{found[2]}</div>'

    body = context.get("body", "")
    body = re.sub(r'(<span class="math[^>]*)>\\\((.*?)\\\)</span>', inline, body, flags=re.DOTALL)
    context["body"] = re.sub(r'(<div class="math[^>]*)>(.*?)</div>', display, body, flags=re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", _boxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
