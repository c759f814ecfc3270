"""Every typical wrong solution costs exactly its points, and its feedback names it."""

import importlib
from functools import cache

import numpy as np
import pytest

pytest.importorskip("otter")

import nnlib as nn
from assignments.marking import building, checks

SMALL = {  # of Assignment 4, so that a wrong solution is found out in seconds
    "q1": {"seed": 3, "examples": 4000, "held_out": 3000, "runs": 1, "short": 4.0},
    "q4": {"seed": 3, "examples": 4000, "held_out": 3000, "runs": 1},
}
MUTANTS = {name: importlib.import_module(f"assignments.{name}.mutants").MUTANTS for name in building.names()}
CASES = [(name, k) for name, mutants in MUTANTS.items() for k in range(len(mutants))]


@cache
def assignment(name):
    return building.read(name, SMALL if name.startswith("a4") else None)


def need_data(name):
    if assignment(name).settings.get("data") and not nn.datasets.available("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not at hand (set NNLIB_DATA)")


def namespace(name):
    """Run the solution: code outside tests, without set-up, experiments and what only people mark."""
    names, testing, manual = {}, False, False
    for cell in assignment(name).notebook.cells:
        source = cell.source
        if cell.cell_type == "raw":
            testing = {"# BEGIN TESTS": True, "# END TESTS": False}.get(source.strip(), testing)
            manual = "manual: true" in source if source.startswith("# BEGIN QUESTION") else manual
        elif cell.cell_type == "code" and not (
            testing or manual or source.startswith(("# SET-UP", "# experiment"))
        ):
            exec(compile(source, name, "exec"), names)
    return names


def results(name, names, only=None):
    """Run the master's tests in this process, as Otter would."""
    found = {}
    for question in assignment(name).questions:
        if only and question.name not in only:
            continue
        outcomes = []
        for test in question.tests:
            scope = {}
            exec(compile(test.source, test.name, "exec"), scope)
            try:
                with np.errstate(all="ignore"):
                    scope[test.name](names)
                outcomes.append((test, None))
            except checks.Slip as slip:
                outcomes.append((test, str(slip)))
        if not question.manual:
            found[question.name] = outcomes
    return found


def lost(outcomes):
    return sum(test.points for test, message in outcomes if message is not None)


@pytest.mark.parametrize("name", building.names())
def test_solution_passes_everything(name):
    need_data(name)
    for question, outcomes in results(name, namespace(name)).items():
        if (name[:2], question) != (
            "a4",
            "q4",
        ):  # half a point on 4,000 images is luck; tested in the sandbox
            assert [message for _, message in outcomes if message] == [], question


@pytest.mark.parametrize("name", building.names())
def test_every_question_has_at_least_four(name):
    counts = {q.name: 0 for q in assignment(name).questions if not q.manual}
    for mutant in MUTANTS[name]:
        counts[mutant.question] += 1
    assert min(counts.values()) >= 4, counts


@pytest.mark.parametrize(
    ("name", "k"),
    [
        pytest.param(
            *case,
            id=f"{case[0][:2]}-{MUTANTS[case[0]][case[1]].question}-{case[1]}",
            marks=[] if place % 4 == 0 else pytest.mark.long,
        )
        for place, case in enumerate(CASES)
    ],
)
def test_mutant(name, k, capsys):
    need_data(name)
    mutant = MUTANTS[name][k]
    names = namespace(name)
    exec(compile(mutant.code, "mutant", "exec"), names)
    only = {mutant.question} if name.startswith("a4") else None  # those of Assignment 4 take seconds each
    found = results(name, names, only)
    capsys.readouterr()
    points = {question: lost(outcomes) for question, outcomes in found.items() if lost(outcomes)}
    own = {mutant.question: mutant.lost} if mutant.lost else {}  # a public check may be all that is there
    assert points == {**own, **mutant.also}
    messages = [message for _, message in found[mutant.question] if message]
    assert any(mutant.says in message for message in messages), messages
    for message in messages:
        assert len(message) > 40, f"only says {message!r}"
        assert len(message) < 700, message


@pytest.mark.parametrize(
    ("name", "least"), [("a1_perceptron", 30), ("a2_gradient_descent", 24), ("a3_backprop", 21)]
)
def test_public_checks_find_most_mistakes(name, least, capsys):
    """As the book says: so a student hears of a slip while there is still something to mend."""
    found = []
    for mutant in MUTANTS[name]:
        names = namespace(name)
        exec(compile(mutant.code, "mutant", "exec"), names)
        outcomes = results(name, names, {mutant.question})[mutant.question]
        found.append(any(message and not test.hidden for test, message in outcomes))
    capsys.readouterr()
    assert sum(found) >= least, [m.says for m, seen in zip(MUTANTS[name], found, strict=True) if not seen]
    assert len(found) >= 34
