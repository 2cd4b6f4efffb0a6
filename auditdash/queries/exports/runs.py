"""Exports of one person without a longer pause between them, beside what is usual for them."""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import MINUTE, Instant
from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.kept.asked import Asked
from auditdash.queries.exports.order import Ints, lengths_of

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
    """The runs of many people; a run is known by its number, a person by their place among all.

    `times` and `days` are those of exports by person and time, `firsts` the first row of each.
    """

    def __init__(
        self, people: Ints, firsts: Ints, times: Ints, asked: Asked, habits: Habits
    ) -> None:
        self._habits = habits
        self._people = people
        self._asked = asked
        self._starts = _starts(firsts, times)
        self._counts = lengths_of(self._starts, len(times))
        self._first = np.searchsorted(self._starts, firsts)
        long = np.flatnonzero(self._counts >= BURST_COUNT)
        self._places = np.searchsorted(firsts, self._starts[long], "right") - 1
        many = self._counts[long] >= BURST_TIMES * self._usual(long, self._places)
        self._unusual, self._places = long[many], self._places[many]

    @property
    def bursting(self) -> Ints:
        """The places of people with unusual runs, each once for each of them."""
        return self._places

    def busiest(self, place: int) -> Burst:
        """The longest run of a person; of equally long ones the first."""
        first = int(self._first[place])
        behind = self._first[place + 1] if place + 1 < len(self._first) else len(self._counts)
        run = first + int(np.argmax(self._counts[first:behind]))
        return self._burst(run, place)

    def unusual(self, place: int) -> tuple[Burst, ...]:
        """All that stand out, in order."""
        start, end = np.searchsorted(self._places, (place, place + 1)).tolist()
        return tuple(self._burst(run, place) for run in self._unusual[start:end].tolist())

    def _usual(self, runs: Ints, places: Ints) -> NDArray[np.float64]:
        days = (self._asked.some("days", rows).astype(np.int64) for rows in self._ends(runs))
        return self._habits.usual(self._people[places], *days)

    def _ends(self, runs: Ints) -> tuple[Ints, Ints]:
        """The first and the last row of each run."""
        starts = self._starts[runs].astype(np.int64)
        return starts, starts + self._counts[runs] - 1

    def _burst(self, run: int, place: int) -> Burst:
        runs = np.array([run])
        start, end = (int(self._asked.some("times", rows)[0]) for rows in self._ends(runs))
        return Burst(
            start=Instant(start),
            end=Instant(end),
            count=int(self._counts[run]),
            usual=float(self._usual(runs, np.array([place]))[0]),
        )


def _starts(firsts: Ints, times: Ints) -> Ints:
    """The places of rows before which there was a longer pause, or another person."""
    begins = np.ones(len(times), np.bool_)
    if len(times):
        begins[1:] = times[1:] - times[:-1] > BURST_PAUSE
        begins[firsts] = True
    return np.flatnonzero(begins)
