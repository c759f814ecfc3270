"""Typical wrong solutions, with what they must cost and what the feedback must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mutant:
    """A wrong answer to one question.

    Attributes
    ----------
    question : str
        The question it answers wrongly.
    code : str
        What replaces the right answer: it runs after the solution.
    lost : float
        The points it costs, exactly.
    says : str
        What one of the question's messages contains: the name of the slip.
    also : mapping
        The points that other questions lose, because they build on this one.
    """

    question: str
    code: str
    lost: float
    says: str
    also: Mapping[str, float] = field(default_factory=dict)
