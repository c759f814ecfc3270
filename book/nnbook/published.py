"""Nielsen's printed numbers beside ours: `python -m nnbook.published` lists them.

What he prints and where we measured it stands in book/data/published.yml. Ours are read from
book/nnbook/results, one per seed; mean, range and verdict are computed here and typed nowhere.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nnbook import book_data
from nnbook.results import results


@dataclass(frozen=True)
class Row:
    """One printed number.

    Attributes
    ----------
    published : float or None
        None where he sets an exercise and gives no number.
    page : str
        The page that computes ours as one reads; empty if they come from a result.
    ours : tuple of float
        One per seed, in the unit of the published number; empty if a page computes them.
    """

    id: str
    chapter: int
    setting: str
    published: float | None
    what: str
    unit: str
    source: str
    page: str
    result: str
    ours: tuple[float, ...]
    note: str

    @property
    def mean(self) -> float:
        """Mean over our seeds."""
        return statistics.fmean(self.ours)

    @property
    def lowest(self) -> float:
        """The lowest of our seeds."""
        return min(self.ours)

    @property
    def highest(self) -> float:
        """The highest of our seeds."""
        return max(self.ours)

    @property
    def spread(self) -> float:
        """Sample standard deviation of our seeds."""
        return statistics.stdev(self.ours)

    @property
    def passing(self) -> tuple[float, float]:
        """Between what bounds a number counts as reproduced; no share is outside 0 to 100 %."""
        low, high = max(0.0, self.lowest - 2 * self.spread), self.highest + 2 * self.spread
        return low, min(100.0, high) if self.unit == "%" else high

    @property
    def wide(self) -> bool:
        """Whether almost anything would count as reproduced.

        That is so if the bounds are more than ten points apart or, for what is no percentage, further
        apart than the published number is from 0.
        """
        if self.verdict != "reproduced" or self.published is None:
            return False
        low, high = self.passing
        return high - low > (10 if self.unit == "%" else abs(self.published))

    @property
    def verdict(self) -> str:
        """Whether the number lies in the range of our seeds, widened by two standard deviations.

        "reproduced" or "differs"; "computed on the page"; "none published".
        """
        if self.page:
            return "computed on the page"
        if self.published is None:
            return "none published"
        margin = 2 * self.spread
        inside = self.lowest - margin <= self.published <= self.highest + margin
        return "reproduced" if inside else "differs"


def take(how: str, measured: Any) -> float:
    """Take one number from what a run measured: a series, with one entry per epoch, or a mapping.

    >>> take("epoch of lowest", [3.0, 1.0, 2.0]), take("epoch reaching 0.9", [0.8, 0.95, 0.85])
    (2, 2)
    >>> take("entry 100", {"100": 0.7})
    0.7
    """
    if how in ("highest", "lowest"):
        return float(max(measured) if how == "highest" else min(measured))
    if how.startswith("epoch of "):
        return 1 + int(measured.index(take(how.removeprefix("epoch of "), measured)))
    if how.startswith("epoch reaching "):
        bound = float(how.removeprefix("epoch reaching "))
        reached = [i for i, value in enumerate(measured, start=1) if value >= bound]
        if not reached:
            raise ValueError(f"{how!r}: the highest of {len(measured)} values is {max(measured)}")
        return reached[0]
    if how.startswith("entry ") and isinstance(measured, dict):
        return float(measured[how.removeprefix("entry ")])
    if how in ("first", "last"):
        return float(measured[0 if how == "first" else -1])
    kind, number = how.split()
    if kind not in ("epoch", "entry") or not 1 <= int(number) <= len(measured):
        raise ValueError(f"{how!r} cannot be taken from {len(measured)} values")
    return float(measured[int(number) - 1])


def row(entry: dict[str, Any]) -> Row:
    """Read one entry of the ledger and what we measured for it."""
    published, ours = entry["published"], entry["ours"]
    unit = published.get("unit", "")
    scale = 100 if unit == "%" else 1
    measured = [] if "page" in ours else results(ours["result"], ours["what"])
    return Row(
        id=entry["id"],
        chapter=entry["chapter"],
        setting=entry["setting"],
        published=published["value"],
        what=published["what"],
        unit=unit,
        source=entry["source"],
        page=ours.get("page", ""),
        result=ours.get("result", ""),
        ours=tuple(round(scale * take(ours["take"], run), 10) for run in measured),
        note=entry.get("note", ""),
    )


def entries() -> list[dict[str, Any]]:
    """The ledger as it is written."""
    return book_data.read("published")


def rows() -> list[Row]:
    """Every number of the ledger, in its order."""
    return [row(entry) for entry in entries()]


def main(every: Sequence[Row]) -> int:
    """Print a line per number."""
    for r in every:
        ours = r.page
        if r.ours:
            ours = f"{r.mean:.4g} ({r.lowest:.4g} to {r.highest:.4g}, {len(r.ours)} seeds)"
        print(f"{r.id:26} {r.published or '-':>8} {r.unit:1} {ours:40} {r.verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main(rows()))
