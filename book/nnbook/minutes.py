"""How long a page takes to read, counted from what stands on it.

Counted are words, displayed formulas, lines of code that are shown, and figures and demos, up to
the exercises; each takes the time that `SECONDS` says. The landing page and the semester plan
show it.
"""

from __future__ import annotations

import re
from typing import Any

SECONDS = {"words": 60 / 130, "formulas": 20.0, "lines": 4.0, "figures": 60.0}


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
