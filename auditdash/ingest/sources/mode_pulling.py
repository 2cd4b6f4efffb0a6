"""One pull of one feed: window after window, page by page, each page one transaction.

A page's events, the cursor to the next one and the count of its window are committed together with
the proof that this puller still holds its claim. So whatever kills it, the next one goes on from
the last page that was stored; a page that comes twice adds nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.ingest.coverage import SETTLED, next_period, second_period
from auditdash.ingest.intake import (
    Receipt,
    close_receipt,
    open_receipt,
    read_batch,
    reopen,
    take_events,
)
from auditdash.ingest.parse import Piece
from auditdash.ingest.sources.mode_client import (
    CursorRefusedError,
    ModeClient,
    ModeError,
    Surroundings,
)
from auditdash.ingest.sources.mode_page import ModePage
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections, windows
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.windows import Page, Window

LEASE: Final = 4 * MINUTE  # longer than any one wait; renewed before each
_MOST_PAGES: Final = 100_000  # of one window: a feed that never ends is broken


class PullSummary(Struct, frozen=True, kw_only=True):
    """What one pull did. `error` says why it ended early; it is also stored with the connection."""

    windows: int = 0
    pages: int = 0
    received: int = 0
    added: int = 0
    known: int = 0
    conflicting: int = 0
    rejected: int = 0
    restarts: int = 0
    error: str | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """After each page: the archive reaches from `start_at` to `covered_until` of `target`."""

    start_at: Instant
    covered_until: Instant
    target: Instant
    summary: PullSummary


OnProgress = Callable[[Progress], object]


class Pulling:
    """One pull of one feed; `feed` is the claim as it was last renewed."""

    def __init__(
        self,
        engine: Engine,
        feed: Feed,
        around: Surroundings,
        latest: Instant | None,
        on_progress: OnProgress,
    ) -> None:
        self._engine, self._feed, self._around = engine, feed, around
        self._latest, self._on_progress = latest, on_progress
        self._target, self._reached = around.clock(), feed.start_at
        self.summary = PullSummary()

    def run(self, client: ModeClient) -> bool:
        """Window after window; False when the time was up before everything was covered."""
        while window := self._next_window():
            if not self._fill(client, window):
                return False
            self._add(windows=1)
        return True

    def renew(self) -> None:
        """Hold the claim over the next wait; raises ClaimLostError."""
        with writing(self._engine) as connection:
            self._feed = self._renewed(connection)

    def finish(self, next_at: int, error: str | None) -> None:
        """Give the claim back."""
        self.summary = replace(self.summary, error=error)
        now = self._around.clock()
        with writing(self._engine) as connection:
            connections.finish(connection, self._feed, now, Instant(next_at), error)

    def _next_window(self) -> Window | None:
        with reading(self._engine) as connection:
            left = windows.find_open(connection, self._feed.id)
            covered = windows.find_covered(connection, self._feed.id)
            settled = windows.find_covered(connection, self._feed.id, SETTLED)
        if left:
            return left
        start_at = self._feed.start_at
        period = next_period(start_at, covered, self._target)
        period = period or second_period(start_at, settled, self._target)
        if period is None or period.start is None or period.end is None:
            return None
        return self._open_window(period, f"{to_rfc3339(period.start)}/{to_rfc3339(period.end)}")

    def _open_window(self, period: Period, name: str) -> Window:
        feed, now = self._feed, self._around.clock()
        with writing(self._engine) as connection:
            self._feed = self._renewed(connection)
            intake = open_receipt(
                connection,
                workspace_id=feed.workspace_id,
                source=feed.source,
                channel="pull",
                name=name,
                now=now,
            )
            return windows.open_window(
                connection, feed.workspace_id, feed.id, period, intake.receipt_id, now
            )

    def _fill(self, client: ModeClient, window: Window) -> bool:
        """Page after page; False when the time was up before the last one."""
        followed: Counter[str] = Counter()
        restarts = 0
        while window.done_at is None:
            if self._is_over():
                return False
            try:
                page = client.fetch_page(Period(window.start_at, window.end_at), window.cursor)
            except CursorRefusedError:
                if restarts:
                    raise
                restarts += 1
                window = self._restart(window)
                followed.clear()
                continue
            if window.cursor is not None:
                followed[window.cursor] += 1
            window = self._store(window, page, followed)
        return True

    def _is_over(self) -> bool:
        late = self._latest is not None and self._around.clock() >= self._latest
        return late or self._around.is_stopping()

    def _store(self, window: Window, page: ModePage, followed: Counter[str]) -> Window:
        """The one transaction of a page."""
        feed, now = self._feed, self._around.clock()
        number = window.pages + 1
        pieces = [
            Piece(f"page {number}, item {item}", raw) for item, raw in enumerate(page.items, 1)
        ]
        with reading(self._engine) as connection:
            intake = reopen(connection, feed.workspace_id, feed.source, window.receipt_id, now)
        batch = read_batch(intake, pieces)
        with writing(self._engine) as connection:
            renewed = self._renewed(connection)
            receipt = take_events(connection, intake, batch).receipt
            cursor = _next_cursor(page, followed, number)
            counted = Page(cursor=cursor, received=receipt.received, added=receipt.added)
            window = windows.advance(connection, window, counted, now)
            if window.done_at is not None:
                close_receipt(connection, intake, now)
        self._feed = renewed
        self._count(window, receipt)
        return window

    def _restart(self, window: Window) -> Window:
        """Mode does not know the cursor any more: the window is read from its beginning."""
        with writing(self._engine) as connection:
            self._feed = self._renewed(connection)
            window = windows.restart(connection, window)
        self._add(restarts=1)
        return window

    def _renewed(self, connection: Connection) -> Feed:
        return connections.renew(connection, self._feed, self._around.clock(), LEASE)

    def _count(self, window: Window, receipt: Receipt) -> None:
        self._add(pages=1, **receipt.counts())
        reached = window.end_at if window.done_at is not None else window.start_at
        self._reached = max(self._reached, reached)
        self._on_progress(
            Progress(
                start_at=self._feed.start_at,
                covered_until=self._reached,
                target=self._target,
                summary=self.summary,
            )
        )

    def _add(self, **counts: int) -> None:
        sums = {name: getattr(self.summary, name) + count for name, count in counts.items()}
        self.summary = replace(self.summary, **sums)


def _next_cursor(page: ModePage, followed: Counter[str], number: int) -> str | None:
    """Where the feed goes on. A cursor that was followed before is tried once more, because a page
    may be a stale copy; after that it is the end, or Mode would be asked for ever."""
    if page.cursor is None or followed[page.cursor] > 1:
        return None
    if number >= _MOST_PAGES:
        raise ModeError(
            f"a window has more than {_MOST_PAGES:,} pages", expected="a feed that ends"
        )
    return page.cursor
