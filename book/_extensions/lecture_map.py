"""`lecture-map`: for one course, each slide, what it holds, and where the book treats it.

The rows stand in `book/data/coverage.yml`. A link is resolved when every page has been read,
so that it carries the title and heading the page has now; an anchor that is not there is an error.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from nnbook import book_data

COVERAGE = "book/data/coverage.yml"
HEADS = ("Slide", "What", "Where in the book")
TO_COME = "to come"

logger = logging.getLogger(__name__)


class Place(nodes.Inline, nodes.Element):
    """A link to be: `page` and `anchor`."""


def places(row: dict[str, Any]) -> tuple[str, ...]:
    """List the places that treat a row as `page#anchor`; the page's own place is TO_COME without one."""
    also = tuple(row.get("also", ()))
    return (f"{row['page']}#{row['anchor']}", *also) if "anchor" in row else (*also, TO_COME)


def slides(rows: list[dict[str, Any]], course: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Each slide of a course with its rows, in the order of the lecture; a row once per slide."""
    entries = [(at["line"], at["slide"], row) for row in rows for at in row["at"] if at["course"] == course]
    entries.sort(key=lambda entry: entry[0])
    merged = []
    for slide, group in groupby(entries, key=lambda entry: entry[1]):
        merged.append((slide, list({row["id"]: row for _, _, row in group}.values())))
    return merged


class LectureMap(SphinxDirective):
    """Table of a course's slides; the argument names the course as in the YAML."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir, COVERAGE)
        self.env.note_dependency(str(path))
        self.env.metadata[self.env.docname]["lecture-map"] = "yes"
        found = slides(book_data.read("coverage"), self.arguments[0])
        if not found:
            raise self.error(f"no slide of {self.arguments[0]!r} in {COVERAGE}")

        group = nodes.tgroup(cols=len(HEADS))
        group += [nodes.colspec(colwidth=width) for width in (32, 36, 32)]
        head = nodes.row()
        head += [nodes.entry("", nodes.paragraph("", text)) for text in HEADS]
        body = nodes.tbody()
        for slide, rows in found:
            body += self._slide(slide, rows)
        group += [nodes.thead("", head), body]
        return [nodes.table("", group, classes=["lecture-map"])]

    def _slide(self, slide: str, rows: list[dict[str, Any]]) -> list[nodes.row]:
        """Make the rows of one slide: its title spans them, and items treated in one place share a row."""
        groups = [(where, list(same)) for where, same in groupby(rows, key=places)]
        made = []
        for number, (where, same) in enumerate(groups):
            row = nodes.row()
            if number == 0:
                title = self._cell([slide])
                title["classes"].append("slide")
                if len(groups) > 1:
                    title["morerows"] = len(groups) - 1
                row += title
            else:
                row["classes"].append("same-slide")
            row += self._cell([item["item"] for item in same])
            row += nodes.entry("", *(self._place(one, alone=len(where) == 1) for one in where))
            made.append(row)
        return made

    def _cell(self, texts: list[str]) -> nodes.entry:
        """Parse each text as MyST into a paragraph of its own."""
        cell = nodes.entry()
        for text in texts:
            self.state.nested_parse(StringList([text], source=COVERAGE), 0, cell)
        return cell

    def _place(self, where: str, *, alone: bool) -> nodes.paragraph:
        if where == TO_COME:
            text = TO_COME if alone else f"more {TO_COME}"
            return nodes.paragraph("", text, classes=["to-come"])
        page, _, anchor = where.partition("#")
        return nodes.paragraph("", "", Place(page=f"book/{page}", anchor=anchor))


def _heading(page: nodes.document, anchor: str) -> str | None:
    """Heading of the section that an id is in, or None if no node has it."""
    for node in page.findall(nodes.Element):
        if anchor in node.get("ids", ()):
            while node is not None and not isinstance(node, nodes.section):
                node = node.parent
            title = node and node.next_node(nodes.title)
            return title.astext() if title else ""
    return None


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put a link with the page's title and the heading for each place."""
    read: dict[str, nodes.document] = {}
    for place in list(doctree.findall(Place)):
        page, anchor = place["page"], place["anchor"]
        if page not in app.env.found_docs:
            place.replace_self(nodes.Text(TO_COME))
            continue
        if page not in read:
            read[page] = app.env.get_doctree(page)
        title = app.env.titles[page].astext()
        heading = _heading(read[page], anchor)
        if heading is None:
            logger.warning("%s: no #%s on %s", COVERAGE, anchor, page, location=docname)
        uri = app.builder.get_relative_uri(docname, page)
        text = title if heading in (None, "", title) else f"{title}: {heading}"
        place.replace_self(nodes.reference("", text, internal=True, refuri=f"{uri}#{anchor}"))


def _write_anew(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write a map again whenever a page has changed: its heading may have."""
    return [name for name, metadata in env.metadata.items() if "lecture-map" in metadata]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(Place)
    app.add_directive("lecture-map", LectureMap)
    app.connect("doctree-resolved", _resolve)
    app.connect("env-updated", _write_anew)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
