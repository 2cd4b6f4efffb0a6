"""Dates as a query writes them, and the half-open UTC periods that they name for one reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

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
)
from auditdash.events.periods import Period, day_period, local_date, month_period
from auditdash.search.query import Atom, Compare, Present, Range, Value
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
