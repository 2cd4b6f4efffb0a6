"""Data exports: who took what out, how much more than they usually do, and what is new."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from threading import Lock
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.index.view import View
from auditdash.queries.compile import compile_query
from auditdash.queries.counting.totals import question_key
from auditdash.queries.exports.habits import NIGHT_HABIT
from auditdash.queries.exports.kept.asked import Asked, exports_asked
from auditdash.queries.exports.kept.table import AT_NIGHT, OFF_HOURS
from auditdash.queries.exports.kept.whole import BURST_PAUSE, Whole, whole_of
from auditdash.queries.exports.nights import iterate_night_exports
from auditdash.queries.exports.people import Exporter, People
from auditdash.queries.exports.reports import Exported, Reports
from auditdash.queries.exports.rows import export_actions
from auditdash.queries.exports.runs import BURST_COUNT, BURST_TIMES, Burst
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

__all__ = [
    "BURST_COUNT",
    "BURST_PAUSE",
    "BURST_TIMES",
    "NIGHT_HABIT",
    "Burst",
    "ExportSummary",
    "Exported",
    "Exporter",
    "export_actions",
    "iterate_night_exports",
    "summarise_exports",
]

_KEPT: Final = 4


class ExportSummary(Struct, frozen=True, kw_only=True):
    """All exports that were asked for; the counts of each grouping add up to `total`.

    People and reports have most exports first, and are made when looked at. `new`, `awake`,
    `bursting` and `unlike` are some of the people: first ever, at night unlike them (most such
    exports first), with unusual bursts, with a day that stands out. `bursts` are all unusual ones,
    `unlike_alone` whose day stands out without any: both with the largest first.
    """

    total: int
    nights: int
    by_action: Mapping[str, int]
    people: Sequence[Exporter]
    reports: Sequence[Exported]
    new: Sequence[Exporter] = ()
    awake: Sequence[Exporter] = ()
    bursting: Sequence[Exporter] = ()
    unlike: Sequence[Exporter] = ()
    bursts: Sequence[tuple[Exporter, Burst]] = ()
    unlike_alone: Sequence[Exporter] = ()
    off_hours: int = 0


class _Memory:
    """The last summaries, by what was asked."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, ExportSummary] = OrderedDict()
        self._exports = 0
        self._lock = Lock()

    def get(self, key: Hashable) -> ExportSummary | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, exports: int, summary: ExportSummary) -> None:
        with self._lock:
            # Those of fewer exports hold the tables of before.
            if self._exports != exports:
                self._kept.clear()
            self._exports = exports
            self._kept[key] = summary
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def summarise_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> ExportSummary:
    """Count the exports that the query asks for; `zone` is that of the workspace: it has nights.

    What is usual or new for a person is told from all exports in scope, whatever the query asks.
    """
    view = open_view(connection, scope)
    whole = whole_of(view, zone)
    question = question_key(query, clock)
    # Exports only ever follow: as many of them are the same ones.
    key = (question, zone.key, view.zone.key, len(whole))
    memory = view.dictionaries.kept(_Memory)
    known = memory.get(key) if question is not None else None
    if known is not None:
        return known
    asked = exports_asked(view, whole, compile_query(query, view, clock))
    summary = _summarise(view, asked, whole)
    if question is not None:
        memory.put(key, len(whole), summary)
    return summary


def _summarise(view: View, asked: Asked, whole: Whole) -> ExportSummary:
    if not len(asked):
        return ExportSummary(total=0, nights=0, by_action={}, people=(), reports=())
    people = People(view, asked, whole)
    return ExportSummary(
        total=len(asked),
        nights=asked.count_marked(AT_NIGHT),
        by_action=asked.by_kind,
        people=people.all(),
        reports=Reports(view, asked, whole).all(),
        new=people.new(),
        awake=people.awake(),
        bursting=people.bursting(),
        unlike=people.unlike(),
        bursts=people.bursts(),
        unlike_alone=people.unlike_alone(),
        off_hours=asked.count_marked(OFF_HOURS),
    )
