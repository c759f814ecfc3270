"""Honest notebooks lose nothing, however odd they look."""

import copy
import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

from assignments.marking import building, grading, sandbox
from assignments.marking.submissions import Submission

spec = importlib.util.spec_from_file_location("honest", Path(__file__).with_name("honest.py"))
honest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(honest)

pytestmark = pytest.mark.skipif(
    bool(sandbox.lacking()), reason="bubblewrap is not on this machine, or does not work"
)
NAME = "a2_gradient_descent"
TURN = 4  # every fourth is tried with each `make test` of a server


@pytest.fixture(scope="module")
def built():
    return building.build(building.read(NAME))


def test_there_are_enough_of_them():
    assert len(honest.HONEST) >= 60


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if place % TURN == 0 else pytest.mark.slow)
        for place, name in enumerate(honest.HONEST)
    ],
)
def test_honest_notebooks_have_all_points(name, built):
    raw = json.loads(nbformat.writes(built.solution))
    for cell in raw["cells"]:
        cell["source"] = "".join(cell["source"])
    before = copy.deepcopy(raw)
    honest.HONEST[name](raw)
    assert raw != before
    record = grading.grade(Submission("ann", "", "", honest.made(raw)), built, "")
    said = [result.message for results in record.questions.values() for result in results]
    assert (record.fault, record.automatic) == ("", built.assignment.automatic), said
    assert not any("stopped" in remark for remark in record.remarks)
