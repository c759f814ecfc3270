"""`solutions`: every exercise of the book with its solution folded, in the order of the pages.

Both are taken from the pages' own Markdown when the site is built. They are shown without the
`exercise` directive and formulas without their labels, because a label may stand only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook.pages import listed, markdown, title

BLOCK = re.compile(
    r"^:::\{(exercise|solution)\} ([^\n]+)\n((?::\w[^\n]*\n)*)(.*?)^:::$", re.DOTALL | re.MULTILINE
)
EQUATION_LABEL = re.compile(r"^\$\$ \([\w-]+\)$", re.MULTILINE)
PLACE_HERE = re.compile(r"\]\(#")


@dataclass(frozen=True)
class Exercise:
    """One exercise: its page, label and title, and the Markdown of its text and of its solution."""

    page: str
    label: str
    title: str
    text: str
    solution: str


def exercises(page: str, text: str) -> Iterator[Exercise]:
    """Find the exercises of a page; one without a solution, or the other way round, is an error."""
    asked, answered = {}, {}
    for kind, argument, options, body in BLOCK.findall(text):
        body = PLACE_HERE.sub(f"]({page}.ipynb#", EQUATION_LABEL.sub("$$", body)).strip()
        if kind == "exercise":
            asked[re.findall(r"^:label: (\S+)$", options, re.MULTILINE)[0]] = (argument.strip(), body)
        else:
            answered[argument.strip()] = body
    if set(asked) != set(answered):
        raise ValueError(f"{page}: {sorted(set(asked) ^ set(answered))} lack an exercise or a solution")
    for label, (called, body) in asked.items():
        yield Exercise(page, label, called, body, answered[label])


class Solutions(SphinxDirective):
    """A section for each page that has exercises."""

    def run(self) -> list[nodes.Node]:
        root = Path(self.env.srcdir)
        self.env.note_dependency(str(root / "_toc.yml"))
        sections = []
        for path in listed(root):
            self.env.note_dependency(str(path))
            if found := list(exercises(path.stem, markdown(path))):
                sections.append(self._section(path.stem, title(path), found))
        return sections

    def _section(self, page: str, heading: str, found: list[Exercise]) -> nodes.section:
        section = nodes.section(ids=[f"of-{page.replace('_', '-')}"], names=[])
        section += nodes.title(text=heading)
        for exercise in found:
            box = nodes.container(classes=["solved"])
            box += self._head(exercise)
            text = f"{exercise.text}\n\n::::::{{dropdown}} Solution\n{exercise.solution}\n::::::"
            lines = StringList(text.split("\n"), f"book/{page}.ipynb")
            self.state.nested_parse(lines, self.content_offset, box)
            section += box
        return section

    def _head(self, exercise: Exercise) -> nodes.paragraph:
        """The exercise's name, which leads to it on its page."""
        uri = self.env.app.builder.get_relative_uri(self.env.docname, f"book/{exercise.page}")
        link = nodes.reference("", exercise.title, internal=True, refuri=f"{uri}#{exercise.label}")
        return nodes.paragraph("", "", link, classes=["solved-title"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("solutions", Solutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
