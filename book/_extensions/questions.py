"""Quick questions: an admonition of class `quick` whose dropdowns are the answers to choose from.

A right answer's text begins with "Right", a wrong one's with "No"; each gets a class for its
colour and mark. They are plain <details>, so they work without scripts, by keyboard and in print.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def _mark(app: Sphinx, document: nodes.document) -> None:
    for question in document.findall(nodes.admonition):
        if "quick" not in question["classes"]:
            continue
        for answer in question.findall(nodes.container):
            if answer.get("design_component") == "dropdown":
                said = next(answer.findall(nodes.paragraph)).astext()
                answer["container_classes"].append("right" if said.startswith("Right") else "wrong")


def _titles(app: Sphinx, page: str, template: str, context: dict[str, Any], document: object) -> None:
    """Write "Exercise 1. Check": sphinx-exercise puts an unnumbered exercise's title into brackets."""
    context["body"] = re.sub(r"Exercise \((\d\. [^)<]+)\)", r"Exercise \1", context.get("body", ""))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", _mark)
    app.connect("html-page-context", _titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
