"""What each person ever exported on which day: from it follows what is usual, and what is new."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditdash.queries.exports.order import Bools, Ints, day_key, group_of, order_by, starts_of
from auditdash.queries.exports.usual import Around

# Who exports at night on more than this share of their days does so by habit: in another office.
NIGHT_HABIT: Final = 0.1
_FEW: Final = 2  # own days that are left out of a median by their ranks alone


class Habits:
    """Of so many exports: a row for each person and day on which there were any, by its key."""

    def __init__(
        self,
        exports: int,
        keys: Ints,
        counts: Ints,
        at_night: Bools,
        firsts: tuple[Ints, Ints],
        *,
        days_stand: bool = True,
    ) -> None:
        """`days_stand`: the exports of a day stand together."""
        self.exports = exports
        self.days_stand = days_stand
        self.keys = keys
        self.counts = counts
        self.at_night = at_night
        self.first_of_person, self.first_of_report = firsts

    @cached_property
    def by_night(self) -> Bools:
        """Of each person whether they export at night by habit."""
        people, size = group_of(self.keys), len(self.first_of_person)
        nights = np.bincount(people[self.at_night], minlength=size)
        found: Bools = nights > NIGHT_HABIT * np.bincount(people, minlength=size)
        return found

    @cached_property
    def around(self) -> Around:
        """The same by day: what everybody exported before one."""
        return Around(self.keys, self.counts)

    def usual(self, people: Ints, first_days: Ints, last_days: Ints) -> NDArray[np.float64]:
        """The median of all days of each person but some of their own; without any it is 0."""
        start = np.searchsorted(self.keys, people << 32)
        end = np.searchsorted(self.keys, (people + 1) << 32)
        own = np.searchsorted(self.keys, day_key(people, first_days))
        behind = np.searchsorted(self.keys, day_key(people, last_days), "right")
        others = (end - start) - (behind - own)
        sums = np.zeros(len(people), np.int64)
        for middle in ((others - 1) // 2, others // 2):
            sums += self._ranked_but(start, own, behind, middle)
        usual = np.where(others > 0, sums / 2, 0.0)
        for row in np.flatnonzero(behind - own > _FEW).tolist():
            of_run = (start[row], own[row], behind[row], end[row])
            usual[row] = self._median_but(*map(int, of_run))
        return usual

    def _ranked_but(self, start: Ints, own: Ints, behind: Ints, rank: Ints) -> Ints:
        """The count of this rank among the days of a person without one or two own days."""
        if not len(start):
            return start
        counts, ranks = self._ranked
        one, two = ranks[own] - start, ranks[behind - 1] - start
        low, high = np.minimum(one, two), np.maximum(one, two)
        rank = rank + (low <= rank)
        rank = rank + ((behind - own == _FEW) & (high <= rank))
        found: Ints = counts[np.clip(start + rank, 0, len(counts) - 1)]
        return found

    def _median_but(self, start: int, own: int, behind: int, end: int) -> float:
        others = np.concatenate((self.counts[start:own], self.counts[behind:end]))
        return float(np.median(others)) if len(others) else 0.0

    @cached_property
    def _ranked(self) -> tuple[Ints, Ints]:
        """The counts of each person's days, rising, and the place among them of each row."""
        order = order_by(self.counts)
        order = order[order_by(group_of(self.keys)[order])]
        places = np.empty(len(order), np.int64)
        places[order] = np.arange(len(order))
        return self.counts[order], places


def habits_of_days(
    exports: int, keys: Ints, counts: Ints, at_night: Bools, firsts: tuple[Ints, Ints]
) -> Habits:
    """Of rows of which several may be of one person and day, by person."""
    stand = not (keys[1:] <= keys[:-1]).any()
    if not stand:  # a clock was set back over midnight
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = starts_of(keys)
        keys, counts = keys[starts], np.add.reduceat(counts[order], starts)
        at_night = np.logical_or.reduceat(at_night[order], starts)
    return Habits(exports, keys, counts, at_night, firsts, days_stand=stand)
