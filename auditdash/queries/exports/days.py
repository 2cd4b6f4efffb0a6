"""Each person's busiest day beside what they and everybody else exported in the 28 days before."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.order import (
    Bools,
    Ints,
    day_key,
    day_of,
    group_of,
    lengths_of,
    starts_of,
)
from auditdash.queries.exports.usual import COMPARED_DAYS, Usual, usual_of_rows

DAY_COUNT: Final = 10  # fewer exports in a day are nobody's story


class BusiestDay(Struct, frozen=True, kw_only=True):
    """A person's day with most exports of those asked for, the first of several.

    `day` counts from 1 January 1970 by the clock of the workspace. `own` are their days with
    exports among the 28 before it, `peers` those of everybody else who exported in these.
    """

    day: int
    count: int
    own: Usual
    peers: Usual

    @property
    def is_unusual(self) -> bool:
        """Whether it stands out from both, where there is anything to compare it with."""
        far = self.count > max(self.own.limit, self.peers.limit)
        return far and self.count >= DAY_COUNT and bool(self.own.days or self.peers.days)


class Days:
    """The busiest day of each person. The days are of exports by person and time; `firsts` is the
    first row of each person."""

    def __init__(self, people: Ints, firsts: Ints, days: NDArray[np.int32], habits: Habits) -> None:
        begins = np.ones(len(days), np.bool_)
        begins[1:] = days[1:] != days[:-1]
        begins[firsts] = True
        starts = np.flatnonzero(begins)
        counts = lengths_of(starts, len(days))
        places = np.searchsorted(starts, firsts)
        keys = day_key(
            np.repeat(people, lengths_of(places, len(starts))), days[starts].astype(np.int64)
        )
        if (keys[1:] <= keys[:-1]).any():  # a clock that was set back over midnight
            order = np.argsort(keys, kind="stable")
            keys, counts = keys[order], counts[order]
            starts = starts_of(keys)
            keys, counts = keys[starts], np.add.reduceat(counts, starts)
        first = starts_of(group_of(keys))
        most = np.maximum.reduceat(counts, first) if len(first) else first
        is_most = np.flatnonzero(counts == np.repeat(most, lengths_of(first, len(keys))))
        chosen = is_most[starts_of(group_of(keys[is_most]))]
        self._keys, self._counts = keys[chosen], counts[chosen]
        self._habits = habits
        self._starts = np.searchsorted(habits.keys, self._keys - COMPARED_DAYS)
        self._ends = np.searchsorted(habits.keys, self._keys)
        self._made: dict[int, BusiestDay] = {}

    @cached_property
    def unusual(self) -> Bools:
        """Of each person whether their busiest day stands out."""
        places = np.flatnonzero(self._counts >= DAY_COUNT)
        medians, spreads = usual_of_rows(
            self._habits.counts, self._starts[places], self._ends[places]
        )
        found = np.zeros(len(self._keys), np.bool_)
        own = zip(places.tolist(), medians.tolist(), spreads.tolist(), strict=True)
        for place, median, spread in own:
            if self._counts[place] > Usual(median, spread).limit:
                found[place] = self.busiest(place).is_unusual
        return found

    def busiest(self, place: int) -> BusiestDay:
        """That of a person, who is known by their place among all."""
        known = self._made.get(place)
        if known is None:
            known = self._made[place] = self._busiest(place)
        return known

    def _busiest(self, place: int) -> BusiestDay:
        start, end = self._starts[place : place + 1], self._ends[place : place + 1]
        counts = self._habits.counts
        medians, spreads = usual_of_rows(counts, start, end)
        days = int(end[0] - start[0])
        return BusiestDay(
            day=day_of(int(self._keys[place])),
            count=int(self._counts[place]),
            own=Usual(float(medians[0]), float(spreads[0]), days, min(days, 1)),
            peers=self._habits.around.without(
                int(self._keys[place]), counts[int(start[0]) : int(end[0])]
            ),
        )
