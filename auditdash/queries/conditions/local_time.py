"""What the clocks of a zone showed when events happened, for many at once."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from auditdash.events.calendars import clock_changes
from auditdash.events.instants import DAY, HOUR, Instant
from auditdash.events.periods import CLOSES, NIGHT_FROM, NIGHT_TO, OPENS, WEEKEND
from auditdash.queries.conditions.masks import Mask, Rows, Test

_WEEK: Final = 7 * DAY
# The first Monday after 1 January 1970, a Thursday; counted from there a week begins at 0.
_MONDAY: Final = 4 * DAY


def local_times(times: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Microseconds as the clocks of the zone counted them; `times` rise."""
    if not len(times):
        return times
    changes = clock_changes(Instant(int(times[0])), Instant(int(times[-1]) + 1), zone)
    offsets = np.array([change.offset for change in changes], np.int64)
    if len(changes) == 1:
        moved: NDArray[np.int64] = times + offsets[0]
        return moved
    starts = np.array([change.at for change in changes], np.int64)
    local: NDArray[np.int64] = times + offsets[np.searchsorted(starts, times, "right") - 1]
    return local


def hours_of_week(times: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """0 … 167, from Monday 0:00 on; `times` rise."""
    return (local_times(times, zone) - _MONDAY) % _WEEK // HOUR


def off_hours(zone: ZoneInfo) -> Test:
    """When offices are closed by the clock of the zone, as events.periods.is_off_hours says."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        return closed_at(local_times(rows.times, zone))

    return test


def closed_at(local: NDArray[np.int64]) -> Mask:
    """The same of local times."""
    hours = np.arange(7 * 24)
    closed = np.isin(hours // 24, WEEKEND) | (hours % 24 < OPENS) | (hours % 24 >= CLOSES)
    found: Mask = closed[(local - _MONDAY) % _WEEK // HOUR]
    return found


def night(zone: ZoneInfo) -> Test:
    """When it is night by the clock of the zone, as events.periods.is_night says."""

    def test(rows: Rows, within: Mask | None) -> Mask:
        return at_night(local_times(rows.times, zone) % DAY)

    return test


def at_night(since_midnight: NDArray[np.int64]) -> Mask:
    """The same of local times."""
    evening: Mask = since_midnight >= NIGHT_FROM * HOUR
    return evening | (since_midnight < NIGHT_TO * HOUR)
