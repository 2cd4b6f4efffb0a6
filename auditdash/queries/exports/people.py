"""Who exported: the numbers of each person, made ready for those who are shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
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


class Exporter:
    """One person's exports. What takes a look at all of them is found when it is asked for: a list
    of those who did something for the first time shows a name and a number."""

    def __init__(self, people: People, place: int) -> None:
        self._people = people
        self._place = place
        self._rows = people.asked.of_person(place)

    @cached_property
    def key(self) -> str:
        """What tells the person from others: the folded name, or else the id."""
        return str(self._people.keys[int(self._people.asked.people[self._place])] or "")

    @cached_property
    def name(self) -> str | None:
        """As the newest of these exports has it; None where nobody is named."""
        code = self._people.asked.some("actors", slice(self._rows.stop - 1, self._rows.stop))[0]
        identity, username = self._people.entries[code]
        return username or identity or None

    @cached_property
    def namesakes(self) -> tuple[str, ...]:
        """Usernames of others whose id is this one's name."""
        return self._people.namesakes(self.key)

    @property
    def count(self) -> int:
        """How many exports there are."""
        return int(self._people.asked.counts[self._place])

    @cached_property
    def by_action(self) -> Mapping[str, int]:
        """How many of each kind that occurs."""
        return name_kinds(self._people.asked.some("kinds", self._rows))

    @cached_property
    def reports(self) -> int:
        """Of how many reports."""
        return self._people.asked.reports_in(self._rows)

    @property
    def nights(self) -> int:
        """How many were at night."""
        return int(self._people.nights[self._place])

    @property
    def by_habit(self) -> bool:
        """Whether night is when they work."""
        return bool(self._people.by_habit[self._place])

    @property
    def first_ever_at(self) -> Instant:
        """When they exported for the first time, whatever is asked."""
        return Instant(int(self._people.first_ever[self._place]))

    @property
    def first_at(self) -> Instant:
        """When the first of these exports was."""
        return Instant(int(self._people.first[self._place]))

    @property
    def last_at(self) -> Instant:
        """When the last of them was."""
        return Instant(int(self._people.last[self._place]))

    @property
    def is_new(self) -> bool:
        """Whether their first export ever is among these."""
        return self.first_at == self.first_ever_at

    @cached_property
    def busiest(self) -> Burst:
        """Their longest run without a pause."""
        return self._people.runs.busiest(self._place)

    @property
    def bursts(self) -> tuple[Burst, ...]:
        """The unusual ones, in order."""
        return self._people.runs.unusual(self._place)

    @cached_property
    def off_hours(self) -> int:
        """How many were made while offices were closed."""
        return int(np.count_nonzero(self._people.asked.some("marks", self._rows) & OFF_HOURS))

    @property
    def day(self) -> BusiestDay:
        """The busiest one."""
        return self._people.days.busiest(self._place)


class People:
    """Everybody who exported: one number of each kind for each person, known by their place."""

    def __init__(self, view: View, asked: Asked, whole: Whole) -> None:
        self.asked = asked
        groups, habits = asked.people, whole.habits
        self.first = asked.some("times", asked.starts)
        self.last = asked.some("times", asked.ends - 1)
        self.first_ever = habits.first_of_person[groups]
        self.by_habit = habits.by_night[groups]
        self.nights = asked.marked(AT_NIGHT)
        self.days = Days(asked, asked.whole.days, habits)
        self.runs = Runs(asked, asked.whole.runs, habits)
        self.entries = view.dictionaries["actor"].entries
        known = groups_of(view, "actor")
        self.keys, self._of_code = known.keys, known.of_code
        self._dictionaries = view.dictionaries
        self._order = rank(asked.counts, places_of(view, "actor")[groups])
        self._made: dict[int, Exporter] = {}

    def all(self) -> Listed[Exporter]:
        """Most exports first."""
        return self._those(self._order >= 0)

    def new(self) -> Listed[Exporter]:
        """Whose first export ever is among these."""
        return self._those((self.first == self.first_ever)[self._order])

    def awake(self) -> Listed[Exporter]:
        """Who exported at night and usually works by day; most nightly exports first."""
        found = self._order[((self.nights > 0) & ~self.by_habit)[self._order]]
        by_nights = found[np.argsort(-self.nights[found], kind="stable")]
        return Listed(by_nights.tolist(), self._person)

    def bursting(self) -> Listed[Exporter]:
        """Who has unusual bursts."""
        return self._those(np.isin(self._order, self.runs.bursting))

    def bursts(self) -> Listed[tuple[Exporter, Burst]]:
        """All unusual bursts, each with whose it is; the largest ones first, then as people are."""
        ranks = np.empty(len(self._order), np.int64)
        ranks[self._order] = np.arange(len(self._order))
        places, counts = self.runs.places, self.runs.counts
        order = np.lexsort((ranks[places], -counts))

        def make(number: int) -> tuple[Exporter, Burst]:
            return self._person(int(places[number])), self.runs.burst(number)

        return Listed(order.tolist(), make)

    def unlike(self) -> Listed[Exporter]:
        """Whose busiest day stands out from their own days and from those of everybody else."""
        return self._those(self.days.unusual[self._order])

    def unlike_alone(self) -> Listed[Exporter]:
        """Those of them who have no unusual burst that tells it already; the largest days first."""
        alone = self.days.unusual.copy()
        alone[self.runs.bursting] = False
        found = self._order[alone[self._order]]
        by_day = np.argsort(-self.days.most[found], kind="stable")
        return Listed(found[by_day].tolist(), self._person)

    def _those(self, chosen: NDArray[np.bool_]) -> Listed[Exporter]:
        return Listed(self._order[chosen].tolist(), self._person)

    def _person(self, place: int) -> Exporter:
        person = self._made.get(place)
        if person is None:
            person = self._made[place] = Exporter(self, place)
        return person

    def namesakes(self, key: str) -> tuple[str, ...]:
        """Usernames of others whose id is a person's name, of those who exported."""
        if not namesakes_of(self._dictionaries, key):
            return ()
        return namesakes_of(self._dictionaries, key, self._exported)

    def _exported(self, code: int) -> bool:
        return self.asked.has_actor(int(self._of_code[code]), code)


def name_kinds(kinds: NDArray[np.uint8]) -> dict[str, int]:
    """How many there are of each kind that occurs."""
    counts = np.bincount(kinds, minlength=len(export_actions())).tolist()
    named = zip(export_actions(), counts, strict=True)
    return {name: count for name, count in named if count}
