"""How much of a report's period was fetched from each feed."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.ingest.coverage import Coverage, Span, coverage
from auditdash.reports.question import Question
from auditdash.store.feeds.connections import Feed, find_all


class FeedLine(Struct, frozen=True, kw_only=True):
    """One feed over the part of the period that was over when the report was made.

    `percent` is 100.0 only without any gap.
    """

    name: str
    span: Span
    percent: float
    windows: int
    gaps: tuple[Span, ...]
    begins_at: Instant
    echoes_expected: int
    echoes_seen: int

    @property
    def gap_count(self) -> int:
        """How many gaps the period has."""
        return len(self.gaps)


def gather_feeds(connection: Connection, question: Question, interval: int) -> tuple[FeedLine, ...]:
    """One line for each feed of the workspace. `interval` is the time between two pulls."""
    made_at = question.clock.now
    elapsed = Span(question.start, max(question.start, min(question.end, made_at)))
    if not elapsed.length:
        return ()
    found = coverage(
        connection,
        question.scope.workspace_id,
        made_at,
        interval=interval,
        period=question.period,
    )
    covered = {each.feed.id: each for each in found}
    feeds = find_all(connection, question.scope.workspace_id)
    return tuple(_line(feed, covered.get(feed.id), elapsed) for feed in feeds)


def _line(feed: Feed, found: Coverage | None, elapsed: Span) -> FeedLine:
    """What lies before the beginning of the archive is a gap of the period like any other."""
    gaps = list(found.gaps) if found else [elapsed]
    if found and found.span.start > elapsed.start:
        gaps.insert(0, Span(elapsed.start, found.span.start))
    missing = sum(gap.length for gap in gaps)
    return FeedLine(
        name=f"{feed.source}, workspace {feed.remote_workspace}",
        span=elapsed,
        percent=min(99.9, 100 * (1 - missing / elapsed.length)) if missing else 100.0,
        windows=found.windows if found else 0,
        gaps=tuple(gaps),
        begins_at=feed.start_at,
        echoes_expected=found.echoes.expected if found else 0,
        echoes_seen=found.echoes.seen if found else 0,
    )
