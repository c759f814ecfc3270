"""Submissions to try the grader on: the solution, an empty notebook, and wrong ones."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import nbformat

from .building import Built, write_whole
from .mutants import Mutant

ENDLESS = "while True:\n    pass"


def mutants(name: str) -> list[Mutant]:
    """List the wrong solutions of an assignment."""
    return list(importlib.import_module(f"assignments.{name}.mutants").MUTANTS)


def with_cell(notebook: Any, code: str, question: str = "") -> Any:
    """Copy a notebook, with a cell before the check of a question, or at its end."""
    place = len(notebook.cells)
    if question:
        checks = [f'grader.check("{question}")' in cell.source for cell in notebook.cells]
        place = checks.index(True)
    added = nbformat.v4.new_code_cell(code, id=f"added-{len(notebook.cells)}")
    return nbformat.from_dict(
        {**notebook, "cells": [*notebook.cells[:place], added, *notebook.cells[place:]]}
    )


def mistaken(built: Built, mutants: Iterable[Mutant]) -> Any:
    """Make a solution with mistakes that nothing builds on: all is checked at the end."""
    cells = [cell for cell in built.solution.cells if not cell.source.startswith("grader.check")]
    code = "\n".join(mutant.code for mutant in mutants)
    return with_cell(nbformat.from_dict({**built.solution, "cells": cells}), code)


def submissions(built: Built, count: int) -> Iterator[tuple[str, Any]]:
    """Yield as many file names and notebooks as asked for."""
    wrong = mutants(built.assignment.name)
    by_question = [[m for m in wrong if m.question == name] for name in sorted({m.question for m in wrong})]
    wrong = [m for turn in zip_longest(*by_question) for m in turn if m]  # one slip of each, then the next
    yield "solution", built.solution
    yield "blank", built.student
    yield "endless", with_cell(built.solution, ENDLESS)
    for place in range(count - 3):
        mutant = wrong[place % len(wrong)]
        yield f"student{place + 1:03}", with_cell(built.solution, mutant.code, mutant.question)


def write(built: Built, folder: Path, count: int) -> int:
    """Write example submissions into a folder; return how many."""
    files = list(submissions(built, count))[:count]
    for name, notebook in files:
        write_whole(folder / f"{name}.ipynb", nbformat.writes(notebook).encode())
    return len(files)
