"""What is usual: the median of days with exports, and how far such days usually are from it."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.queries.exports.order import Ints, group_of, order_by, starts_of

# A day stands out that lies above the median by more than so many times the median deviation,
# which counts as 1 where it is less: who always exports 2 does not stand out with 3.
DAY_TIMES: Final = 6
COMPARED_DAYS: Final = 28
_LARGEST: Final = 1 << 16  # larger counts are as good as this one in a median
_HALF: Final = (1 << 32) - 1

Floats = NDArray[np.float64]


class Usual(Struct, frozen=True):
    """The median of some days with exports and their median absolute deviation from it; `people`
    exported on those days."""

    median: float = 0.0
    spread: float = 0.0
    days: int = 0
    people: int = 0

    @property
    def limit(self) -> float:
        """A day with more exports stands out."""
        return self.median + DAY_TIMES * max(self.spread, 1.0)


def usual_of_rows(counts: Ints, starts: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """Median and deviation of counts[start:end], no more than COMPARED_DAYS, for each pair."""
    places = starts[:, None] + np.arange(COMPARED_DAYS)
    there = places < ends[:, None]
    lengths = ends - starts
    if not len(counts) or not len(starts):
        return np.zeros(len(starts)), np.zeros(len(starts))
    values = np.where(there, counts[np.minimum(places, len(counts) - 1)], np.inf)
    medians = _medians(values, lengths)
    away = np.where(there, np.abs(values - medians[:, None]), np.inf)
    return medians, _medians(away, lengths)


def _medians(values: Floats, lengths: Ints) -> Floats:
    """Of each row, whose first `length` values in rising order count; without any it is 0."""
    ordered = np.sort(values, axis=1)
    rows = np.arange(len(values))
    low, high = (ordered[rows, np.maximum(at, 0)] for at in ((lengths - 1) // 2, lengths // 2))
    return np.where(lengths > 0, (low + high) / 2, 0.0)


class Around:
    """What everybody exported on each day, as often as it is asked for the days before one."""

    def __init__(self, keys: Ints, counts: Ints) -> None:
        order = order_by(keys & _HALF)
        self._days = (keys & _HALF)[order]
        self._people = group_of(keys)[order]
        self._counts = np.minimum(counts[order], _LARGEST)
        self._windows: dict[int, tuple[Ints, int]] = {}

    def without(self, day: int, own: Ints) -> Usual:
        """The days of all others among those before the day; `day` is
        any key of it."""
        numbers, people = self._window(day & _HALF)
        if len(own):
            mine = np.bincount(np.minimum(own, _LARGEST), minlength=len(numbers))
            numbers, people = numbers - mine, people - 1
        values = np.flatnonzero(numbers)
        weights = numbers[values]
        median = _weighted_median(values.astype(np.float64), weights)
        away = np.abs(values - median)
        order = np.argsort(away, kind="stable")
        spread = _weighted_median(away[order], weights[order])
        return Usual(median, spread, int(weights.sum()), people)

    def _window(self, day: int) -> tuple[Ints, int]:
        """How many days have each number of exports, and of how many people they are."""
        known = self._windows.get(day)
        if known is None:
            start, end = np.searchsorted(self._days, (day - COMPARED_DAYS, day))
            numbers = np.bincount(self._counts[start:end])
            people = len(starts_of(np.sort(self._people[start:end])))
            known = self._windows[day] = numbers.astype(np.int64), people
        return known


def _weighted_median(values: Floats, weights: Ints) -> float:
    """The median of rising values, each as often as its weight says; of none it is 0."""
    until = np.cumsum(weights)
    if not len(until):
        return 0.0
    count = int(until[-1])
    low, high = np.searchsorted(until, ((count - 1) // 2, count // 2), "right")
    return float(values[low] + values[high]) / 2
