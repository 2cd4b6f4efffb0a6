"""Exports of one person without a longer pause between them, beside what is usual for them."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import Instant
from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.kept.asked import Asked
from auditdash.queries.exports.kept.whole import BURST_PAUSE, Spans
from auditdash.queries.exports.order import Ints, lengths_of

# A burst: exports without a longer pause than BURST_PAUSE, at least so many, and so many times what
# the person exports on a usual day.
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
    """The runs of many people, who are known by their places among those asked for. All are looked
    at, and the unusual ones kept."""

    def __init__(self, asked: Asked, spans: Spans, habits: Habits) -> None:
        self._asked = asked
        self._habits = habits
        places, first, ends = asked.spans(spans, BURST_COUNT)
        last, counts = ends - 1, ends - first
        usual = self._usual(places, first, last)
        many = np.flatnonzero(counts >= BURST_TIMES * usual)
        self.places, self.counts = places[many], counts[many]
        self._first, self._last, self._usually = first[many], last[many], usual[many]

    @property
    def bursting(self) -> Ints:
        """The places of people with unusual runs."""
        return self.places

    def burst(self, number: int) -> Burst:
        """One of the unusual ones."""
        some = slice(number, number + 1)
        ends = self._first[some], self._last[some]
        return self._bursts(*ends, self.counts[some], self._usually[some])[0]

    def busiest(self, place: int) -> Burst:
        """The longest run of a person; of equally long ones the first."""
        rows = self._asked.of_person(place)
        times = self._asked.some("times", rows)
        begins = np.ones(len(times), np.bool_)
        begins[1:] = times[1:] - times[:-1] > BURST_PAUSE
        starts = np.flatnonzero(begins)
        counts = lengths_of(starts, len(times))
        run = int(np.argmax(counts))
        first = rows.start + starts[run : run + 1]
        ends = first, first + counts[run] - 1
        usual = self._usual(np.array([place]), *ends)
        return self._bursts(*ends, counts[run : run + 1], usual)[0]

    def unusual(self, place: int) -> tuple[Burst, ...]:
        """All that stand out, in order."""
        first, behind = np.searchsorted(self.places, (place, place + 1)).tolist()
        return tuple(self.burst(number) for number in range(first, behind))

    def _usual(self, places: Ints, first: Ints, last: Ints) -> NDArray[np.float64]:
        """What is usual beside the runs from a row of the table to another one."""
        days = (self._asked.some("days", rows).astype(np.int64) for rows in (first, last))
        return self._habits.usual(self._asked.people[places], *days)

    def _bursts(
        self, first: Ints, last: Ints, counts: Ints, usual: NDArray[np.float64]
    ) -> list[Burst]:
        starts, ends = (self._asked.some("times", rows).tolist() for rows in (first, last))
        every = zip(starts, ends, counts.tolist(), usual.tolist(), strict=True)
        return [
            Burst(start=Instant(start), end=Instant(end), count=count, usual=normal)
            for start, end, count, normal in every
        ]
