"""From a query to the period it keeps to, and from a period to the value that asks for it."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from auditdash.events.instants import SECOND, Instant, to_rfc3339
from auditdash.events.periods import Period, day_period, local_date
from auditdash.events.wording import MONTHS, day_text, time_text
from auditdash.search.dates import resolve
from auditdash.search.query import Atom, Compare, Present, Query, Range, Term, Value
from auditdash.search.scope import Clock


def period_of(query: Query, clock: Clock, field: str = "created") -> Period:
    """The period that a query keeps to: where all its top-level terms of a date field overlap."""
    whole = Period()
    for part in query.parts:
        if isinstance(part, Term) and part.field == field:
            whole = overlap(whole, _hull([resolve(value, clock) for value in part.values]))
    return whole


def _hull(periods: list[Period]) -> Period:
    starts = [period.start for period in periods if period.start is not None]
    ends = [period.end for period in periods if period.end is not None]
    return Period(
        min(starts) if len(starts) == len(periods) else None,
        max(ends) if len(ends) == len(periods) else None,
    )


def overlap(one: Period, other: Period) -> Period:
    """What lies in both."""
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
    # The last instant is in: a whole second where one ends there, else its microsecond.
    last = to_rfc3339(Instant(end - 1)) if end % SECOND else instant_text(Instant(end - SECOND))
    return Range(Atom(instant_text(start)), Atom(last))


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


def period_text(period: Period, zone: ZoneInfo) -> str:
    """`8 March 2026`, `8–9 March 2026`, `March 2026`, `since 8 March 2026`, or with times."""
    start, end = period.start, period.end
    if start is None or end is None:
        return _open_text(start, end, zone)
    if end <= start:
        return "never"
    first, after = _whole_day(start, zone), _whole_day(end, zone)
    if first is None or after is None:
        return f"{_moment(start, zone)} to {_moment(end, zone)}"
    last = after - timedelta(days=1)
    if first.day == 1 and after.day == 1:
        return _months(first, last)
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_day(last)}"
    return f"{_day(first, last)} – {_day(last)}"


def _open_text(start: Instant | None, end: Instant | None, zone: ZoneInfo) -> str:
    if start is not None:
        day = _whole_day(start, zone)
        return f"since {_moment(start, zone) if day is None else _day(day)}"
    if end is None:
        return "at any time"
    day = _whole_day(end, zone)
    if day is None:
        return f"before {_moment(end, zone)}"
    return f"until {_day(day - timedelta(days=1))}"


def _months(first: date, last: date) -> str:
    """A span of whole months."""
    begins, ends = MONTHS[first.month - 1], MONTHS[last.month - 1]
    if first.year != last.year:
        return f"{begins} {first.year} – {ends} {last.year}"
    if (first.month, last.month) == (1, 12):
        return str(last.year)
    return f"{ends} {last.year}" if begins == ends else f"{begins}–{ends} {last.year}"


def _day(day: date, same_year_as: date | None = None) -> str:
    year = "" if same_year_as and same_year_as.year == day.year else f" {day.year}"
    return f"{day.day} {MONTHS[day.month - 1]}{year}"


def _moment(instant: Instant, zone: ZoneInfo) -> str:
    return f"{day_text(instant, zone)}, {time_text(instant, zone)}"
