"""Each person's busiest day beside what they and everybody else exported in the 28 days before."""

from __future__ import annotations

from functools import cached_property
from typing import Final

import numpy as np
from msgspec import Struct

from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.kept.asked import Asked
from auditdash.queries.exports.kept.whole import Spans
from auditdash.queries.exports.order import Bools, Ints, day_key, lengths_of, starts_of
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
    """The busiest day of each person among the exports that were asked for."""

    def __init__(self, asked: Asked, spans: Spans, habits: Habits) -> None:
        self._asked = asked
        self._spans = spans
        self._habits = habits
        self._made: dict[int, BusiestDay] = {}

    @cached_property
    def most(self) -> Ints:
        """Of each person how many exports their busiest day has; 0 for fewer than DAY_COUNT."""
        found = np.zeros(len(self._asked.people), np.int64)
        _, counts, places = self._many
        found[places] = counts
        return found

    @cached_property
    def unusual(self) -> Bools:
        """Of each person whether their busiest day stands out."""
        found = np.zeros(len(self._asked.people), np.bool_)
        keys, counts, places = self._many
        starts, ends = self._before(keys)
        medians, spreads = usual_of_rows(self._habits.counts, starts, ends)
        own = zip(places.tolist(), counts.tolist(), medians.tolist(), spreads.tolist(), strict=True)
        for place, count, median, spread in own:
            if count > Usual(median, spread).limit:
                found[place] = self.busiest(place).is_unusual
        return found

    @cached_property
    def _many(self) -> tuple[Ints, Ints, Ints]:
        """The busiest day of those who have one with many exports: its key, how many, and the place
        of the person."""
        # Less than a day stands together where a clock was set back over midnight.
        least = DAY_COUNT if self._habits.days_stand else 1
        places, firsts, ends = self._asked.spans(self._spans, least)
        days = self._asked.some("days", firsts).astype(np.int64)
        keys, counts = day_key(self._asked.people[places], days), ends - firsts
        if not self._habits.days_stand:
            order = np.argsort(keys, kind="stable")
            starts = starts_of(keys[order])
            keys, places = keys[order][starts], places[order][starts]
            counts = np.add.reduceat(counts[order], starts)
        if not len(keys):
            return keys, counts, places
        first = starts_of(places)
        most = np.maximum.reduceat(counts, first)
        is_most = np.flatnonzero(counts == np.repeat(most, lengths_of(first, len(keys))))
        chosen = is_most[starts_of(places[is_most])]
        chosen = chosen[counts[chosen] >= DAY_COUNT]
        return keys[chosen], counts[chosen], places[chosen]

    def _before(self, keys: Ints) -> tuple[Ints, Ints]:
        """The rows of habits of the days before some days."""
        first, behind = np.searchsorted(self._habits.keys, (keys - COMPARED_DAYS, keys))
        return first, behind

    def busiest(self, place: int) -> BusiestDay:
        """That of a person, who is known by their place among all."""
        known = self._made.get(place)
        if known is None:
            known = self._made[place] = self._busiest(place)
        return known

    def _busiest(self, place: int) -> BusiestDay:
        days, numbers = np.unique(
            self._asked.some("days", self._asked.of_person(place)), return_counts=True
        )
        most = int(np.argmax(numbers))
        day = int(days[most])
        keys = day_key(self._asked.people[place : place + 1], np.array([day]))
        start, end = self._before(keys)
        counts = self._habits.counts
        medians, spreads = usual_of_rows(counts, start, end)
        own = int(end[0] - start[0])
        return BusiestDay(
            day=day,
            count=int(numbers[most]),
            own=Usual(float(medians[0]), float(spreads[0]), own, min(own, 1)),
            peers=self._habits.around.without(int(keys[0]), counts[int(start[0]) : int(end[0])]),
        )
