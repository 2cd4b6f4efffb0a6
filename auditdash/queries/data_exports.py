"""Data exports: who took what out, how much more than they usually do, and what is new."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, literal, select

from auditdash.events.calendars import Change, clock_changes
from auditdash.events.catalogue import actions
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, HOUR, MINUTE, Instant, parse_instant, to_datetime
from auditdash.events.periods import Period
from auditdash.queries.sql.compile import compile_query, find_bounds
from auditdash.queries.sql.steps import step, whole
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields

# Night is from 22:00 to 06:00 by the clock of the workspace.
NIGHT_FROM: Final = 22
NIGHT_TO: Final = 6
# A burst: exports without a longer pause than this, at least so many, and so many times what the
# person exports on a usual day.
BURST_PAUSE: Final = 30 * MINUTE
BURST_COUNT: Final = 20
BURST_TIMES: Final = 5
# Who exports at night on more than this share of their days does so by habit: in another office.
NIGHT_HABIT: Final = 0.1

_c = event_fields.c
_ROWS_AT_ONCE: Final = 5_000
_EVENING: Final = (24 - NIGHT_FROM) * HOUR  # the part of a night before midnight
_START: Final = parse_instant("1900-01-01T00:00:00Z") - DAY  # no instant is less, in any zone


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


class Exporter(Struct, frozen=True, kw_only=True):
    """One person's exports. `is_new`: their first export ever is among them.

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
    night_periods: tuple[Period, ...]
    by_habit: bool
    first_ever_at: Instant
    first_at: Instant
    last_at: Instant
    is_new: bool
    busiest: Burst
    bursts: tuple[Burst, ...]


class Exported(Struct, frozen=True, kw_only=True):
    """Exports of one report, as its newest export names it. `is_new`: never exported before."""

    key: str
    name: str | None
    id: str | None
    count: int
    by_action: Mapping[str, int]
    people: int
    nights: int
    night_periods: tuple[Period, ...]
    first_ever_at: Instant
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

    at: Instant
    action: str
    person: str
    username: str | None
    actor_id: str | None
    report: str
    report_name: str | None
    report_id: str | None
    night: int | None  # the number of the night it fell into


class _Day(NamedTuple):
    exports: int
    at_night: bool
    first: Instant


_Days = Mapping[int, _Day]
_Exports = Sequence[_Export]


def summarise_exports(
    connection: Connection, query: Query, scope: Scope, clock: Clock, zone: ZoneInfo
) -> ExportSummary:
    """Count the exports that the query asks for; `zone` is that of the workspace: it has nights.

    What is usual or new for a person is told from all exports in scope, whatever the query asks.
    """
    condition = _all_exports(scope)
    bounds = find_bounds(connection, condition)
    changes = clock_changes(*bounds, zone) if bounds else []
    wall = _WallClock(changes)
    exports = list(_iterate_exports(connection, query, scope, clock, wall))
    days = _count_days(connection, condition, changes) if exports else {}
    return ExportSummary(
        total=len(exports),
        nights=sum(each.night is not None for each in exports),
        by_action=Counter(each.action for each in exports),
        people=_people(exports, days, wall),
        reports=_reports(exports, _find_first_reports(connection, condition) if exports else {}),
    )


def is_night(instant: Instant, zone: ZoneInfo) -> bool:
    """Whether the clock in this zone stands between 22:00 and 06:00."""
    hour = to_datetime(instant, zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO


@cache
def export_actions() -> tuple[str, ...]:
    """The actions that take data out, in the catalogue's order."""
    return tuple(action.name for action in actions() if action.op == "export")


def _all_exports(scope: Scope) -> ColumnElement[bool]:
    seen = [_c.workspace_id == scope.workspace_id, _c.action.in_(export_actions())]
    if scope.highest_seq is not None:
        seen.append(_c.seq <= scope.highest_seq)
    return and_(*seen)


class _WallClock:
    """What the clocks of the workspace showed: in whole numbers, as there are many exports."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.starts = [change.at for change in changes]
        self.offsets = [change.offset for change in changes]

    def local(self, instant: int) -> int:
        """Microseconds of local time."""
        return instant + self.offsets[bisect_right(self.starts, instant) - 1]

    def day(self, instant: int) -> int:
        """The number of the local day."""
        return self.local(instant) // DAY

    def night(self, instant: int) -> int | None:
        """The number of the day that a night leads to; None by day."""
        local = self.local(instant)
        hour = local // HOUR % 24
        return (local + _EVENING) // DAY if hour >= NIGHT_FROM or hour < NIGHT_TO else None


def _iterate_exports(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    wall: _WallClock,
) -> Iterator[_Export]:
    statement = (
        select(
            _c.occurred_at,
            _c.action,
            _person().label("person"),
            func.nullif(_c.actor_username, "").label("username"),
            func.nullif(_c.actor_id, "").label("actor_id"),
            _report().label("report"),
            func.nullif(_c.entity_name, "").label("report_name"),
            func.nullif(_c.entity_id, "").label("report_id"),
        )
        .where(compile_query(query, scope, clock), _c.action.in_(export_actions()))
        .order_by(_c.occurred_at, _c.seq)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    with connection.execute(statement) as rows:
        for row in rows:
            yield _export_of(row, wall)


def _export_of(row: Row[Any], wall: _WallClock) -> _Export:
    return _Export(
        Instant(row.occurred_at),
        row.action,
        row.person,
        row.username,
        row.actor_id,
        row.report,
        row.report_name,
        row.report_id,
        wall.night(row.occurred_at),
    )


def _person() -> ColumnElement[str]:
    """Who exported; those whom the feed does not name count as one."""
    username, identity = func.nullif(_c.actor_username_key, ""), func.nullif(_c.actor_id_key, "")
    return func.coalesce(username, identity, "")


def _report() -> ColumnElement[str]:
    """What was exported; what the feed does not name counts as one."""
    identity, name = func.nullif(_c.entity_id_key, ""), func.nullif(_c.entity_name_key, "")
    return func.coalesce(literal("id:") + identity, literal("name:") + name, "")


def _find_first_reports(
    connection: Connection, condition: ColumnElement[bool]
) -> Mapping[str, Instant]:
    """When each report was first exported."""
    key, first = _report().label("report"), func.min(_c.occurred_at)
    statement = select(key, first).where(condition).group_by(key)
    return {key: Instant(at) for key, at in connection.execute(statement)}


def _count_days(
    connection: Connection, condition: ColumnElement[bool], changes: Sequence[Change]
) -> Mapping[str, _Days]:
    """The days by the workspace's clock on which each person ever exported."""
    offsets = [change.offset - _START for change in changes]
    local = _c.occurred_at + step(_c.occurred_at, [each.at for each in changes[1:]], offsets)
    hour = local // whole(HOUR) % whole(24)
    by_night = case((hour >= whole(NIGHT_FROM), 1), (hour < whole(NIGHT_TO), 1), else_=0)
    person, day = _person().label("person"), (local // whole(DAY)).label("day")
    numbers = (func.count(), func.max(by_night), func.min(_c.occurred_at))
    statement = select(person, day, *numbers).where(condition).group_by(person, day)
    days: dict[str, dict[int, _Day]] = defaultdict(dict)
    for key, number, count, at_night, first in connection.execute(statement):
        days[key][number + _START // DAY] = _Day(count, bool(at_night), Instant(first))
    return days


def _people(
    exports: Iterable[_Export], days: Mapping[str, _Days], wall: _WallClock
) -> tuple[Exporter, ...]:
    groups: dict[str, list[_Export]] = defaultdict(list)
    usernames: dict[str, set[str]] = defaultdict(set)  # under which an id occurs
    for export in exports:
        groups[export.person].append(export)
        if export.username and export.actor_id:
            usernames[export.actor_id].add(export.username)
    namesakes: dict[str, set[str]] = defaultdict(set)
    for identity, names in usernames.items():
        namesakes[fold_case(identity)] |= names
    people = [
        _exporter(key, group, days[key], namesakes[key], wall) for key, group in groups.items()
    ]
    return tuple(sorted(people, key=lambda each: (-each.count, each.key)))


def _exporter(
    key: str, group: _Exports, days: _Days, namesakes: set[str], wall: _WallClock
) -> Exporter:
    first = min(day.first for day in days.values())
    runs = list(_runs(group))
    bursts = (_burst(run, days, wall) for run in runs if len(run) >= BURST_COUNT)
    return Exporter(
        key=key,
        name=_newest(each.username or each.actor_id for each in group),
        namesakes=tuple(sorted(name for name in namesakes if fold_case(name) != key)),
        count=len(group),
        by_action=Counter(each.action for each in group),
        reports=len({each.report for each in group}),
        nights=sum(each.night is not None for each in group),
        night_periods=_night_periods(group),
        by_habit=sum(day.at_night for day in days.values()) > NIGHT_HABIT * len(days),
        first_ever_at=first,
        first_at=group[0].at,
        last_at=group[-1].at,
        is_new=group[0].at == first,
        busiest=_burst(max(runs, key=len), days, wall),
        bursts=tuple(burst for burst in bursts if burst.is_unusual),
    )


def _runs(group: _Exports) -> Iterator[_Exports]:
    """The exports between one longer pause and the next."""
    start = 0
    for number, (one, following) in enumerate(pairwise(group), 1):
        if following.at - one.at > BURST_PAUSE:
            yield group[start:number]
            start = number
    yield group[start:]


def _burst(run: _Exports, days: _Days, wall: _WallClock) -> Burst:
    """Beside the median of all days of the person but its own; without any it is 0."""
    start, end = run[0].at, run[-1].at
    own = range(wall.day(start), wall.day(end) + 1)
    others = [day.exports for number, day in days.items() if number not in own]
    usual = float(median(others)) if others else 0.0
    return Burst(start=start, end=end, count=len(run), usual=usual)


def _night_periods(group: _Exports) -> tuple[Period, ...]:
    """From the first to the last export of each night."""
    nights: dict[int, list[Instant]] = defaultdict(list)
    for each in group:
        if each.night is not None:
            nights[each.night].append(each.at)
    return tuple(Period(times[0], Instant(times[-1] + 1)) for times in nights.values())


def _newest(names: Iterable[str | None]) -> str | None:
    given = [name for name in names if name]
    return given[-1] if given else None


def _reports(exports: Iterable[_Export], firsts: Mapping[str, Instant]) -> tuple[Exported, ...]:
    groups: dict[str, list[_Export]] = defaultdict(list)
    for export in exports:
        groups[export.report].append(export)
    reports = [_exported(key, group, firsts[key]) for key, group in groups.items()]
    return tuple(sorted(reports, key=lambda each: (-each.count, each.key)))


def _exported(key: str, group: _Exports, first: Instant) -> Exported:
    return Exported(
        key=key,
        name=_newest(each.report_name for each in group),
        id=group[-1].report_id,
        count=len(group),
        by_action=Counter(each.action for each in group),
        people=len({each.person for each in group}),
        nights=sum(each.night is not None for each in group),
        night_periods=_night_periods(group),
        first_ever_at=first,
        last_at=group[-1].at,
        is_new=group[0].at == first,
    )
