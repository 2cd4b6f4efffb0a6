"""Numbers of a benchmark: what was measured of each contender, its ratio, and whether the target
is met."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Literal

from msgspec import Struct

Unit = Literal["per second", "ms", "bytes", "MB", "times", "count"]
# More is better for rates only.
_RISING: tuple[Unit, ...] = ("per second",)


class Figure(Struct, frozen=True):
    """The middle of several measurements and the 95th percentile of them (of one: itself)."""

    middle: float
    high: float


class Line(Struct, frozen=True, kw_only=True):
    """One line of the table. `ratio` says how many times better we are than what the line is
    measured against (below 1: worse); `met` is None where there is no target."""

    what: str
    unit: Unit
    ours: Figure | None = None
    datasette: Figure | None = None
    duckdb: Figure | None = None
    raw: Figure | None = None
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""


def figure(measured: Sequence[float], factor: float = 1.0) -> Figure:
    """Of at least one measurement, each times the factor."""
    ordered = sorted(measured)
    place = max(0, -(-len(ordered) * 95 // 100) - 1)  # the smallest that 95 in 100 do not exceed
    return Figure(median(ordered) * factor, ordered[place] * factor)


def ratio_of(unit: Unit, ours: float, theirs: float) -> float:
    """How many times better ours is."""
    better, worse = (ours, theirs) if unit in _RISING else (theirs, ours)
    return better / worse if worse else float("inf")
