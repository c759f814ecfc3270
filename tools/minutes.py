"""The minutes that pages take to read, written into the landing page.

    python tools/minutes.py           write
    python tools/minutes.py --check   exit with 1 if the landing page says something else

`nnbook.minutes` counts them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from notebooks import BOOK, normalise, read, text, write

from nnbook.minutes import SECONDS, minutes
from nnbook.pages import title

PATHS = {
    "backprop": (
        "introduction", "perceptron", "sigmoid_neurons", "notation", "gradient_descent", "backprop_by_hand",
        "backprop_derivation", "backprop_vectorised",
    )
}  # fmt: skip
ONE = {"formulas": "formula", "lines": "line of code", "figures": "figure"}


def block(names: Sequence[str], folder: Path) -> str:
    """Write a path down, with the minutes of each page."""
    pages = {name: folder / f"{name}.ipynb" for name in names}
    needed = {name: minutes(read(path)) for name, path in pages.items()}
    lines = [
        f"{k}. [{title(pages[name])}]({name}): {needed[name]} minutes" for k, name in enumerate(names, 1)
    ]
    how = ", ".join(
        [f"{60 / SECONDS['words']:.0f} words a minute"]
        + [f"{SECONDS[name]:g} seconds for each {what}" for name, what in ONE.items()]
    )
    total = f"{sum(needed.values())} minutes, exercises not counted."
    return "\n".join(lines) + f"\n\n{total} (Counted at {how}.)"


def wanted(folder: Path) -> str:
    """Return the landing page as it should be."""
    notebook = read(folder / "index.ipynb")
    for cell in notebook.cells:
        for name, pages in PATHS.items():
            begin, end = f"<!-- minutes: {name} -->", "<!-- end -->"
            if begin in cell.source:
                before, rest = cell.source.split(begin, 1)
                after = rest.split(end, 1)[1]
                cell.source = f"{before}{begin}\n{block(pages, folder)}\n{end}{after}"
    return text(normalise(notebook))


def main(arguments: Sequence[str] | None = None, folder: Path = BOOK) -> int:
    """Write or check; the exit code is 1 if a check finds a difference."""
    parser = argparse.ArgumentParser(description="Write the minutes that pages take into the landing page.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 on a difference")
    options = parser.parse_args(arguments)
    path, content = folder / "index.ipynb", wanted(folder)
    if path.read_text(encoding="utf-8") == content:
        return 0
    if options.check:
        print("index.ipynb: other minutes are due; run `python tools/minutes.py`")
    else:
        write(path, content)
        print("index.ipynb: written")
    return int(options.check)


if __name__ == "__main__":
    sys.exit(main())
