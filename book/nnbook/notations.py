"""What the demo `notation_reader` shows of the five courses' notations, from book/data/notations.yml.

    python -m nnbook.notations           write book/nnbook/demos/static/notations.json
    python -m nnbook.notations --check   exit with 1 if the file differs from what would be written

The demo runs without MathJax, so that formulas become HTML here, with {layer}, {to}, {from} and
{layer+1} for the numbers that it puts in.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnbook import book_data
from nnbook.courses import COURSES

TARGET = Path(__file__).parent / "demos" / "static" / "notations.json"
ROLES = ("weight", "bias", "sum", "output", "error")
LETTERS = {"theta": "θ", "Theta": "Θ", "delta": "δ", "sigma": "σ", "partial": "∂"}
TOKEN = re.compile(r"\\([A-Za-z]+)|(<(?:layer|to|from)(?:[+-]\d)?>)|([_^])|(\{)|(\})|(\s+)|(.)")


def formula(tex: str) -> str:
    """Write a formula as HTML: letters, Greek letters, and what stands above and below.

    >>> formula("w^{<layer>}_{<to>}")
    '<i>w</i><span class="nn-ss"><sup>{layer}</sup><sub>{to}</sub></span>'
    """
    tokens = list(TOKEN.finditer(tex))
    written = _group(tokens)
    if tokens:
        raise ValueError(f"there is a }} too many in {tex!r}")
    return written


def _group(tokens: list[re.Match[str]]) -> str:
    """Write tokens up to the brace that closes the group; they are taken from the list."""
    written = ""
    marks: dict[str, str] = {}
    while tokens and not tokens[0][5]:
        if mark := tokens[0][3]:
            del tokens[0]
            marks[mark] = _one(tokens)
            continue
        written += _marks(marks) + _one(tokens)
        marks = {}
    return written + _marks(marks)


def _one(tokens: list[re.Match[str]]) -> str:
    """Write one token, or the group that begins with it."""
    command, place, _, opens, _, _, other = tokens.pop(0).groups()
    if opens:
        written = _group(tokens)
        if not tokens:
            raise ValueError("a { is not closed")
        del tokens[0]
        return written
    if command:
        if command not in LETTERS:
            raise ValueError(f"\\{command} is not known here; the demo has {', '.join(LETTERS)}")
        return LETTERS[command] if command == "partial" else f"<i>{LETTERS[command]}</i>"
    if place:
        return f"{{{place[1:-1]}}}"
    return (f"<i>{other}</i>" if other.isalpha() else other.replace("'", "′")) if other else ""


def _marks(marks: dict[str, str]) -> str:
    """Write what stands above and below, one over the other if there are both."""
    written = "".join(f"<{tag}>{marks[m]}</{tag}>" for m, tag in (("^", "sup"), ("_", "sub")) if m in marks)
    return f'<span class="nn-ss">{written}</span>' if len(marks) == 2 else written


def prose(text: str) -> str:
    """Write a line of Markdown with formulas as HTML."""
    pieces = []
    for piece in re.split(r"(\$[^$]*\$)", text):
        if piece.startswith("$"):
            pieces.append(formula(piece[1:-1]))
            continue
        words = html.escape(re.sub(r"<((?:layer|to|from)(?:[+-]\d)?)>", r"{\1}", piece), quote=False)
        words = re.sub(r"`([^`]*)`", r"<code>\1</code>", words)
        pieces.append(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", words))
    return "".join(pieces)


def shown(entry: dict[str, Any]) -> dict[str, str]:
    """Turn one entry of the YAML into what the demo shows: a symbol, if there is one, and a remark."""
    none, note = entry.get("none", ""), entry.get("note", "")
    remark = " ".join(filter(None, [none and f"{none[0].upper()}{none[1:]}.", note]))
    symbol = {"symbol": formula(entry["tex"])} if "tex" in entry else {}
    return symbol | ({"note": prose(remark)} if remark else {})


def wanted() -> str:
    """Return the JSON as it should be."""
    rows = {row["role"]: row["by"] for row in book_data.read("notations")}
    roles = {role: {name: shown(rows[role][name]) for name in COURSES} for role in ROLES}
    return json.dumps({"names": COURSES, "roles": roles}, ensure_ascii=False, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None, target: Path = TARGET) -> int:
    """Write or check; the exit code is 1 if a check finds a difference."""
    parser = argparse.ArgumentParser(description="Write what the notation reader shows of other notations.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 on a difference")
    options = parser.parse_args(arguments)
    content = wanted()
    if target.exists() and target.read_text(encoding="utf-8") == content:
        print(f"{target.name}: as it should be")
        return 0
    if options.check:
        print(f"{target.name} is not what notations.yml makes; run `python -m nnbook.notations`")
    else:
        target.write_text(content, encoding="utf-8")
        print(f"{target.name}: written")
    return int(options.check)


if __name__ == "__main__":
    sys.exit(main())
