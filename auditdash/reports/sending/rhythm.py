"""When a schedule is due: days of a calendar, at a time by the clocks of a zone. Pure.

A local time that the clocks skip is due when they have been put forward, one that comes twice is
due the first time: each day of the calendar is due once.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, shorten, to_instant
from auditdash.events.periods import local_date

Every = Literal["daily", "weekly", "monthly", "quarterly"]
EVERY: Final[tuple[Every, ...]] = get_args(Every)
LAST_DAY: Final = 0
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# The whole calendar unit before a slot: what a report is about when nobody chooses.
PERIODS: Final = {
    "daily": "yesterday",
    "weekly": "last-week",
    "monthly": "last-month",
    "quarterly": "last-quarter",
}
_WRITTEN: Final = re.compile(r"(daily|weekly|monthly|quarterly) (\d{1,2}) (\d\d):(\d\d)", re.ASCII)
_CLOCK: Final = re.compile(r"(\d\d):(\d\d)", re.ASCII)
_YEARS: Final = (1900, 9000)


class Rhythm(Struct, frozen=True, kw_only=True):
    """`day`: weekly 1 (Monday) to 7; monthly 1 to 31 or LAST_DAY, where a shorter month has its
    last day; quarterly the same, in the first month of each quarter; daily LAST_DAY."""

    every: Every
    day: int
    hour: int
    minute: int

    def __str__(self) -> str:
        return f"{self.every} {self.day} {self.clock}"

    @property
    def clock(self) -> str:
        """`06:00`."""
        return f"{self.hour:02}:{self.minute:02}"

    def said(self) -> str:
        """`every Monday at 06:00`."""
        match self.every:
            case "daily":
                return f"every day at {self.clock}"
            case "weekly":
                return f"every {DAYS[self.day - 1]} at {self.clock}"
            case "monthly":
                return f"on the {_nth(self.day)} of each month at {self.clock}"
        return f"on the {_nth(self.day)} of January, April, July and October at {self.clock}"


def parse_rhythm(text: str) -> Rhythm:
    """What str() wrote; else BadInput."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise BadInput(f"{shorten(text)} is no rhythm", expected="such as monthly 1 06:00")
    return make_rhythm(found[1], int(found[2]), f"{found[3]}:{found[4]}")


def make_rhythm(every: str, day: int, clock: str) -> Rhythm:
    """From a form; BadInput names the field."""
    found = _CLOCK.fullmatch(clock)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise BadInput(f"{shorten(clock)} is no time", where="clock", expected="such as 06:00")
    days = {"daily": (0, 0), "weekly": (1, 7), "monthly": (0, 31), "quarterly": (0, 31)}
    for each in EVERY:
        if each == every:
            first, last = days[each]
            if not first <= day <= last:
                raise BadInput(f"there is no such day in a {each} rhythm", where="day")
            return Rhythm(every=each, day=day, hour=int(found[1]), minute=int(found[2]))
    raise BadInput(f"{shorten(every)} is no rhythm", where="every", expected=", ".join(EVERY))


def next_slot(rhythm: Rhythm, after: Instant, zone: ZoneInfo) -> Instant:
    """The first slot strictly after `after`."""
    begin = local_date(after, zone) - timedelta(days=1)  # the clocks may have been put back
    for day in _days(rhythm, begin):
        slot = slot_of(rhythm, day, zone)
        if slot > after:
            return slot
    raise BadInput("there is no later slot", where="rhythm")


def slot_of(rhythm: Rhythm, day: date, zone: ZoneInfo) -> Instant:
    """The instant of one local day."""
    at = datetime(day.year, day.month, day.day, rhythm.hour, rhythm.minute, tzinfo=zone)
    return to_instant(at)  # fold=0: the first of two, and forward where there is none


def next_slots(
    rhythm: Rhythm, after: Instant, zone: ZoneInfo, ends_on: date | None, count: int
) -> list[Instant]:
    """The next slots, fewer where the schedule ends before."""

    def follow() -> Iterator[Instant]:
        slot = after
        while not is_over(slot := next_slot(rhythm, slot, zone), zone, ends_on):
            yield slot

    return list(islice(follow(), count))


def is_over(slot: Instant, zone: ZoneInfo, ends_on: date | None) -> bool:
    """Whether a slot lies after the last day of its schedule."""
    return ends_on is not None and local_date(slot, zone) > ends_on


def _days(rhythm: Rhythm, begin: date) -> Iterator[date]:
    """The days of the calendar from `begin` on."""
    if rhythm.every in {"daily", "weekly"}:
        step = 1 if rhythm.every == "daily" else 7
        ahead = 0 if step == 1 else (rhythm.day - begin.isoweekday()) % 7
        day = begin + timedelta(days=ahead)
        while day.year < _YEARS[1]:
            yield day
            day += timedelta(days=step)
        return
    for month in range(begin.year * 12 + begin.month - 1, _YEARS[1] * 12):
        if rhythm.every == "monthly" or month % 3 == 0:
            day = _day_of(month // 12, month % 12 + 1, rhythm.day)
            if day >= begin:
                yield day


def _day_of(year: int, month: int, day: int) -> date:
    last = calendar.monthrange(year, month)[1]
    return date(year, month, last if day == LAST_DAY else min(day, last))


def _nth(day: int) -> str:
    if day == LAST_DAY:
        return "last day"
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(day, "th")
    return f"{day}{ending}"
