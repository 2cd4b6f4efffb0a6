"""How long a feed is used to be silent, by the hour of the week; pure.

Silent is a feed that has brought no event for longer than the floor, and for longer than one and a
half times what is usual at this hour of the week. Usual is the second longest silence that stood in
that hour in the past eight weeks: what happened once is an accident, what happened twice a habit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import DAY, HOUR, MINUTE, Instant, to_datetime, to_instant
from auditdash.ingest.coverage import Span

WEEKS: Final = 8
ENOUGH: Final = 4  # weeks of which the hour is known, or there is no habit yet
LOOKED_AT: Final = 12 * 7 * DAY  # what is asked of the past: a silence may begin before the weeks
SHORT: Final = 10 * MINUTE  # silences up to this are none


class Quiet(Struct, frozen=True, kw_only=True):
    """The first and the last event that are known, and between them each stretch without one that
    is longer than SHORT, oldest first."""

    first: Instant
    last: Instant
    stretches: tuple[Span, ...]


class Judgement(Struct, frozen=True, kw_only=True):
    """`age` is how long nothing has come; `usual` None: the habit is not known yet; `waited` is
    what has to pass before the feed is silent. All in microseconds."""

    age: int
    usual: int | None
    waited: int

    @property
    def is_silent(self) -> bool:
        """Whether it is longer than the habit; never without one."""
        return self.usual is not None and self.age > self.waited


def judge(quiet: Quiet, now: Instant, zone: ZoneInfo, floor: int) -> Judgement:
    """`floor` in microseconds; the hours are those of the zone."""
    usual = usual_silence(quiet, now, zone)
    waited = max(floor, (usual or 0) * 3 // 2)
    return Judgement(age=max(0, now - quiet.last), usual=usual, waited=waited)


def usual_silence(quiet: Quiet, now: Instant, zone: ZoneInfo) -> int | None:
    """The second longest silence in this hour of the past weeks; None: too few are known.

    An hour is known when it lies between the first and the last event: what a silence that lasts
    brings is no habit.
    """
    hours = [each for each in same_hours(now, zone) if quiet.first <= each.start]
    known = [_longest(quiet.stretches, each) for each in hours if each.end <= quiet.last]
    return sorted(known)[-2] if len(known) >= ENOUGH else None


def same_hours(now: Instant, zone: ZoneInfo) -> list[Span]:
    """The hour by the clock of the zone that `now` lies in, in each of the weeks before."""
    here = to_datetime(now, zone)
    found = []
    for week in range(1, WEEKS + 1):
        day = here.date() - timedelta(weeks=week)
        start = to_instant(datetime(day.year, day.month, day.day, here.hour, tzinfo=zone))
        found.append(Span(start, Instant(start + HOUR)))
    return found


def _longest(stretches: Sequence[Span], hour: Span) -> int:
    """The longest silence that stood at any moment of an hour, as long as it was by then."""
    return max(
        (
            min(each.end, hour.end) - each.start
            for each in stretches
            if each.start < hour.end and each.end > hour.start
        ),
        default=0,
    )
