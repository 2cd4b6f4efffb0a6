"""How many events of each category happened when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, func, select

from auditdash.events.calendars import Unit, choose_unit, edges
from auditdash.events.catalogue import categories, category_of
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.queries.compile import compile_query
from auditdash.queries.steps import step
from auditdash.search.period import period_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_fields


class Histogram(Struct, frozen=True, kw_only=True):
    """`buckets` are whole local units without gaps between them, in order; `counts` has each
    category (or action) with one number for each bucket. Every event that was asked for is in one.
    `period` is what was looked at: it may begin and end inside of a bucket."""

    period: Period
    unit: Unit
    zone: ZoneInfo
    buckets: tuple[Period, ...]
    counts: Mapping[str, tuple[int, ...]]

    @property
    def total(self) -> int:
        """The number of events in all buckets."""
        return sum(sum(numbers) for numbers in self.counts.values())


def count_over_time(
    connection: Connection, query: Query, scope: Scope, clock: Clock, unit: Unit | None = None
) -> Histogram:
    """Counts over the period that the query names, or else from the first event to the last.

    The unit is chosen by the length of that span. Without an event there may be no bucket.
    """
    slugs = [category.slug for category in categories()]
    return _count_over_time(connection, query, scope, clock, unit, slugs, category_of)


def count_actions_over_time(
    connection: Connection, query: Query, scope: Scope, clock: Clock, names: Iterable[str]
) -> Histogram:
    """The same with actions in the place of categories; the query asks for none but these."""
    return _count_over_time(connection, query, scope, clock, None, names, str)


def _count_over_time(
    connection: Connection,
    query: Query,
    scope: Scope,
    clock: Clock,
    unit: Unit | None,
    groups: Iterable[str],
    group_of: Callable[[str], str],
) -> Histogram:
    condition = compile_query(query, scope, clock)
    found = find_bounds(connection, condition)
    span = _span(period_of(query, clock), found, clock)
    if span is None:
        return _nothing(unit or "day", clock.zone, groups)
    unit = unit or choose_unit(*span)
    bounds = edges(*span, unit, clock.zone)
    counts = _count(connection, condition, bounds) if found else {}
    return Histogram(
        period=Period(*span),
        unit=unit,
        zone=clock.zone,
        buckets=tuple(Period(*pair) for pair in pairwise(bounds)),
        counts=_fold(counts, len(bounds) - 1, groups, group_of),
    )


def _nothing(unit: Unit, zone: ZoneInfo, groups: Iterable[str]) -> Histogram:
    counts: dict[str, tuple[int, ...]] = dict.fromkeys(groups, ())
    return Histogram(period=Period(), unit=unit, zone=zone, buckets=(), counts=counts)


def find_bounds(
    connection: Connection, condition: ColumnElement[bool]
) -> tuple[Instant, Instant] | None:
    """When the first matching event happened and a microsecond after the last, or None."""
    # Two statements: each walks the index from its own end, where min and max in one would not.
    moment = event_fields.c.occurred_at
    wanted = select(moment).where(condition).limit(1)
    first = connection.execute(wanted.order_by(moment)).scalar()
    last = connection.execute(wanted.order_by(moment.desc())).scalar()
    return None if first is None or last is None else (Instant(first), Instant(last + 1))


def _span(
    asked: Period, found: tuple[Instant, Instant] | None, clock: Clock
) -> tuple[Instant, Instant] | None:
    """What the query names, without the future that has not happened; open sides end at events."""
    starts = [asked.start] if asked.start is not None else []
    ends = [min(asked.end, clock.now)] if asked.end is not None else []
    if found:
        starts.append(found[0])
        ends.append(found[1])
    if not starts or not ends or min(starts) >= max(ends):
        return None
    return min(starts), max(ends)


def _count(
    connection: Connection, condition: ColumnElement[bool], bounds: list[Instant]
) -> dict[tuple[str, int], int]:
    """(action, number of the bucket) → events."""
    bucket = step(event_fields.c.occurred_at, bounds[1:-1], range(len(bounds) - 1)).label("bucket")
    action = event_fields.c.action
    # By the name of the label: a lone bucket is the constant 0, which GROUP BY would take for the
    # number of a column.
    statement = select(action, bucket, func.count()).where(condition).group_by(action, "bucket")
    return {(name, number): count for name, number, count in connection.execute(statement)}


def _fold(
    counts: Mapping[tuple[str, int], int],
    buckets: int,
    groups: Iterable[str],
    group_of: Callable[[str], str],
) -> dict[str, tuple[int, ...]]:
    folded = {group: [0] * buckets for group in groups}
    for (action, bucket), count in counts.items():
        folded[group_of(action)][bucket] += count
    return {group: tuple(numbers) for group, numbers in folded.items()}
