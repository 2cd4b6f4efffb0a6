"""Which two periods an address compares: whole days of the reader's zone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.events.periods import Period, local_date, midnight
from auditdash.search.scope import Clock
from auditdash.web import params

PATH: Final = "/changed"
_DAYS: Final = 30
_FIRST, _LAST = date(1970, 1, 2), date(9998, 12, 30)
_ONE: Final = timedelta(days=1)


class Days(Struct, frozen=True):
    """From one day to another, both in."""

    first: date
    last: date

    def period(self, clock: Clock) -> Period:
        """From midnight to midnight."""
        return Period(midnight(self.first, clock.zone), midnight(self.last + _ONE, clock.zone))

    @property
    def before(self) -> Days:
        """As many days right before."""
        length = self.last - self.first + _ONE
        return Days(max(self.first - length, _FIRST), max(self.first - _ONE, _FIRST))


class Asked(Struct, frozen=True):
    """What is compared with what, of which events."""

    text: str
    earlier: Days
    later: Days

    def href(self, path: str = PATH, **more: str | int) -> str:
        """The address that asks the same."""
        days = {
            "from": self.later.first.isoformat(),
            "to": self.later.last.isoformat(),
            "earlier_from": self.earlier.first.isoformat(),
            "earlier_to": self.earlier.last.isoformat(),
        }
        return f"{path}?{urlencode({'q': self.text, **days, **more})}"


def read_asked(clock: Clock) -> Asked:
    """The periods of the address: by default the last 30 days and the 30 before; a later period
    alone is compared with as many days before it."""
    last = _day("to", local_date(clock.now, clock.zone))
    later = _days("from", _day("from", last - (_DAYS - 1) * _ONE), last)
    before = later.before
    until = _day("earlier_to", before.last)
    earlier = _days("earlier_from", _day("earlier_from", min(before.first, until)), until)
    return Asked(params.query_text(), earlier, later)


def last_days(clock: Clock, days: int) -> Days:
    """So many days that end today."""
    today = local_date(clock.now, clock.zone)
    return Days(today - (days - 1) * _ONE, today)


def last_month(text: str, clock: Clock) -> Asked:
    """The last whole calendar month compared with the one before it."""
    later = _months_before(local_date(clock.now, clock.zone), 1)
    return Asked(text, _months_before(later.first, 1), later)


def last_quarter(text: str, clock: Clock) -> Asked:
    """The last whole quarter of the calendar compared with the one before it."""
    today = local_date(clock.now, clock.zone)
    later = _months_before(today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), 3)
    return Asked(text, _months_before(later.first, 3), later)


def _months_before(day: date, months: int) -> Days:
    """So many whole months that end before the month of this day."""
    number = day.year * 12 + day.month - 1 - months
    return Days(date(number // 12, number % 12 + 1, 1), day.replace(day=1) - _ONE)


def since(first: date, clock: Clock) -> Days:
    """From a day on, to today."""
    today = local_date(clock.now, clock.zone)
    return Days(min(first, today), today)


def _day(name: str, default: date) -> date:
    given = params.text(name)
    if not given:
        return min(max(default, _FIRST), _LAST)
    try:
        day = date.fromisoformat(given) if len(given) == len("2026-01-31") else None
    except ValueError:
        day = None
    if day is None or not _FIRST <= day <= _LAST:
        raise BadInput(f"{shorten(given)} is no day", where=name, expected="as in 2026-01-31")
    return day


def _days(name: str, first: date, last: date) -> Days:
    if first > last:
        raise BadInput(
            "the period ends before it begins", where=name, expected=f"no day after {last}"
        )
    return Days(first, last)
