"""Run the check files against a student's kernel, from outside it.

The same files serve Otter in the student's notebook. There they get the notebook's names; here
they get an `Environment`, whose names are asked of the kernel one by one and come back as
numbers, arrays and functions that can be called with such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from otter.test_files import ExceptionTestFile

from nnbook.checking import Absent, Slip, raised

from . import wire
from .kernel import Died, Function, Missing, TimedOut, TooMuchOutput
from .submissions import printable


class Kernel(Protocol):
    """What an environment needs of a kernel."""

    def ask(self, name: str, seconds: float, arguments: tuple[Any, ...] | None = None) -> Any: ...


class State(StrEnum):
    """How a check went."""

    PASSED = "passed"
    WRONG = "wrong"
    ABSENT = "absent"  # there is no such name
    STOPPED = "stopped"  # a function of the student's was, at a limit
    ENDED = "ended"  # there was no kernel that could answer
    BROKEN = "broken"  # the check itself failed, not the answer


class Unanswered(Slip):
    """No answer came."""

    def __init__(self, sentence: str, state: State):
        super().__init__(sentence)
        self.state = state


class Environment:
    """The names of one question, as its checks see them; what a name stands for is asked once."""

    def __init__(self, kernel: Kernel, seconds: float):
        self._kernel = kernel
        self._seconds = seconds
        self._kept: dict[str, Any] = {}  # what checks compute once
        self._asked: dict[str, Any] = {}  # it could be another thing the next time

    def get(self, name: str, default: Any = None) -> Any:
        """Ask the kernel what a name stands for."""
        if name.startswith("_checked_"):
            return self._kept.get(name, default)
        if name not in self._asked:
            self._asked[name] = self._ask(name, None)
        found = self._asked[name]
        return default if isinstance(found, Missing) else found

    def __getitem__(self, name: str) -> Any:
        missing = object()
        if (found := self.get(name, missing)) is missing:
            raise KeyError(name)
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self._kept[name] = value

    def _ask(self, name: str, arguments: tuple[Any, ...] | None) -> Any:
        called = name if arguments is None else f"{name}(…)"
        try:
            found = self._kernel.ask(name, self._seconds, arguments)
        except TimedOut:
            sentence = f"{called} had not answered after {self._seconds:g} seconds and was stopped."
            raise Unanswered(sentence, State.STOPPED) from None
        except TooMuchOutput:
            raise Unanswered(f"{called} printed too much and was stopped.", State.STOPPED) from None
        except Died as error:
            raise Unanswered(f"{called} gave no answer: {error}.", State.ENDED) from None
        except ValueError as error:
            raise Slip(f"{called} gave {error}.") from None
        except wire.Failure as failure:
            if arguments is None:
                raise Slip(f"{name} cannot be looked up: it raised {raised(failure)}.") from None
            raise
        return _Remote(self, found.name) if isinstance(found, Function) else found


class _Remote:
    """A function of the student's: calling it calls it in their kernel."""

    def __init__(self, environment: Environment, name: str):
        self._environment, self._name = environment, name

    def __call__(self, *arguments: Any) -> Any:
        return self._environment._ask(self._name, arguments)


@dataclass(frozen=True)
class Result:
    """How one check went."""

    test: str
    hidden: bool
    points: float
    state: State
    message: str = ""

    @property
    def passed(self) -> bool:
        return self.state is State.PASSED


def load(files: Mapping[str, str]) -> dict[str, Any]:
    """Compile check files; keys are the questions' names."""
    loaded = {}
    for name, text in files.items():
        question = name.removesuffix(".py")
        loaded[question] = ExceptionTestFile.from_string(text, path=name)
    return loaded


def run(checks: Any, environment: Environment | dict[str, Any]) -> list[Result]:
    """Run all checks of one question."""
    results = []
    for case in checks.test_cases:
        name = case.body.test_func.__name__
        state, message = State.PASSED, ""
        try:
            with np.errstate(all="ignore"):
                case.body.call_func(environment)
        except Unanswered as slip:
            state, message = slip.state, printable(str(slip))
        except Slip as slip:
            state = State.ABSENT if isinstance(slip, Absent) else State.WRONG
            message = printable(str(slip))
        except Exception as error:  # a fault of the check, which no answer should bring about
            state = State.BROKEN
            message = printable(f"the check broke on this answer: {type(error).__name__}: {error}")[:500]
        results.append(Result(name, bool(case.hidden), float(case.points or 0), state, message))
    return results


__all__ = ["Environment", "Result", "State", "load", "run", "wire"]
