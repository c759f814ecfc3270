"""How long pages take to read, counted and written into the landing page.

    python tools/minutes.py           write
    python tools/minutes.py --check   exit with 1 if the landing page says something else

Counted are words, displayed formulas, lines of code that are shown, and figures and demos, up to
the exercises; each takes the time that `SECONDS` says. The sum is rounded to five minutes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from notebooks import BOOK, normalise, read, text, write

SECONDS = {"words": 60 / 130, "formulas": 20.0, "lines": 4.0, "figures": 60.0}
PATHS = {
    "backprop": {
        "introduction": "What a neural network is",
        "perceptron": "The perceptron",
        "sigmoid_neurons": "Sigmoid neurons",
        "notation": "Notation",
        "gradient_descent": "Gradient descent",
        "backprop_by_hand": "Backpropagation by hand",
        "backprop_derivation": "Backpropagation, derived",
        "backprop_vectorised": "Backpropagation with matrices",
    }
}


def counts(notebook: Any) -> dict[str, int]:
    """Count what there is to read on a page, its exercises left out."""
    found = dict.fromkeys(SECONDS, 0)
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "markdown":
            before, exercises, _ = cell.source.partition("## Exercises")
            found["formulas"] += before.count("$$") // 2
            prose = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "X", before, flags=re.DOTALL)
            found["words"] += len(prose.split())
            if exercises:
                break
        elif "remove-cell" not in tags:
            if not tags & {"hide-input", "remove-input"}:
                found["lines"] += sum(bool(line.strip()) for line in cell.source.splitlines())
            kinds = {kind for output in cell.outputs for kind in output.get("data", {})}
            found["figures"] += any(kind.startswith("image/") or kind == "text/html" for kind in kinds)
    return found


def minutes(notebook: Any) -> int:
    """Time to read a page, rounded to five minutes."""
    seconds = sum(SECONDS[name] * count for name, count in counts(notebook).items())
    return max(5, 5 * round(seconds / 300))


def block(pages: dict[str, str], folder: Path) -> str:
    """Write a path down, with the minutes of each page that is there."""
    there = [name for name in pages if (folder / f"{name}.ipynb").exists()]
    needed = {name: minutes(read(folder / f"{name}.ipynb")) for name in there}
    lines = [f"{k}. [{pages[name]}]({name}): {needed[name]} minutes" for k, name in enumerate(there, 1)]
    if missing := [title for name, title in pages.items() if name not in there]:
        lines.append(f"{len(there) + 1}. to come: {', '.join(missing)}")
    how = ", ".join(
        [f"{60 / SECONDS['words']:.0f} words a minute"]
        + [f"{SECONDS[name]:g} seconds for each {what}" for name, what in ONE.items()]
    )
    so_far = " so far" if missing else ""
    total = f"{sum(needed.values())} minutes{so_far}, exercises not counted."
    return "\n".join(lines) + f"\n\n{total} (Counted at {how}.)"


ONE = {"formulas": "formula", "lines": "line of code", "figures": "figure"}


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
