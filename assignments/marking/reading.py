"""What of a submitted notebook is used: its code and its texts, none of its outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .submissions import Submission, Unreadable, printable

LOOKING = Path(__file__).with_name("looking.py")
PATIENCE = 300.0  # seconds, on whatever machine, for what takes a hundredth of one


@dataclass
class Cell:
    """A code cell: its place in the notebook, counted from 1, and its source."""

    place: int
    source: str

    @property
    def first_line(self) -> str:
        """The first line that says something, cut short."""
        lines = [line for line in self.source.splitlines() if line.strip()]
        return printable(lines[0][:60]) if lines else ""


@dataclass
class Notebook:
    """A notebook that was handed in, taken apart.

    Attributes
    ----------
    cells : list of Cell
        The code that is run.
    texts : list of (int, str)
        The texts, with their places.
    skipped : list of int
        The places of experiments, which are not run.
    checked : mapping from str to int
        Where each question is checked: after the last cell that calls `grader.check` for it.
    remarks : list of str
        What a person should look at.
    """

    cells: list[Cell]
    texts: list[tuple[int, str]]
    skipped: list[int]
    checked: Mapping[str, int]
    remarks: list[str]


def read(
    submission: Submission, assignment: str, without: Sequence[str] = (), given: Sequence[str] = ()
) -> Notebook:
    """Take a submission apart, in a process with limits (`looking.py`, which says what is looked for).

    Raises
    ------
    Unreadable
        It is no notebook of this assignment that could be run.
    """
    if submission.fault:
        raise Unreadable(submission.fault)
    asked = {"assignment": assignment, "without": list(without), "given": [code.strip() for code in given]}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(LOOKING)],
            input=json.dumps(asked).encode() + b"\n" + submission.content,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(TOO_HARD) from None
    if done.returncode:
        raise Unreadable(TOO_HARD)
    found = json.loads(done.stdout)
    if "fault" in found:
        raise Unreadable(found["fault"])
    return Notebook(
        [Cell(place, source) for place, source in found["cells"]],
        [(place, text) for place, text in found["texts"]],
        found["skipped"],
        found["checked"],
        [printable(remark) for remark in found["remarks"]],
    )


TOO_HARD = "a notebook that cannot be taken apart with 10 seconds and 2 GB of memory, the limits for that"
