"""Exports of one person without a longer pause between them, beside what is usual for them."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from auditdash.events.instants import MINUTE, Instant
from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.order import Ints, lengths_of, starts_of

# A burst: exports without a longer pause than this, at least so many, and so many times what the
# person exports on a usual day.
BURST_PAUSE: Final = 30 * MINUTE
BURST_COUNT: Final = 20
BURST_TIMES: Final = 5


class Burst(Struct, frozen=True, kw_only=True):
    """Exports of one person without a pause, beside the median of their other days."""

    start: Instant
    end: Instant
    count: int
    usual: float

    @property
    def is_unusual(self) -> bool:
        """Whether it stands out so far that somebody should look."""
        return self.count >= BURST_COUNT and self.count >= BURST_TIMES * self.usual


class Runs:
    """The runs of many people that may matter: of each their longest one, and all unusual ones.

    The rows are exports by person and time; a run is known by its number.
    """

    def __init__(self, people: Ints, times: Ints, days: Ints, habits: Habits) -> None:
        starts = _starts(people, times)
        counts = lengths_of(starts, len(times))
        person = people[starts]
        first = starts_of(person)
        longest = np.maximum.reduceat(counts, first) if len(first) else first
        of_person = np.repeat(longest, lengths_of(first, len(person)))
        is_longest = counts == of_person
        chosen = np.flatnonzero(is_longest | (counts >= BURST_COUNT))
        starts, self._counts, self._people = starts[chosen], counts[chosen], person[chosen]
        ends = starts + self._counts - 1
        self._starts, self._ends = times[starts], times[ends]
        self._usual = habits.usual(self._people, days[starts], days[ends])
        many = (self._counts >= BURST_COUNT) & (self._counts >= BURST_TIMES * self._usual)
        self._unusual = np.flatnonzero(many)
        longest_ones = np.flatnonzero(is_longest[chosen])
        # Of equally long ones the first.
        self._busiest = longest_ones[starts_of(self._people[longest_ones])]

    @property
    def bursting(self) -> Ints:
        """The people of unusual runs."""
        return self._people[self._unusual]

    def busiest(self, place: int) -> Burst:
        """The longest run of a person, who is known by their place among all."""
        return self._burst(int(self._busiest[place]))

    def unusual(self, person: int) -> tuple[Burst, ...]:
        """All that stand out, in order."""
        start, end = np.searchsorted(self.bursting, (person, person + 1)).tolist()
        return tuple(self._burst(run) for run in self._unusual[start:end].tolist())

    def _burst(self, run: int) -> Burst:
        return Burst(
            start=Instant(int(self._starts[run])),
            end=Instant(int(self._ends[run])),
            count=int(self._counts[run]),
            usual=float(self._usual[run]),
        )


def _starts(people: Ints, times: Ints) -> Ints:
    """The places of rows before which there was a longer pause, or another person."""
    begins = np.ones(len(times), np.bool_)
    if len(times):
        begins[1:] = (times[1:] - times[:-1] > BURST_PAUSE) | (people[1:] != people[:-1])
    return np.flatnonzero(begins)
