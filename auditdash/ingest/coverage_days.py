"""Coverage as a calendar: what of each local day has been fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.instants import Instant
from auditdash.events.periods import local_date, midnight
from auditdash.ingest.coverage import Coverage, Span

MONTHS_AT_ONCE: Final = 12


class Day(Struct, frozen=True):
    """`state` is covered, part, gap, unasked (of what is not pulled nothing is fetched), open (the
    day is not over yet), outside (before the start) or ahead.

    `missing` is how much was not fetched, in microseconds.
    """

    on: date
    state: str
    missing: int = 0


class Month(Struct, frozen=True):
    """The days of a month, in order."""

    first: date
    days: tuple[Day, ...]


class Calendar(Struct, frozen=True):
    """Months, oldest first; `earlier` is the last month before them that has something to show."""

    months: tuple[Month, ...]
    earlier: date | None


def count_days(
    coverage: Coverage, zone: ZoneInfo, until: date | None = None, since: Instant | None = None
) -> Calendar:
    """The twelve months up to that of `until` (by default the last), none before the start; that
    is where the archive begins, or `since`: events may have come otherwise before."""
    span, start = coverage.span, coverage.span.start
    first = start if since is None else min(start, since)
    return _calendar(
        lambda days: _judge(span, coverage.gaps, days, zone), Span(first, span.end), zone, until
    )


def count_unasked_days(span: Span, zone: ZoneInfo, until: date | None = None) -> Calendar:
    """The same for what is pushed or imported: there are no windows, and so no gaps, only days."""

    def judge(days: Iterable[date]) -> Iterable[Day]:
        return (
            each if each.state != "covered" else replace(each, state="unasked")
            for each in _judge(span, (), days, zone)
        )

    return _calendar(judge, span, zone, until)


def _calendar(
    judge: Callable[[Iterable[date]], Iterable[Day]],
    span: Span,
    zone: ZoneInfo,
    until: date | None,
) -> Calendar:
    start = local_date(span.start, zone).replace(day=1)
    last = min(until or date.max, local_date(Instant(span.end - 1), zone)).replace(day=1)
    last = max(last, start)
    first = max(start, _months_before(last, MONTHS_AT_ONCE - 1))
    days = list(judge(_days(first, _months_before(last, -1))))
    months = []
    while days:
        month = [day for day in days if day.on.replace(day=1) == days[0].on]
        months.append(Month(month[0].on, tuple(month)))
        days = days[len(month) :]
    return Calendar(tuple(months), _months_before(first, 1) if first > start else None)


def _judge(span: Span, gaps: Sequence[Span], days: Iterable[date], zone: ZoneInfo) -> Iterable[Day]:
    """Both the days and the gaps go forward only."""
    left = 0
    for day in days:
        morning, night = midnight(day, zone), midnight(day + timedelta(days=1), zone)
        begins, ends = max(morning, span.start), min(night, span.end)
        if ends <= begins:
            yield Day(day, "ahead" if morning >= span.end else "outside")
            continue
        while left < len(gaps) and gaps[left].end <= begins:
            left += 1
        missing = _overlap(gaps, left, begins, ends)
        state = "gap" if missing == ends - begins else "part" if missing else "covered"
        yield Day(day, "open" if night > span.end else state, missing)


def _overlap(gaps: Sequence[Span], index: int, begins: int, ends: int) -> int:
    missing = 0
    while index < len(gaps) and gaps[index].start < ends:
        missing += min(gaps[index].end, ends) - max(gaps[index].start, begins)
        index += 1
    return missing


def _days(first: date, end: date) -> Iterable[date]:
    for number in range((end - first).days):
        yield first + timedelta(days=number)


def _months_before(month: date, count: int) -> date:
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)
