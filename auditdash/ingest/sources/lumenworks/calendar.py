"""When the demo's people work: their hours, weekends and holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from auditdash.events.instants import HOUR, Instant, to_datetime
from auditdash.events.periods import midnight

# How much is done in each local hour of a working day, from midnight on, summed up.
_BY_HOUR = (0, 0, 0, 0, 0, 0, 1, 6, 30, 70, 90, 85, 45, 60, 85, 80, 65, 45, 20, 8, 5, 3, 1, 0)
_SUMMED = tuple(sum(_BY_HOUR[: hour + 1]) for hour in range(24))
_BY_WEEKDAY = (0.96, 1.04, 1.06, 1.04, 0.85, 0.05, 0.04)
_OPENS, _CLOSES = 8, 18
_HOLIDAY, _AUGUST = 0.07, 0.8
_DAY = timedelta(days=1)


def activity(day: date, *, american: bool) -> float:
    """How much an office does on a day: about 1 on a plain working day."""
    factor = _BY_WEEKDAY[day.weekday()] * (_AUGUST if day.month == 8 else 1)
    return min(factor, _HOLIDAY) if day in holidays(day.year, american=american) else factor


@cache
def holidays(year: int, *, american: bool) -> tuple[date, ...]:
    """The days of a year on which an office is closed."""
    shared = (date(year, 1, 1), *(date(year, 12, day) for day in range(24, 32)))
    return shared + (_american(year) if american else _european(year))


def _american(year: int) -> tuple[date, ...]:
    thanksgiving = _weekday_from(date(year, 11, 22), 3)
    return (
        _weekday_from(date(year, 1, 15), 0),
        _weekday_from(date(year, 2, 15), 0),
        _weekday_from(date(year, 5, 25), 0),
        _observed(date(year, 6, 19)),
        _observed(date(year, 7, 4)),
        _weekday_from(date(year, 9, 1), 0),
        thanksgiving,
        thanksgiving + _DAY,
    )


def _european(year: int) -> tuple[date, ...]:
    easter = _easter(year)
    return (easter - 2 * _DAY, easter + _DAY, date(year, 5, 1), easter + 50 * _DAY)


def _weekday_from(day: date, weekday: int) -> date:
    return day + (weekday - day.weekday()) % 7 * _DAY


def _observed(day: date) -> date:
    return day + {5: -1, 6: 1}.get(day.weekday(), 0) * _DAY


def _easter(year: int) -> date:
    """Easter Sunday: the calculation of Lichtenberg's form of Gauss."""
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    phase = (19 * (year % 19) + moon) % 30
    correction = (phase + year % 19 // 11) // 29
    full = 21 + phase - correction
    sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + (full + 7 - (full - sunday) % 7 - 1) * _DAY


def working_moment(rng: Random, day: date, zone: ZoneInfo) -> Instant:
    """A moment of a day at which somebody in that zone may well be at work."""
    hour = rng.choices(range(24), cum_weights=_SUMMED)[0]
    return Instant(midnight(day, zone) + hour * HOUR + rng.randrange(HOUR))


def next_working_moment(rng: Random, instant: Instant, zone: ZoneInfo) -> Instant:
    """The instant itself during office hours, else a moment of the next morning at work."""
    local = to_datetime(instant, zone)
    if local.weekday() < 5 and _OPENS <= local.hour < _CLOSES:
        return instant
    day = local.date() + (_DAY if local.hour >= _CLOSES else timedelta())
    while day.weekday() >= 5:
        day += _DAY
    return Instant(midnight(day, zone) + 9 * HOUR + rng.randrange(2 * HOUR))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the 28th where there is none."""
    whole = day.year * 12 + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, min(day.day, 28))


def working_day_before(day: date, days: int) -> date:
    """A Tuesday, Wednesday or Thursday, at least that many days earlier."""
    found = day - days * _DAY
    while found.weekday() not in (1, 2, 3):
        found -= _DAY
    return found
