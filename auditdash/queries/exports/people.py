"""Who exported: the numbers of each person, made ready for those who are shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of, places_of
from auditdash.queries.exports.days import BusiestDay, Days
from auditdash.queries.exports.kept.asked import Asked
from auditdash.queries.exports.kept.table import AT_NIGHT, OFF_HOURS
from auditdash.queries.exports.kept.whole import Whole
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.namesakes import namesakes_of
from auditdash.queries.exports.order import rank
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.exports.runs import Burst, Runs


class Exporter(Struct, frozen=True, kw_only=True):
    """One person's exports. `is_new`: their first export ever is among them; `day` their busiest.

    `nights` are exports at night; `by_habit` when that is when they work. `namesakes` are usernames
    of others whose id is this one's name. `bursts` are unusual.
    """

    key: str
    name: str | None
    namesakes: tuple[str, ...]
    count: int
    by_action: Mapping[str, int]
    reports: int
    nights: int
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
    """Everybody who exported: one number of each kind for each person, known by their place."""

    def __init__(self, view: View, asked: Asked, whole: Whole) -> None:
        self._asked = asked
        self._groups = groups = asked.people
        habits = whole.habits
        self._first = asked.some("times", asked.starts)
        self._last = asked.some("times", asked.ends - 1)
        self._first_ever = habits.first_of_person[groups]
        self._by_habit = habits.by_night[groups]
        self._nights = asked.marked(AT_NIGHT)
        self._days = Days(asked, asked.whole.days, habits)
        self._runs = Runs(asked, asked.whole.runs, habits)
        self._entries = view.dictionaries["actor"].entries
        known = groups_of(view, "actor")
        self._keys, self._of_code = known.keys, known.of_code
        self._dictionaries = view.dictionaries
        self._order = rank(asked.counts, places_of(view, "actor")[groups])
        self._made: dict[int, Exporter] = {}

    def all(self) -> Listed[Exporter]:
        """Most exports first."""
        return self._those(self._order >= 0)

    def new(self) -> Listed[Exporter]:
        """Whose first export ever is among these."""
        return self._those((self._first == self._first_ever)[self._order])

    def awake(self) -> Listed[Exporter]:
        """Who exported at night and usually works by day; most nightly exports first."""
        found = self._order[((self._nights > 0) & ~self._by_habit)[self._order]]
        by_nights = found[np.argsort(-self._nights[found], kind="stable")]
        return Listed(by_nights.tolist(), self._person)

    def bursting(self) -> Listed[Exporter]:
        """Who has unusual bursts."""
        return self._those(np.isin(self._order, self._runs.bursting))

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
        rows = self._asked.of_person(place)
        key = str(self._keys[int(self._groups[place])] or "")
        actors = self._asked.some("actors", rows)
        identity, username = self._entries[actors[-1]]
        first, first_ever = int(self._first[place]), int(self._first_ever[place])
        return Exporter(
            key=key,
            name=username or identity or None,
            namesakes=self._namesakes(key),
            count=int(self._asked.counts[place]),
            by_action=name_kinds(self._asked.some("kinds", rows)),
            reports=self._asked.reports_in(rows),
            nights=int(self._nights[place]),
            by_habit=bool(self._by_habit[place]),
            first_ever_at=Instant(first_ever),
            first_at=Instant(first),
            last_at=Instant(int(self._last[place])),
            is_new=first == first_ever,
            busiest=self._runs.busiest(place),
            bursts=self._runs.unusual(place),
            off_hours=int(np.count_nonzero(self._asked.some("marks", rows) & OFF_HOURS)),
            day=self._days.busiest(place),
        )

    def _namesakes(self, key: str) -> tuple[str, ...]:
        if not namesakes_of(self._dictionaries, key):
            return ()
        return namesakes_of(self._dictionaries, key, self._exported)

    def _exported(self, code: int) -> bool:
        """Whether somebody exported as the actor of this code."""
        return self._asked.has_actor(int(self._of_code[code]), code)


def name_kinds(kinds: NDArray[np.uint8]) -> dict[str, int]:
    """How many there are of each kind that occurs."""
    counts = np.bincount(kinds, minlength=len(export_actions())).tolist()
    named = zip(export_actions(), counts, strict=True)
    return {name: count for name, count in named if count}
