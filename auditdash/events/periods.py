"""Periods: half-open spans of time, and the calendar units that people name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant, to_datetime, to_instant

WEEKEND: Final = (5, 6)  # Monday is 0
OPENS: Final = 7
CLOSES: Final = 19
NIGHT_FROM: Final = 22
NIGHT_TO: Final = 6


class Period(Struct, frozen=True):
    """`start` is in, `end` is out; None is open."""

    start: Instant | None = None
    end: Instant | None = None

    def contains(self, instant: Instant) -> bool:
        """Whether the instant lies in the period."""
        return (self.start is None or self.start <= instant) and (
            self.end is None or instant < self.end
        )


def midnight(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a local day."""
    return to_instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def local_date(instant: Instant, zone: ZoneInfo) -> date:
    """The local day that an instant falls on."""
    return to_datetime(instant, zone).date()


def day_period(day: date, zone: ZoneInfo) -> Period:
    """A local day: 23, 24 or 25 hours."""
    return Period(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def month_period(year: int, month: int, zone: ZoneInfo, months: int = 1) -> Period:
    """`months` whole months from the given one."""
    after = year * 12 + (month - 1) + months
    start = midnight(date(year, month, 1), zone)
    return Period(start, midnight(date(after // 12, after % 12 + 1, 1), zone))


def previous_month(now: Instant, zone: ZoneInfo) -> Period:
    """The last whole calendar month before `now`."""
    today = local_date(now, zone)
    last = today.replace(day=1) - timedelta(days=1)
    return month_period(last.year, last.month, zone)


def is_off_hours(instant: Instant, zone: ZoneInfo) -> bool:
    """Whether offices are closed by the clock of a zone: at weekends, before 7 and from 19 on."""
    local = to_datetime(instant, zone)
    return local.weekday() in WEEKEND or not OPENS <= local.hour < CLOSES


def is_night(instant: Instant, zone: ZoneInfo) -> bool:
    """Whether the clock of a zone stands between 22:00 and 06:00."""
    hour = to_datetime(instant, zone).hour
    return hour >= NIGHT_FROM or hour < NIGHT_TO
