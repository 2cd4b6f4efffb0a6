"""How a bucket of time is called: in full, and on an axis."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from auditdash.events.calendars import Unit
from auditdash.events.instants import Instant, to_datetime
from auditdash.events.periods import Period
from auditdash.events.wording import MONTHS, day_text, zone_text

HEADS: Final[dict[Unit, str]] = {
    "hour": "Hour",
    "day": "Day",
    "week": "Week",
    "month": "Month",
    "year": "Year",
    "decade": "Decade",
    "century": "Century",
}


def bucket_text(bucket: Period, unit: Unit, zone: ZoneInfo) -> str:
    """`8 March 2026, 14:00 CET`, `8 March 2026`, `Week of 2 March 2026`, `March 2026`, `2026`."""
    start = _start(bucket)
    local = to_datetime(start, zone)
    match unit:
        case "hour":
            return f"{day_text(start, zone)}, {local:%H:%M} {zone_text(start, zone)}"
        case "day":
            return day_text(start, zone)
        case "week":
            return f"Week of {day_text(start, zone)}"
        case "month":
            return f"{MONTHS[local.month - 1]} {local.year}"
        case "year":
            return str(local.year)
    return f"{local.year} to {local.year + (9 if unit == 'decade' else 99)}"


def bucket_short(bucket: Period, unit: Unit, zone: ZoneInfo) -> str:
    """`14:00`, `8 Mar`, `Mar 2026`, `2026`: what has room under a bar."""
    local = to_datetime(_start(bucket), zone)
    month = MONTHS[local.month - 1][:3]
    if unit == "hour":
        return f"{local:%H:%M}" if local.hour else f"{local.day} {month}"
    if unit in {"day", "week"}:
        return f"{local.day} {month}"
    return f"{month} {local.year}" if unit == "month" else str(local.year)


def _start(bucket: Period) -> Instant:
    return bucket.start or Instant(0)
