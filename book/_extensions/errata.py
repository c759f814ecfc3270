"""`errata`: the table of errors in the lecture notes, made from `book/data/errata.yml`.

Cells are parsed as MyST. Row N gets the anchor `erratum-N`, which other pages reach by
`[](errata.md#erratum-N)` or `{ref}`. `errata.css` lays the rows out as blocks on a narrow
screen, and `sortable.js` puts buttons into the heads marked here as sortable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook import book_data
from nnbook.courses import COURSES

ERRATA = "book/data/errata.yml"
HEADS = {  # class of the column, its name, its share of the width
    "number": ("No.", 5),
    "course": ("Course", 9),
    "place": ("Place", 14),
    "kind": ("Kind", 10),
    "says": ("The notes say", 24),
    "correct": ("Correct", 28),
    "shown": ("Shown by", 10),
}
SORTABLE = ("number", "course", "kind")


class Errata(SphinxDirective):
    """Table of all errata, in the order of the YAML file."""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, ERRATA)
        self.env.note_dependency(str(path))
        entries = book_data.read("errata")
        group = nodes.tgroup(cols=len(HEADS))
        group += [nodes.colspec(colwidth=width) for _, width in HEADS.values()]
        head = nodes.row()
        for name, (text, _) in HEADS.items():
            classes = [f"errata-{name}", *(["sortable"] if name in SORTABLE else [])]
            head += nodes.entry("", nodes.paragraph(text=text), classes=classes)
        group += nodes.thead("", head)
        group += nodes.tbody("", *(self._row(entry) for entry in entries))
        table = nodes.table("", group, classes=["errata", "colwidths-given"])
        return [nodes.container("", table, classes=["errata-table"])]

    def _row(self, entry: dict[str, Any]) -> nodes.row:
        anchor = f"erratum-{entry['id']}"
        row = nodes.row(ids=[anchor])
        standard: Any = self.env.get_domain("std")
        standard.anonlabels[anchor] = (self.env.docname, anchor)
        standard.labels[anchor] = (self.env.docname, anchor, f"erratum {entry['id']}")
        correct = entry["correct"]
        if "page" in entry:
            page, _, slug = entry["page"].partition("#")
            correct += f" See []({self._source(page)}#{slug})."
        cells = {
            "number": f"[{entry['id']}](#{anchor})",
            "course": COURSES[entry["course"]],
            "place": entry["place"],
            "kind": entry["kind"],
            "says": entry["says"],
            "correct": correct,
            "shown": self._shown(entry),
        }
        for name, text in cells.items():
            cell = nodes.entry(classes=[f"errata-{name}"])
            self.state.nested_parse(StringList([text], ERRATA), self.content_offset, cell)
            row += cell
        return row

    def _source(self, page: str) -> str:
        """Name the file of a page."""
        return next(
            f"{page}{suffix}"
            for suffix in (".ipynb", ".md")
            if Path(self.env.srcdir, "book", page + suffix).exists()
        )

    def _shown(self, entry: dict[str, Any]) -> str:
        """Say how an erratum is shown, with a link to the test or the sources."""
        sources = [f"{{cite:t}}`{','.join(entry['sources'])}`"] if "sources" in entry else []
        if entry["shown"] == "computed":
            theme = self.config.html_theme_options
            module = entry["course"].replace("-", "_")
            address = f"{theme['repository_url']}/blob/{theme['repository_branch']}/tests/errata/{module}.py"
            return "; ".join([f"[test]({address})", *sources])
        return "; ".join(sources) if entry["shown"] == "literature" else "; ".join(["reading", *sources])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("errata", Errata)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
