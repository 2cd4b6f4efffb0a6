"""Who exported: the numbers of each person, made ready for those who are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of, places_of
from auditdash.queries.exports.days import BusiestDay, Days
from auditdash.queries.exports.habits import Habits
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.exports.nights import Nights
from auditdash.queries.exports.order import Ints, lengths_of, order_by, starts_of
from auditdash.queries.exports.rows import Exports, export_actions
from auditdash.queries.exports.runs import Burst, Runs

_HALF: Final = 32
_LOW: Final = (1 << _HALF) - 1


class Exporter(Struct, frozen=True, kw_only=True):
    """One person's exports. `is_new`: their first export ever is among them; `day` their busiest.

    `nights` are exports at night, each in one of `night_periods`; `by_habit` when that is when they
    work. `namesakes` are usernames of others whose id is this one's name. `bursts` are unusual.
    """

    key: str
    name: str | None
    namesakes: tuple[str, ...]
    count: int
    by_action: Mapping[str, int]
    reports: int
    nights: int
    night_periods: Sequence[Period]
    by_habit: bool
    first_ever_at: Instant
    first_at: Instant
    last_at: Instant
    is_new: bool
    busiest: Burst
    bursts: tuple[Burst, ...]
    off_hours: int
    day: BusiestDay


class People:
    """Everybody who exported, by group: one number of each kind for each person."""

    def __init__(self, view: View, exports: Exports, pairs: Ints, habits: Habits) -> None:
        order = order_by(exports.people)
        people, times = exports.people[order], exports.times[order]
        starts = starts_of(people)
        self._groups = groups = people[starts]
        self._counts = lengths_of(starts, len(people))
        ends = starts + self._counts - 1
        self._first, self._last = times[starts], times[ends]
        self._first_ever = habits.first_of_person[groups]
        self._by_habit = habits.by_night[groups]
        self._kinds = count_kinds(exports.people, exports.kinds)[groups]
        size = len(habits.first_of_person)
        self._reports = np.bincount(pairs >> _HALF, minlength=size)[groups]
        self._nights = np.bincount(exports.people[exports.at_night], minlength=size)[groups]
        self._night = Nights(
            exports.people[exports.at_night], exports.times[exports.at_night], exports.nights
        )
        self._off_hours = np.bincount(exports.people[exports.off_hours], minlength=size)[groups]
        self._days = Days(people, exports.days[order], habits)
        self._runs = Runs(people, times, exports.days[order], habits)
        self._entries = view.dictionaries["actor"].entries
        self._newest = exports.actors[order[ends]]
        self._keys = groups_of(view, "actor").keys
        self._dictionaries = view.dictionaries
        self._asked = np.zeros(len(self._entries), np.bool_)
        self._asked[exports.actors] = True
        self._order = rank(self._counts, places_of(view, "actor")[groups])
        self._made: dict[int, Exporter] = {}

    def all(self) -> Listed[Exporter]:
        """Most exports first."""
        return self._those(self._order >= 0)

    def new(self) -> Listed[Exporter]:
        """Whose first export ever is among these."""
        return self._those((self._first == self._first_ever)[self._order])

    def awake(self) -> Listed[Exporter]:
        """Who exported at night and usually works by day."""
        return self._those(((self._nights > 0) & ~self._by_habit)[self._order])

    def bursting(self) -> Listed[Exporter]:
        """Who has unusual bursts."""
        return self._those(np.isin(self._groups, self._runs.bursting)[self._order])

    def unlike(self) -> Listed[Exporter]:
        """Whose busiest day stands out from their own days and from those of everybody else."""
        return self._those(self._days.unusual[self._order])

    def _those(self, chosen: NDArray[np.bool_]) -> Listed[Exporter]:
        return Listed(self._order[chosen].tolist(), self._person)

    def _person(self, place: int) -> Exporter:
        person = self._made.get(place)
        if person is None:
            person = self._made[place] = self._exporter(place)
        return person

    def _exporter(self, place: int) -> Exporter:
        group = int(self._groups[place])
        key = str(self._keys[group] or "")
        identity, username = self._entries[self._newest[place]]
        first, first_ever = int(self._first[place]), int(self._first_ever[place])
        return Exporter(
            key=key,
            name=username or identity or None,
            namesakes=namesakes_of(self._dictionaries, key, self._asked),
            count=int(self._counts[place]),
            by_action=name_kinds(self._kinds[place]),
            reports=int(self._reports[place]),
            nights=int(self._nights[place]),
            night_periods=self._night.of(group),
            by_habit=bool(self._by_habit[place]),
            first_ever_at=Instant(first_ever),
            first_at=Instant(first),
            last_at=Instant(int(self._last[place])),
            is_new=first == first_ever,
            busiest=self._runs.busiest(place),
            bursts=self._runs.unusual(group),
            off_hours=int(self._off_hours[place]),
            day=self._days.busiest(place),
        )


def pair_up(people: Ints, reports: Ints) -> Ints:
    """One number for each person and report that occur together: the person is its upper half."""
    pairs = np.sort(people << _HALF | reports)
    found: Ints = pairs[starts_of(pairs)]
    return found


def reports_of(pairs: Ints) -> Ints:
    """The report of each pair."""
    reports: Ints = pairs & _LOW
    return reports


def count_kinds(groups: Ints, kinds: Ints) -> Ints:
    """A row for each group with its exports of each kind."""
    width = len(export_actions())
    counts = np.bincount(groups * width + kinds)
    return np.pad(counts, (0, -len(counts) % width)).reshape(-1, width)


def name_kinds(counts: Ints) -> dict[str, int]:
    """The kinds that occur."""
    named = zip(export_actions(), counts.tolist(), strict=True)
    return {name: count for name, count in named if count}


def rank(counts: Ints, places: Ints) -> Ints:
    """The places of the largest counts first, equal ones by their keys, whose places these are."""
    ranked: Ints = np.lexsort((places, -counts))
    return ranked
