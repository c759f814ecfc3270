"""The review of dependencies lists what is required, under the licences that the packages name."""

import importlib.metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REVIEW = (ROOT / "DEPENDENCIES.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|", REVIEW, re.MULTILINE))
ROWS.pop("package")
UNSAID = {"atheris", "axe-playwright-python"}  # their metadata name no licence, their repositories do


def required(name):
    """What is asked for itself: the lines before those that other packages need."""
    text = (ROOT / name).read_text(encoding="utf-8").split("# What those need")[0]
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_every_requirement_has_been_looked_at_and_no_other():
    assert set(ROWS) == required("requirements.txt") | required("requirements-dev.txt")


@pytest.mark.parametrize("name", sorted(set(ROWS) - UNSAID))
def test_licences_are_those_the_packages_name(name):
    try:
        said = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    told = [said.get("License-Expression") or "", said.get("License") or "", *said.get_all("Classifier", [])]
    assert ROWS[name] in " ".join(told)


@pytest.mark.parametrize("name", sorted(UNSAID))
def test_where_nothing_is_said_nothing_could_be_compared(name):
    try:
        said = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    assert not said.get("License-Expression")
    assert not [c for c in said.get_all("Classifier", []) if c.startswith("License")]


def test_packages_of_the_library_are_among_them():
    needed = importlib.metadata.requires("nnlib") or []
    names = {re.split(r"[\s<>=;\[]", line)[0] for line in needed}
    assert names <= set(ROWS) | {"nnlib", "torch"}
