"""`course-plan`: a semester with this book, and what each page needs, teaches and takes.

    ```{course-plan} weeks     week by week: pages to read, what to do in class, assignments
    ```{course-plan} pages     each page: what it needs, what it teaches, minutes and seconds
    ```{course-plan} courses   the pages in the order of each of the five courses' slides

The weeks stand in `book/data/plan.yml`, the slides in `book/data/coverage.yml`; minutes are counted
as on the landing page, and what a page teaches is the first of its three lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook import book_data
from nnbook.courses import COURSES
from nnbook.minutes import minutes
from nnbook.pages import BOOK, markdown, title

DATA = ("book/data/plan.yml", "book/data/coverage.yml")


class Page:
    """A lesson: its title, its first line of three, the minutes it takes to read."""

    def __init__(self, name: str) -> None:
        path = BOOK / f"{name}.ipynb"
        first = re.search(r"^## In three lines\s+- (.+)$", markdown(path), flags=re.MULTILINE)
        if not first:
            raise ValueError(f"{path.name} has no three lines")
        self.name, self.title, self.teaches = name, title(path), first[1]
        self.minutes = minutes(nbformat.read(path, as_version=4))
        self.link = f"[{self.title}]({name})"


def weeks(plan: list[dict[str, Any]], pages: dict[str, Page]) -> Iterator[str]:
    """A week's lecture: what is read before it, what happens in it, what is handed out and in."""
    for number, week in enumerate(plan, 1):
        read = [pages[entry["page"]] for entry in week["pages"]]
        listed = ", ".join(f"{page.link} ({page.minutes})" for page in read)
        total = sum(page.minutes for page in read)
        yield f"**Week {number}. {week['lecture']}**"
        yield f": *Read before:* {listed}; {total} minutes."
        yield ""
        yield f"  *In class:* {week['class']}"
        if said := week.get("assignments"):
            yield f"\n  *Assignments:* {said}"
        yield ""


def lessons(plan: list[dict[str, Any]], pages: dict[str, Page]) -> Iterator[str]:
    """A page: what must have been read, what it teaches, how long it takes."""
    for entry in (entry for week in plan for entry in week["pages"]):
        page = pages[entry["page"]]
        needs = ", ".join(pages[name].link for name in entry["needs"]) or "nothing"
        yield f"{page.link}"
        yield f": *Needs* {needs}. *Takes* {page.minutes} minutes to read, {entry['seconds']} seconds to run."
        yield ""
        yield f"  *Teaches:* {page.teaches}"
        yield ""


def courses(rows: list[dict[str, Any]], pages: dict[str, Page]) -> Iterator[str]:
    """A course: the pages that treat its slides, in the order in which it comes to them."""
    for course, called in COURSES.items():
        lines = [(at["line"], row["page"]) for row in rows for at in row["at"] if at["course"] == course]
        met = dict.fromkeys(page for _, page in sorted(lines) if page in pages)
        yield called
        yield ": " + ", ".join(pages[name].link for name in met) + "."
        yield ""


class CoursePlan(SphinxDirective):
    """The part of the plan that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        for path in DATA:
            self.env.note_dependency(str(Path(self.env.srcdir, path)))
        plan = book_data.read("plan")
        pages = {entry["page"]: Page(entry["page"]) for week in plan for entry in week["pages"]}
        for name in pages:
            self.env.note_dependency(str(BOOK / f"{name}.ipynb"))
        parts = {
            "weeks": lambda: weeks(plan, pages),
            "pages": lambda: lessons(plan, pages),
            "courses": lambda: courses(book_data.read("coverage"), pages),
        }
        if self.arguments[0] not in parts:
            raise self.error(f"course-plan shows {', '.join(parts)}, not {self.arguments[0]!r}")
        text = "\n".join(parts[self.arguments[0]]()).splitlines()
        holder = nodes.container(classes=["course-plan"])
        self.state.nested_parse(StringList(text, DATA[0]), self.content_offset, holder)
        return [holder]


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directive."""
    app.add_directive("course-plan", CoursePlan)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
