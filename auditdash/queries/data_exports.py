"""Data exports: who took what out, how much more than they usually do, and what is new."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from auditdash.events.catalogue import actions
from auditdash.events.instants import HOUR, Instant, to_datetime
from auditdash.queries.compile import compile_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

# Night is from 22:00 to 06:00 by the clock of the workspace.
NIGHT_FROM: Final = 22
NIGHT_TO: Final = 6
# A burst: this many within an hour, and this many times what the person exports on a usual day.
BURST_COUNT: Final = 20
BURST_TIMES: Final = 5

_c = event_fields.c
_ROWS_AT_ONCE: Final = 5_000


class Burst(Struct, frozen=True, kw_only=True):
    """The hour with the most exports of one person, beside their usual active day."""

    start: Instant
    end: Instant
    count: int
    usual: float

    @property
    def is_unusual(self) -> bool:
        """Whether it stands out so far that somebody should look."""
        return self.count >= BURST_COUNT and self.count >= BURST_TIMES * self.usual


class Exporter(Struct, frozen=True, kw_only=True):
    """One person's exports. `is_new`: their first export ever is among them."""

    key: str
    name: str | None
    count: int
    by_action: Mapping[str, int]
    reports: int
    nights: int
    first_at: Instant
    last_at: Instant
    is_new: bool
    busiest: Burst


class Exported(Struct, frozen=True, kw_only=True):
    """Exports of one report. `is_new`: it was never exported before."""

    key: str
    name: str | None
    id: str | None
    count: int
    people: int
    nights: int
    last_at: Instant
    is_new: bool


class ExportSummary(Struct, frozen=True, kw_only=True):
    """All exports that were asked for; the counts of each grouping add up to `total`."""

    total: int
    nights: int
    by_action: Mapping[str, int]
    people: tuple[Exporter, ...]
    reports: tuple[Exported, ...]


class _Export(Struct, frozen=True):
    """The little of an export that the summary needs; a million of them fit into memory."""

    seq: int
    at: Instant
    action: str
    person: str
    name: str | None
    report: str
    report_name: str | None
    report_id: str | None
    is_night: bool


def summarise_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> ExportSummary:
    """Count the exports that the query asks for; `zone` is that of the workspace: it has nights."""
    exports = list(_iterate_exports(connection, query, scope, clock, zone))
    new_people = _first_seqs(connection, scope, _person())
    new_reports = _first_seqs(connection, scope, _report())
    return ExportSummary(
        total=len(exports),
        nights=sum(each.is_night for each in exports),
        by_action=Counter(each.action for each in exports),
        people=_people(exports, new_people),
        reports=_reports(exports, new_reports),
    )


def is_night(instant: Instant, zone: ZoneInfo) -> bool:
    """Whether the clock in this zone stands between 22:00 and 06:00."""
    hour = to_datetime(instant, zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


@cache
def export_actions() -> tuple[str, ...]:
    """The actions that take data out, in the catalogue's order."""
    return tuple(action.name for action in actions() if action.op == "export")


def _iterate_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> Iterator[_Export]:
    statement = (
        select(
            _c.seq,
            _c.occurred_at,
            _c.action,
            _person().label("person"),
            func.coalesce(_c.actor_username, _c.actor_id).label("person_name"),
            _report().label("report"),
            _c.entity_name,
            _c.entity_id,
        )
        .where(compile_query(query, scope, clock), _c.action.in_(export_actions()))
        .order_by(_c.occurred_at, _c.seq)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            yield _export_of(row, zone)


def _export_of(row: Row[Any], zone: ZoneInfo) -> _Export:
    at = Instant(row.occurred_at)
    return _Export(
        row.seq,
        at,
        row.action,
        row.person,
        row.person_name,
        row.report,
        row.entity_name,
        row.entity_id,
        is_night(at, zone),
    )


def _person() -> ColumnElement[str]:
    """Who exported; those whom the feed does not name count as one."""
    return func.coalesce(_c.actor_username_key, _c.actor_id_key, "")


def _report() -> ColumnElement[str]:
    """What was exported; what the feed does not name counts as one."""
    return func.coalesce(_c.entity_id_key, _c.entity_name_key, "")


def _first_seqs(connection: Connection, scope: Scope, key: ColumnElement[str]) -> Mapping[str, int]:
    """The seq of the first export ever of each key, in all that the scope sees."""
    seen = [_c.workspace_id == scope.workspace_id, _c.action.in_(export_actions())]
    if scope.highest_seq is not None:
        seen.append(_c.seq <= scope.highest_seq)
    rank = func.row_number().over(partition_by=key, order_by=[_c.occurred_at, _c.seq])
    ranked = select(key.label("key"), _c.seq, rank.label("rank")).where(*seen).subquery()
    firsts: Select[Any] = select(ranked.c.key, ranked.c.seq).where(ranked.c.rank == 1)
    return {row.key: row.seq for row in connection.execute(firsts)}


def _people(exports: Iterable[_Export], firsts: Mapping[str, int]) -> tuple[Exporter, ...]:
    groups: dict[str, list[_Export]] = defaultdict(list)
    for export in exports:
        groups[export.person].append(export)
    people = [_exporter(key, group, firsts) for key, group in groups.items()]
    return tuple(sorted(people, key=lambda each: (-each.count, each.key)))


def _exporter(key: str, group: Sequence[_Export], firsts: Mapping[str, int]) -> Exporter:
    return Exporter(
        key=key,
        name=group[-1].name,
        count=len(group),
        by_action=Counter(each.action for each in group),
        reports=len({each.report for each in group}),
        nights=sum(each.is_night for each in group),
        first_at=group[0].at,
        last_at=group[-1].at,
        is_new=any(each.seq == firsts.get(key) for each in group),
        busiest=_busiest([each.at for each in group]),
    )


def _busiest(instants: Sequence[Instant]) -> Burst:
    """The fullest hour that begins with an export. The usual day is the median of the active days
    other than that of the burst, counted in UTC; without any it is 0."""
    best_start, best_count, behind = 0, 0, 0
    for ahead, instant in enumerate(instants):
        while instants[behind] <= instant - HOUR:
            behind += 1
        if ahead - behind + 1 > best_count:
            best_start, best_count = behind, ahead - behind + 1
    last = instants[best_start + best_count - 1]
    days = Counter(instant // (24 * HOUR) for instant in instants)
    for day in {instants[best_start] // (24 * HOUR), last // (24 * HOUR)}:
        days.pop(day, None)
    usual = float(median(days.values())) if days else 0.0
    return Burst(start=instants[best_start], end=last, count=best_count, usual=usual)


def _reports(exports: Iterable[_Export], firsts: Mapping[str, int]) -> tuple[Exported, ...]:
    groups: dict[str, list[_Export]] = defaultdict(list)
    for export in exports:
        groups[export.report].append(export)
    reports = [
        Exported(
            key=key,
            name=group[-1].report_name,
            id=group[-1].report_id,
            count=len(group),
            people=len({each.person for each in group}),
            nights=sum(each.is_night for each in group),
            last_at=group[-1].at,
            is_new=any(each.seq == firsts.get(key) for each in group),
        )
        for key, group in groups.items()
    ]
    return tuple(sorted(reports, key=lambda each: (-each.count, each.key)))
