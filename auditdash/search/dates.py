"""Dates as a query writes them, and the half-open UTC periods that they name for one reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import (
    HOUR,
    MINUTE,
    SECOND,
    Instant,
    parse_instant,
    shorten,
    to_datetime,
    to_instant,
    to_rfc3339,
)
from auditdash.events.periods import Period, day_period, local_date, month_period
from auditdash.search.query import Atom, Compare, Present, Query, Range, Term, Value
from auditdash.search.scope import Clock

WORDS = ("today", "yesterday", "now", "now-7d")
EXPECTED = (
    "a date such as 2026-03-08, 2026-03, 2026-Q1, 2026, today, >=now-7d or 2026-03-08T14:05:00Z"
)
_YEARS = range(1901, 9998)  # one less on each side than an Instant: zones move a year's ends
_LONGEST = 36_525 * 24 * HOUR
_UNITS = {"m": MINUTE, "h": HOUR, "d": 24 * HOUR, "w": 7 * 24 * HOUR}
_CALENDAR = re.compile(r"(\d{4})(?:-(?:[Qq]([1-4])|(\d\d)(?:-(\d\d))?))?", re.ASCII)
_AGO = re.compile(r"now(?:-(\d{1,9})([mhdw]))?", re.ASCII)


class Unit(Struct, frozen=True):
    """One date of a query: a `moment` is a point, `relative` moves with the clock."""

    period: Callable[[Clock], Period]
    moment: bool = False
    relative: bool = False


def read_date(text: str) -> Unit:
    """The unit that a date names; raises BadInput."""
    word = text.lower()
    if word in {"today", "yesterday"}:
        back = timedelta(days=1 if word == "yesterday" else 0)
        return Unit(lambda clock: _day_before(clock, back), relative=True)
    if ago := _AGO.fullmatch(word):
        return _read_ago(text, int(ago[1] or 0), ago[2] or "m")
    if calendar := _CALENDAR.fullmatch(text):
        return _read_calendar(text, calendar)
    if not re.match(r"\d{4}-\d\d-\d\d[Tt]", text):
        raise BadInput(f"{shorten(text)} is not a date", expected=EXPECTED)
    return _read_instant(text)


def _day_before(clock: Clock, back: timedelta) -> Period:
    return day_period(local_date(clock.now, clock.zone) - back, clock.zone)


def _read_ago(text: str, count: int, unit: str) -> Unit:
    """Minutes and hours are elapsed time; days and weeks keep the time of day in the zone."""
    span = count * _UNITS[unit]
    if span > _LONGEST:
        raise BadInput(f"{shorten(text)} is too long ago", expected="at most 100 years")

    def moment(clock: Clock) -> Period:
        start = Instant(clock.now - span)
        if unit in "dw":
            local = to_datetime(clock.now, clock.zone)
            earlier = local - timedelta(microseconds=span)
            start = to_instant(earlier.replace(fold=local.fold))
        return Period(start, Instant(start + 1))

    return Unit(moment, moment=True, relative=True)


def _read_calendar(text: str, found: re.Match[str]) -> Unit:
    year, quarter, month, day = found.groups()
    if int(year) not in _YEARS:
        raise BadInput(f"{shorten(text)} is not a date", expected="a year from 1901 to 9997")
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise BadInput(f"{shorten(text)} is not a date: {error}", expected=EXPECTED) from None
    if day:
        return Unit(lambda clock: day_period(first, clock.zone))
    months = 1 if month else 3 if quarter else 12
    start = int(quarter) * 3 - 2 if quarter else first.month
    return Unit(lambda clock: month_period(first.year, start, clock.zone, months=months))


def _read_instant(text: str) -> Unit:
    """An instant is as long as its last digit says: a second, a millisecond, a microsecond."""
    start = parse_instant(text)
    fraction = re.search(r"\.(\d+)", text)
    length = max(1, SECOND // 10 ** len(fraction[1])) if fraction else SECOND
    return Unit(lambda _: Period(start, Instant(start + length)))


def resolve(value: Value, clock: Clock) -> Period:
    """The period of one value of a date field, in the reader's zone at the reader's time."""
    match value:
        case Atom(text):
            return read_date(text).period(clock)
        case Compare(op, atom):
            unit = read_date(atom.text).period(clock)
            edge = unit.start if op in {">=", "<"} else unit.end
            return Period(edge, None) if op in {">=", ">"} else Period(None, edge)
        case Range(first, last):
            return Period(_open(first, clock).start, _open(last, clock).end)
        case Present():
            return Period()


def _open(atom: Atom, clock: Clock) -> Period:
    return Period() if atom.text == "*" else read_date(atom.text).period(clock)


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
