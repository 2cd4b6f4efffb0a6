"""What was exported: the numbers of each report, made ready for those that are shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.counting.groups import groups_of, places_of
from auditdash.queries.exports.kept.asked import Asked
from auditdash.queries.exports.kept.table import AT_NIGHT, OFF_HOURS
from auditdash.queries.exports.kept.whole import Whole
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.order import rank
from auditdash.queries.exports.people import name_kinds


class Exported(Struct, frozen=True, kw_only=True):
    """Exports of one report, as its newest export names it. `is_new`: never exported before."""

    key: str
    name: str | None
    id: str | None
    count: int
    by_action: Mapping[str, int]
    people: int
    nights: int
    first_ever_at: Instant
    last_at: Instant
    is_new: bool
    off_hours: int


class Reports:
    """Everything that was exported, by group."""

    def __init__(self, view: View, asked: Asked, whole: Whole) -> None:
        self._asked = asked
        self._first_ever = whole.habits.first_of_report
        self._entries = view.dictionaries["entity"].entries
        self._keys = groups_of(view, "report").keys
        groups = np.flatnonzero(asked.reports)
        order = rank(asked.reports[groups], places_of(view, "report")[groups])
        self._groups = groups[order]
        self._made: dict[int, Exported] = {}

    def all(self) -> Listed[Exported]:
        """Most exports first."""
        return Listed(self._groups.tolist(), self._report)

    def _report(self, group: int) -> Exported:
        report = self._made.get(group)
        if report is None:
            report = self._made[group] = self._exported(group)
        return report

    def _exported(self, group: int) -> Exported:
        asked = self._asked
        rows = asked.of_report(group)
        times, entities = asked.some("times", rows), asked.some("entities", rows)
        marks = asked.some("marks", rows)
        newest = self._entries[int(entities[-1])]
        first, first_ever = int(times[0]), int(self._first_ever[group])
        return Exported(
            key=str(self._keys[group] or ""),
            name=self._name(entities),
            id=newest[1] or None,
            count=len(rows),
            by_action=name_kinds(asked.some("kinds", rows)),
            people=asked.people_in(rows),
            nights=int(np.count_nonzero(marks & AT_NIGHT)),
            first_ever_at=Instant(first_ever),
            last_at=Instant(int(times[-1])),
            is_new=first == first_ever,
            off_hours=int(np.count_nonzero(marks & OFF_HOURS)),
        )

    def _name(self, entities: NDArray[np.uint32]) -> str | None:
        """As the newest export that names it does."""
        named = (self._entries[code][2] for code in entities[::-1])
        return next((name for name in named if name), None)
