"""How many events of each category happened when."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from sqlalchemy import Connection

from auditdash.events.calendars import Unit, choose_unit, edges
from auditdash.events.catalogue import categories, category_of
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.view import View
from auditdash.queries import scan
from auditdash.queries.compile import Condition, compile_query
from auditdash.queries.counting.totals import Sums, question_key, sum_over
from auditdash.queries.scan import Found
from auditdash.queries.sight.views import open_view
from auditdash.search.period import period_of
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

Counts = NDArray[np.int64]


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
    view = open_view(connection, scope)
    condition = compile_query(query, view, clock)
    ends = scan.bounds(condition)
    found = None if ends is None else (Instant(ends[0]), Instant(ends[1] + 1))
    span = _span(period_of(query, clock), found, clock)
    if span is None:
        return _nothing(unit or "day", clock.zone, groups)
    unit = unit or choose_unit(*span)
    bounds = edges(*span, unit, clock.zone)
    counts = _count(condition, bounds, question_key(query, clock))
    return Histogram(
        period=Period(*span),
        unit=unit,
        zone=clock.zone,
        buckets=tuple(Period(*pair) for pair in pairwise(bounds)),
        counts=_fold(view, counts, groups, group_of),
    )


def _nothing(unit: Unit, zone: ZoneInfo, groups: Iterable[str]) -> Histogram:
    counts: dict[str, tuple[int, ...]] = dict.fromkeys(groups, ())
    return Histogram(period=Period(), unit=unit, zone=zone, buckets=(), counts=counts)


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


def _count(condition: Condition, bounds: Sequence[Instant], question: Hashable) -> Counts:
    """A row for each bucket with the events of each action."""
    buckets = len(bounds) - 1
    actions = len(condition.view.dictionaries["action"])
    inner = np.array(bounds[1:-1], np.int64)

    def measure(found: Found) -> Sums:
        # Rows rise in time: each bucket is a run of them.
        edges = [0, *np.searchsorted(found.times, inner).tolist(), len(found)]
        codes = found.column("action")
        counts = np.zeros((actions, buckets), np.int64)
        for bucket, (start, end) in enumerate(pairwise(edges)):
            if end > start:
                counts[:, bucket] = np.bincount(codes[start:end], minlength=actions)
        return (counts.ravel(),)

    key = None if question is None else ("histogram", tuple(bounds), actions, question)
    sums = sum_over(condition, key, measure)
    counted = sums[0] if sums else np.zeros(actions * buckets, np.int64)
    return counted.reshape(actions, buckets)


def _fold(
    view: View, counts: Counts, groups: Iterable[str], group_of: Callable[[str], str]
) -> dict[str, tuple[int, ...]]:
    folded = {group: np.zeros(counts.shape[1], np.int64) for group in groups}
    for action, row in zip(view.dictionaries["action"].entries, counts, strict=False):
        if row.any():
            folded[group_of(action[0] or "")] += row
    return {group: tuple(numbers.tolist()) for group, numbers in folded.items()}
