"""The periods that a form offers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, Instant, is_instant, shorten, to_datetime
from auditdash.events.periods import (
    Period,
    day_period,
    local_date,
    midnight,
    month_period,
    previous_month,
)

CUSTOM: Final = "custom"
# What a schedule can ask for, too: whole calendar units before the moment it is asked at.
RELATIVE: Final = {
    "last-month": "Last month",
    "last-quarter": "Last quarter",
    "last-year": "Last year",
    "last-week": "Last week, from Monday",
    "yesterday": "Yesterday",
    "this-month": "This month so far",
    "this-year": "This year so far",
}
PRESETS: Final = {**RELATIVE, CUSTOM: "Custom days"}
_DAY: Final = "a day such as 2026-03-08"
_SPARE: Final = 366 * DAY  # as many months may have more days


def preset_period(preset: str, now: Instant, zone: ZoneInfo) -> Period:
    """The whole local days, months or years that a word of RELATIVE means; else BadInput."""
    today = local_date(now, zone)
    match preset:
        case "last-month":
            return previous_month(now, zone)
        case "last-quarter":
            quarter = today.year * 4 + (today.month - 1) // 3 - 1
            return month_period(quarter // 4, quarter % 4 * 3 + 1, zone, months=3)
        case "last-year":
            return month_period(today.year - 1, 1, zone, months=12)
        case "last-week":
            monday = today - timedelta(days=today.weekday())
            return Period(midnight(monday - timedelta(days=7), zone), midnight(monday, zone))
        case "yesterday":
            return day_period(today - timedelta(days=1), zone)
        case "this-month":
            return month_period(today.year, today.month, zone)
        case "this-year":
            return month_period(today.year, 1, zone, months=12)
    raise BadInput("this period is not offered", where="period", expected=", ".join(RELATIVE))


def custom_period(first: str, last: str, zone: ZoneInfo) -> Period:
    """From the first local day to the last, both in; as ISO dates. BadInput names the field."""
    start, end = _day(first, "first"), _day(last, "last")
    if end < start:
        raise BadInput("the last day is before the first", where="last", expected="a later day")
    return Period(midnight(start, zone), midnight(end + timedelta(days=1), zone))


def _day(text: str, where: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # The first and last years have days whose neighbours do not exist.
    if day is None or not 1900 <= day.year <= 2999:
        raise BadInput(f"{shorten(text)} is not a day", where=where, expected=_DAY)
    return day


def closed(period: Period) -> tuple[Instant, Instant]:
    """Start and end of a period that has both and is not empty; else BadInput."""
    if period.start is None or period.end is None or period.start >= period.end:
        raise BadInput("the period is empty", expected="a first day, and a last day not before it")
    return period.start, period.end


def length_of(period: Period, zone: ZoneInfo) -> tuple[str, int]:
    """How long it is, as a calendar has it: whole months, else days, else microseconds."""
    start, end = closed(period)
    first, after = local_date(start, zone), local_date(end, zone)
    if midnight(first, zone) != start or midnight(after, zone) != end:
        return "microseconds", end - start
    if first.day == after.day == 1:
        return "months", (after.year - first.year) * 12 + after.month - first.month
    return "days", (after - first).days


def period_before(period: Period, zone: ZoneInfo) -> Period | None:
    """As long a period before this one; None where it would begin before there are dates."""
    start, end = closed(period)
    if not is_instant(start - (end - start) - _SPARE):
        return None
    unit, length = length_of(period, zone)
    first = local_date(start, zone)
    match unit:
        case "months":
            number = first.year * 12 + first.month - 1 - length
            return month_period(number // 12, number % 12 + 1, zone, length)
        case "days":
            return Period(midnight(first - timedelta(days=length), zone), start)
    return Period(Instant(start - length), start)


def file_stem(period: Period, zone: ZoneInfo) -> str:
    """The days of a period for a file name: `2026-10-01_2026-10-31`."""
    start, end = closed(period)
    first = to_datetime(start, zone)
    last = to_datetime(Instant(end - 1), zone)
    return f"{first:%Y-%m-%d}_{last:%Y-%m-%d}"
