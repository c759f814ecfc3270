"""Follow a slip: a question that used an earlier wrong function is checked with the right one.

The notebook is run once more. Where the check of a question stands whose functions were wrong, those
of the solution are put in their place, and what comes after is the student's again. A question that
earns more so has its points: the slip was fined where it was made.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from . import checks
from .building import Built
from .checks import Result
from .kernel import Died
from .looking import CHECK
from .running import ALL, Run

Followed = dict[str, tuple[list[Result], list[str]]]  # the results, and the questions put right for them


def earned(results: Sequence[Result]) -> float:
    """Add up the points of checks that passed."""
    return sum(result.points for result in results if result.passed)


def follow(
    run: Run,
    built: Built,
    files: Mapping[str, Any],
    moments: Mapping[str, float],
    first: Mapping[str, Sequence[Result]],
) -> Followed:
    """Check again what came after a wrong function.

    Parameters
    ----------
    run : Run
        A fresh one of the same notebook; it is closed.
    built : Built
        The assignment, with its solution.
    files : mapping
        Every question's checks.
    moments : mapping
        Where each question is checked.
    first : mapping
        How the checks went.

    Returns
    -------
    dict
        The questions that earn more.
    """
    worth = {question.name: question.points for question in built.assignment.questions}
    order = sorted((name for name in files if moments[name] < ALL), key=lambda name: moments[name])
    wrong = [name for name in order if earned(first[name]) < worth[name]]
    functions = functions_of_solution(built)
    found: Followed = {}
    if not any(name in functions for name in wrong[:-1]):
        return found
    righted: list[str] = []
    try:
        for name in wrong:
            run.advance(moments[name])
            if righted:
                results = checks.run(files[name], checks.Environment(run, run.limits.call))
                if earned(results) > earned(first[name]):
                    found[name] = results, [*righted]
                if earned(results) == worth[name]:
                    continue
            if name in functions:
                run.lay_over(functions[name])
                righted.append(name)
    except Died:
        pass
    finally:
        run.close()
    return found


def functions_of_solution(built: Built) -> dict[str, str]:
    """Return for each question the functions of its solution, with the imports that they need."""
    functions: dict[str, str] = {}
    imports: list[str] = []
    waiting: list[str] = []
    for cell in built.solution.cells:
        if cell.cell_type != "code":
            continue
        if asked := CHECK.findall(cell.source):
            if waiting:
                functions[asked[-1]] = "\n".join([*imports, *waiting])
            waiting = []
            continue
        with contextlib.suppress(SyntaxError):  # a line for IPython
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    imports.append(ast.unparse(node))
                elif isinstance(node, ast.FunctionDef):
                    waiting.append(ast.unparse(node))
    return functions
