"""Calendar units in a zone: into which buckets a span of time falls, and when its clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from auditdash.events.instants import DAY, HOUR, Instant, parse_instant, to_datetime
from auditdash.events.periods import local_date, midnight

Unit = Literal["hour", "day", "week", "month", "year", "decade", "century"]

# The longest span, in days, that a unit is chosen for: never more than about 130 buckets.
_LONGEST: Final[tuple[tuple[Unit, float], ...]] = (
    ("hour", 4.1),  # four days of which one may have 25 hours
    ("day", 100),
    ("week", 900),
    ("month", 3_700),
    ("year", 44_000),
    ("decade", 440_000),
)
_MONTHS: Final[dict[Unit, int]] = {"month": 1, "year": 12, "decade": 120, "century": 1200}
_CHANGES_FROM: Final = parse_instant("1970-01-01T00:00:00Z")
_CHANGES_TO: Final = parse_instant("2100-01-01T00:00:00Z")


class Change(NamedTuple):
    """From `at` on, local time is UTC plus `offset` microseconds."""

    at: Instant
    offset: int


def choose_unit(start: Instant, end: Instant) -> Unit:
    """The finest unit that cuts the span into a readable number of buckets."""
    days = (end - start) / DAY
    return next((unit for unit, longest in _LONGEST if days <= longest), "century")


def edges(start: Instant, end: Instant, unit: Unit, zone: ZoneInfo) -> list[Instant]:
    """Rising instants between which the buckets lie: from <= `start` to >= `end`, which is later.

    Each bucket is a whole local unit, as long as the clocks make it (a day may have 23 hours).
    """
    found: list[Instant] = []
    for edge in _hours(start, zone) if unit == "hour" else _days(start, unit, zone):
        if not found or edge > found[-1]:  # an island that skipped a day has an empty one
            found.append(edge)
        if edge >= end:
            break
    found[0] = min(found[0], start)
    return found if found[-1] >= end else [*found, end]


def _hours(start: Instant, zone: ZoneInfo) -> Iterator[Instant]:
    moment = start
    while True:
        full = Instant(moment - (moment + offset_at(moment, zone)) % HOUR)
        yield full
        moment = Instant(full + HOUR)


def _days(start: Instant, unit: Unit, zone: ZoneInfo) -> Iterator[Instant]:
    day = _first_day(local_date(start, zone), unit)
    while True:
        yield midnight(day, zone)
        following = _following(day, unit)
        if following is None:
            return
        day = following


def _first_day(day: date, unit: Unit) -> date:
    """The day on which the unit that `day` lies in begins; weeks begin on Monday."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    years = _MONTHS[unit] // 12
    return date(day.year // years * years, 1, 1)


def _following(day: date, unit: Unit) -> date | None:
    if unit in {"day", "week"}:
        return day + timedelta(days=7 if unit == "week" else 1)
    months = day.year * 12 + day.month - 1
    months = (months // _MONTHS[unit] + 1) * _MONTHS[unit]
    return date(months // 12, months % 12 + 1, 1) if months // 12 <= 9999 else None


def offset_at(instant: Instant, zone: ZoneInfo) -> int:
    """Microseconds that local time is ahead of UTC at an instant."""
    offset = to_datetime(instant, zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)


def clock_changes(start: Instant, end: Instant, zone: ZoneInfo) -> list[Change]:
    """The offset that `start` has, then each change of it before `end`, in order.

    Looks at the years 1970 to 2099; before and after them the clocks are taken to stand still.
    """
    known_start, known_end = max(start, _CHANGES_FROM), min(end, _CHANGES_TO)
    years = range(to_datetime(known_start).year, to_datetime(known_end).year + 1)
    later = [change for year in years for change in _changes_of_year(year, zone)]
    return [
        Change(start, offset_at(min(known_start, _CHANGES_TO), zone)),
        *(change for change in later if known_start < change.at < known_end),
    ]


@lru_cache(maxsize=1024)
def _changes_of_year(year: int, zone: ZoneInfo) -> tuple[Change, ...]:
    start = parse_instant(f"{year:04}-01-01T00:00:00Z")
    end = parse_instant(f"{year + 1:04}-01-01T00:00:00Z")
    found = []
    for day in range(start, end, DAY):
        before, after = Instant(day), Instant(day + DAY)
        if offset_at(before, zone) != offset_at(after, zone):
            found.append(_find_change(before, after, zone))
    return tuple(found)


def _find_change(before: Instant, after: Instant, zone: ZoneInfo) -> Change:
    """The one change between two instants, halving the span down to a microsecond."""
    new = offset_at(after, zone)
    while after - before > 1:
        middle = Instant((before + after) // 2)
        if offset_at(middle, zone) == new:
            after = middle
        else:
            before = middle
    return Change(after, new)
