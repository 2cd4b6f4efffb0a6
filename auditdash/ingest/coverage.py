"""What of a feed has been fetched: windows to covered periods, gaps, and the window to ask next."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import DAY, HOUR, MINUTE, SECOND, Instant
from auditdash.events.periods import Period
from auditdash.ingest.echoes import Echoes, count_echoes
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Feed

LONGEST: Final = DAY  # of one window
OVERLAP: Final = 15 * MINUTE  # events may come late by this much
SETTLED: Final = DAY  # each day is read a second time, this long after: some come later still
_ECHO_SLACK: Final = 2 * MINUTE  # how far Mode's clock and ours may be apart
_ECHO_DAYS: Final = 7
_UNITS: Final = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


class Span(Struct, frozen=True):
    """A closed period, [start, end)."""

    start: Instant
    end: Instant

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start


class Coverage(Struct, frozen=True, kw_only=True):
    """What of `span` has been fetched from one feed.

    `periods` are covered and `gaps` are not; both are disjoint, oldest first, and add up to `span`
    but for the newest stretch that the next pull is still to bring. `windows` counts the done ones
    that reach into the span. `echoes` tells whether recent pulls saw their own reading come back.
    """

    feed: Feed
    span: Span
    periods: tuple[Span, ...]
    gaps: tuple[Span, ...]
    windows: int
    echoes: Echoes

    @property
    def percent(self) -> float:
        """How much of the span is no gap: 100.0 only without any gap, never rounded up to it."""
        missing = sum(gap.length for gap in self.gaps)
        if not missing or not self.span.length:
            return 100.0
        return min(99.9, 100.0 * (1 - missing / self.span.length))

    @property
    def longest_gap(self) -> int:
        """Microseconds; 0 without any gap."""
        return max((gap.length for gap in self.gaps), default=0)


def coverage(
    connection: Connection,
    workspace_id: int,
    now: Instant,
    *,
    interval: int = 15 * MINUTE,
    period: Period = Period(),  # noqa: B008  # frozen
) -> list[Coverage]:
    """One Coverage for each feed of the workspace, clipped to the period; none when none is there.

    `interval` is the time between two pulls: the stretch up to now is a gap when older than two.
    """
    found = []
    for feed in connections.find_all(connection, workspace_id):
        start = max(feed.start_at, period.start or feed.start_at)
        end = min(now, period.end if period.end is not None else now)
        if start < end:
            found.append(_cover(connection, feed, Span(start, end), now, interval))
    return found


def find_gaps(span: Span, periods: list[Span], patience: int) -> list[Span]:
    """The holes of the span between disjoint periods, oldest first.

    One that reaches the end of the span counts when it is longer than `patience` microseconds.
    """
    gaps, reached = [], span.start
    for period in periods:
        if period.start > reached:
            gaps.append(Span(reached, period.start))
        reached = max(reached, period.end)
    if span.end - reached > patience:
        gaps.append(Span(reached, span.end))
    return gaps


def next_period(
    start_at: Instant, covered: list[Period], now: Instant, overlap: int = OVERLAP
) -> Period | None:
    """The window to ask for next: the oldest gap, in whole seconds; None when all is covered.

    `covered` are disjoint closed periods, oldest first.
    """
    start_at, now = _whole_second(start_at), _whole_second(now)
    frontier = start_at
    for period in covered:
        if period.start is None or period.end is None or period.start > frontier:
            break
        frontier = max(frontier, period.end)
    if frontier >= now:
        return None
    start = max(start_at, Instant(frontier - overlap))
    return Period(start, min(Instant(start + LONGEST), now))


def length_text(microseconds: int) -> str:
    """The two largest units: 3 d 4 h, 15 min, 8 s."""
    parts, left = [], microseconds
    for unit, sign in _UNITS:
        if left >= unit:
            parts.append(f"{left // unit} {sign}")
            left %= unit
    return " ".join(parts[:2]) or "under 1 s"


def second_period(start_at: Instant, settled: list[Period], now: Instant) -> Period | None:
    """The day to read a second time, because its events may have come late; None when none is ripe.

    `settled` are the periods that were already read SETTLED after their end, as in next_period.
    """
    period = next_period(start_at, settled, Instant(now - SETTLED))
    whole = period and period.start is not None and period.end == period.start + LONGEST
    return period if whole else None


def _cover(connection: Connection, feed: Feed, span: Span, now: Instant, interval: int) -> Coverage:
    covered = [
        Span(max(found.start, span.start), min(found.end, span.end))
        for found in windows.find_covered(connection, feed.id)
        if found.start is not None and found.end is not None
        if found.start < span.end and span.start < found.end
    ]
    patience = max(0, 2 * interval - (now - span.end))
    recent = Period(Instant(now - _ECHO_DAYS * DAY), Instant(now - OVERLAP - 2 * interval))
    return Coverage(
        feed=feed,
        span=span,
        periods=tuple(covered),
        gaps=tuple(find_gaps(span, covered, patience)),
        windows=windows.count_done(connection, feed.id, Period(span.start, span.end)),
        echoes=count_echoes(connection, feed, recent, _ECHO_SLACK),
    )


def _whole_second(instant: Instant) -> Instant:
    return Instant(instant // SECOND * SECOND)
