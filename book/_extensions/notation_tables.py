"""`notations`: how the courses write the same things, made from `book/data/notations.yml`.

Without an argument, a table of the book and the five courses, a row for each role. With the name of
a course, `nielsen` or `pytorch`, a table that translates that one, with the slides where to see it.
Cells are parsed as MyST; `notation_tables.css` lays the rows out as blocks on a narrow screen.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook import book_data
from nnbook.courses import COURSES

NOTATIONS = "book/data/notations.yml"
NAMES = {"book": "This book", **COURSES, "nielsen": "Nielsen’s code", "pytorch": "PyTorch"}
LETTERS = {"layer": "ℓ", "to": "j", "from": "k"}
PLACE = re.compile(r"<(layer|to|from)([+-]1)?>")


def general(markdown: str) -> str:
    """Put the book's letters for the placeholders: as formulas in prose, as they are in code."""
    return "".join(map(_filled, re.split(r"(\$[^$]*\$|`[^`]*`)", markdown)))


def _filled(piece: str) -> str:
    """Fill in a formula, a piece of code, or the prose between them, where a letter is a formula."""
    if piece.startswith("`"):
        return PLACE.sub(lambda m: LETTERS[m[1]] + (m[2] or ""), piece)
    around = "" if piece.startswith("$") else "$"
    letters = {**LETTERS, "layer": r"\ell"}
    more = {None: "", "+1": " + 1", "-1": " - 1"}
    return PLACE.sub(lambda m: f"{around}{letters[m[1]]}{more[m[2]]}{around}", piece)


def written(entry: dict[str, Any]) -> str:
    """Give the Markdown of one entry: symbol, code or words, and the note."""
    if "tex" in entry:
        says = f"${entry['tex']}$"
    elif "code" in entry:
        says = f"`{entry['code']}`"
    else:
        says = entry.get("words") or entry["none"]
    note = f"\n\n{entry['note']}" if "note" in entry else ""
    return general(says + note)


class Notations(SphinxDirective):
    """Table of all notations, or of one; the argument names it as in the YAML."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, NOTATIONS)
        self.env.note_dependency(str(path))
        roles = book_data.read("notations")
        if not self.arguments:
            columns = ["book", *COURSES]
            heads = ["What", *(NAMES[name] for name in columns)]
            return [self._table("notations", heads, [(role, columns, []) for role in roles])]
        name = self.arguments[0]
        if name == "book" or name not in NAMES:
            raise self.error(f"there is no notation of {name!r}; there are {', '.join(NAMES)}")
        slides = name in COURSES
        heads = ["What", NAMES["book"], NAMES[name], *(["Slide"] if slides else [])]
        rows = [(role, ["book", name], [self._slides(role["by"][name])] if slides else []) for role in roles]
        return [self._table("notations one-notation", heads, rows)]

    def _table(
        self, classes: str, heads: list[str], rows: list[tuple[dict[str, Any], list[str], list[str]]]
    ) -> nodes.container:
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=1) for _ in heads]
        head = nodes.row()
        head += [nodes.entry("", nodes.paragraph(text=text)) for text in heads]
        body = nodes.tbody()
        for role, columns, more in rows:
            row = nodes.row()
            row += nodes.entry("", nodes.paragraph(text=role["name"]), classes=["role"])
            for name in columns:
                row += self._cell(written(role["by"][name]), f"by-{name}", "none" in role["by"][name])
            for text in more:
                row += self._cell(text, "slide")
            body += row
        group += [nodes.thead("", head), body]
        table = nodes.table("", group, classes=[*classes.split(), "colwidths-auto"])
        return nodes.container("", table, classes=["notations-table"])

    def _slides(self, entry: dict[str, Any]) -> str:
        return "\n\n".join(dict.fromkeys(at["slide"] for at in entry.get("at", [])))

    def _cell(self, text: str, name: str, none: bool = False) -> nodes.entry:
        cell = nodes.entry(classes=[name, *(["nothing"] if none else [])])
        self.state.nested_parse(StringList(text.split("\n"), NOTATIONS), self.content_offset, cell)
        return cell


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("notations", Notations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
