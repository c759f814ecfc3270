"""What ties a displayed equation to its check: the label, and the very LaTeX that was checked.

A page shows `$$ … $$ (label)`. The check of that label repeats the LaTeX, so that
an edit of the page without a look at the check fails, and the other way round.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BOOK = Path(__file__).parents[2] / "book"
DISPLAYED = re.compile(
    r"^\$\$[ ]*\n(?P<latex>(?:(?!\$\$).)+?)\n\$\$(?P<rest>[^\n]*)$", re.MULTILINE | re.DOTALL
)
LABEL = re.compile(r"^ \((?P<label>[a-z0-9-]+)\)$")
OTHER_WAYS = re.compile(r"\\\[|\\begin\{(?:align|equation|gather)\*?\}|\{math\}|\S\$\$|\$\$[ ]*[^\s(]")

CHECKS: dict[str, "Entry"] = {}


@dataclass(frozen=True)
class Entry:
    latex: str
    check: Callable[[], None] | None  # None: a definition, which claims nothing


def normal(latex: str) -> str:
    """LaTeX without spacing that does not print."""
    return re.sub(r"\\[,;:!]|\\q?quad\b|\s+", "", latex).rstrip(".,;")


def checks(label: str, latex: str):
    """Register a function that fails if the equation with this label is wrong."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        assert label not in CHECKS, f"{label} is registered twice"
        CHECKS[label] = Entry(latex, check)
        return check

    return register


def definition(label: str, latex: str) -> None:
    """Register an equation that introduces a symbol and claims nothing."""
    assert label not in CHECKS, f"{label} is registered twice"
    CHECKS[label] = Entry(latex, None)


def markdown(path: Path) -> str:
    """The text of a page, without its code."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def displayed(text: str) -> list[tuple[str | None, str]]:
    """Label (or None) and LaTeX of every displayed equation."""
    found = []
    for match in DISPLAYED.finditer(text):
        label = LABEL.match(match["rest"])
        found.append((label["label"] if label else None, match["latex"]))
    return found


def pages() -> list[Path]:
    return sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("*.md")])
