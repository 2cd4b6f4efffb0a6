"""From a query to the period it keeps to, and from a period to the value that asks for it."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from auditdash.events.instants import SECOND, Instant, to_rfc3339
from auditdash.events.periods import Period, day_period, local_date
from auditdash.search.dates import resolve
from auditdash.search.query import Atom, Compare, Present, Query, Range, Term, Value
from auditdash.search.scope import Clock


def period_of(query: Query, clock: Clock, field: str = "created") -> Period:
    """The period that a query keeps to: where all its top-level terms of a date field overlap."""
    whole = Period()
    for part in query.parts:
        if isinstance(part, Term) and part.field == field:
            whole = _overlap(whole, _hull([resolve(value, clock) for value in part.values]))
    return whole


def _hull(periods: list[Period]) -> Period:
    starts = [period.start for period in periods if period.start is not None]
    ends = [period.end for period in periods if period.end is not None]
    return Period(
        min(starts) if len(starts) == len(periods) else None,
        max(ends) if len(ends) == len(periods) else None,
    )


def _overlap(one: Period, other: Period) -> Period:
    starts = [start for start in (one.start, other.start) if start is not None]
    ends = [end for end in (one.end, other.end) if end is not None]
    return Period(max(starts, default=None), min(ends, default=None))


def frozen(period: Period) -> Value:
    """A value of instants alone that resolves to this period whoever reads it, whenever."""
    start, end = period.start, period.end
    if start is None and end is None:
        return Present()
    if end is None:
        return Compare(">=", Atom(instant_text(Instant(start or 0))))
    if start is None:
        return Compare("<", Atom(instant_text(end)))
    step = 1 if end % SECOND else SECOND
    return Range(Atom(instant_text(start)), Atom(instant_text(Instant(end - step))))


def instant_text(instant: Instant) -> str:
    """RFC 3339 in UTC, without a fraction where there is none."""
    return to_rfc3339(instant).replace(".000000Z", "Z")


def local_value(period: Period, zone: ZoneInfo) -> Value:
    """The value that people would write for a period: whole days where it is of whole days."""
    start, end = period.start, period.end
    days = [None if edge is None else _whole_day(edge, zone) for edge in (start, end)]
    if (start is not None and days[0] is None) or (end is not None and days[1] is None):
        return frozen(period)
    first, after = days
    if after is None:
        return Present() if first is None else Compare(">=", Atom(first.isoformat()))
    last = after - timedelta(days=1)
    if first is None:
        return Compare("<=", Atom(last.isoformat()))
    return _named(first, after) or Range(Atom(first.isoformat()), Atom(last.isoformat()))


def _whole_day(instant: Instant, zone: ZoneInfo) -> date | None:
    day = local_date(instant, zone)
    return day if day_period(day, zone).start == instant else None


def _named(first: date, after: date) -> Atom | None:
    """The calendar unit from `first` until before `after`, if it has a name of its own."""
    if after - first == timedelta(days=1):
        return Atom(first.isoformat())
    months = (after.year - first.year) * 12 + after.month - first.month
    if first.day != 1 or after.day != 1:
        return None
    if months == 1:
        return Atom(f"{first:%Y-%m}")
    if months == 3 and first.month % 3 == 1:
        return Atom(f"{first.year}-Q{first.month // 3 + 1}")
    return Atom(str(first.year)) if months == 12 and first.month == 1 else None
