"""Run the cells of a notebook in a kernel that is replaced when it ends, within limits of time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from . import sandbox
from .building import Assignment
from .kernel import Died, Kernel, TimedOut, TooMuchOutput
from .reading import Cell, Notebook
from .submissions import printable

RESTARTS = 2
ALL = math.inf  # the place after the last cell
MOST_FIGURES = 20_000_000  # characters of all figures that are kept of a notebook


class Fate(StrEnum):
    """How a cell ended that did not run to its end."""

    RAISED = "raised"  # an exception
    STOPPED = "stopped"  # at a limit
    ENDED = "ended"  # with its kernel
    LEFT_OUT = "left out"  # there was no time left

    @property
    def at_a_limit(self) -> bool:
        return self is not Fate.RAISED


@dataclass(frozen=True)
class Mishap:
    """What became of a cell: its fate, in words, and how the cell begins."""

    fate: Fate
    text: str
    line: str


@dataclass
class Limits:
    """How many seconds a cell, a call of a student's function, and all of a submission may take.

    Counted is the time that they would have taken on a machine with nothing else to do.
    """

    cell: float
    call: float
    whole: float

    @classmethod
    def of(cls, assignment: Assignment) -> Limits:
        """Read them off the master's settings."""
        names = ("cell_seconds", "call_seconds", "seconds")
        return cls(*(float(assignment.settings[name]) for name in names))


class Run:
    """One notebook in its kernel, started anew when a cell or a call has ended it.

    Attributes
    ----------
    cells : dict
        Those that did not run to their end, by their places.
    figures : dict
        The figures that cells have drawn.
    """

    def __init__(
        self, notebook: Notebook, limits: Limits, bounds: sandbox.Limits, *, unconfined: bool = False
    ):
        self.notebook, self.limits, self.bounds, self.unconfined = notebook, limits, bounds, unconfined
        self.cells: dict[int, Mishap] = {}
        self.figures: dict[int, list[str]] = {}
        self._ended: set[int] = set()  # cells that were stopped, or after which there was no kernel
        self._spent = 0.0  # seconds, in kernels that are gone
        self._starts = 0
        self._kernel: Kernel | None = None
        self._left: list[Cell] = []  # what this kernel has not run yet
        self._place: float = 0  # how far it is to be

    def advance(self, place: float = ALL) -> None:
        """Run the cells up to this place; a cell that ends the kernel is left out the next time.

        A kernel that has been ended, by a cell or by a check, is replaced by a new one, in which
        the cells are run again.

        Raises
        ------
        Died
            No kernel is left, and no more is started.
        """
        self._place = place
        while True:
            if self._kernel is None:
                if self._starts > RESTARTS:
                    raise Died("the notebook ended its kernel again and again")
                self._starts += 1
                self._left = [cell for cell in self.notebook.cells if cell.place not in self._ended]
                self._kernel = Kernel(self.bounds, unconfined=self.unconfined)
            while self._left and self._left[0].place <= place:
                if not self._cell(self._left.pop(0)):
                    self.close()
                    break
            else:
                return

    def _cell(self, cell: Cell) -> bool:
        """Run a cell; False if there is no kernel afterwards."""
        assert self._kernel is not None
        self.cells.pop(cell.place, None)
        if self._left_over <= 0:
            self._note(cell, Fate.LEFT_OUT, f"not run: {self._used_up}")
            return True
        try:
            ran = self._kernel.run(cell.source, min(self.limits.cell, self._left_over))
        except TimedOut:
            self._note(cell, Fate.STOPPED, f"stopped after {self.limits.cell:g} s")
            return True
        except TooMuchOutput:
            self._note(cell, Fate.STOPPED, "stopped: it printed too much")
            return True
        except Died as error:
            self._note(cell, Fate.ENDED, str(error))
            return False
        if ran.error:
            self._note(cell, Fate.RAISED, printable(ran.error))
        self.figures.pop(cell.place, None)
        held = sum(len(figure) for figures in self.figures.values() for figure in figures)
        if ran.figures and held + sum(map(len, ran.figures)) < MOST_FIGURES:
            self.figures[cell.place] = ran.figures
        return True

    def _note(self, cell: Cell, fate: Fate, text: str) -> None:
        self.cells[cell.place] = Mishap(fate, text, cell.first_line)
        if fate in (Fate.STOPPED, Fate.ENDED):
            self._ended.add(cell.place)  # a new kernel does without it

    @property
    def _left_over(self) -> float:
        """Seconds that are left to the notebook."""
        return self.limits.whole - self._spent - (self._kernel.spent if self._kernel else 0.0)

    @property
    def _used_up(self) -> str:
        return f"the {self.limits.whole:g} seconds for the notebook were used up"

    def ask(self, name: str, seconds: float, arguments: tuple[Any, ...] | None = None) -> Any:
        """Ask the kernel, for the checks."""
        if self._left_over <= 0:
            raise Died(self._used_up)
        self.advance(self._place)
        assert self._kernel is not None
        try:
            return self._kernel.ask(name, min(seconds, self._left_over), arguments)
        except Died:
            self.close()
            raise

    def lay_over(self, code: str) -> None:
        """Run code that is not the student's, to put right functions in the place of wrong ones.

        Raises
        ------
        Died
            There is no kernel that could, or it did not.
        """
        if self._kernel is None:
            raise Died("the kernel has ended")
        try:
            self._kernel.run(code, self.limits.cell)
        except (TimedOut, TooMuchOutput):
            raise Died("the kernel did not take it") from None

    def close(self) -> None:
        """End the kernel."""
        if self._kernel is not None:
            self._spent += self._kernel.spent
            self._kernel.close()
            self._kernel = None
