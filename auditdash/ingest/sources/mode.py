"""Pulling from Mode: windows of a day at most, page by page, each page one transaction.

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

from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, SECOND, Instant, to_rfc3339
from auditdash.events.periods import Period
from auditdash.ingest.coverage import next_period
from auditdash.ingest.intake import Receipt, close_receipt, open_receipt, reopen, take
from auditdash.ingest.parse import Piece
from auditdash.ingest.sources.mode_client import (
    CursorRefusedError,
    ModeClient,
    ModeError,
    Patience,
    Surroundings,
    UnavailableError,
)
from auditdash.ingest.sources.mode_login import SOURCE, adopt_environment, open_login
from auditdash.ingest.sources.mode_page import ModePage
from auditdash.settings import Settings
from auditdash.store import connections, windows
from auditdash.store.connections import ClaimLostError, Feed
from auditdash.store.engine import reading, writing
from auditdash.store.windows import Page, Window

_LEASE: Final = 4 * MINUTE  # longer than any one wait; renewed before each
_TURN: Final = MINUTE  # how long the worker stays with one feed before others get their turn
_SOON: Final = SECOND
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


def pull_now(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    *,
    around: Surroundings | None = None,
    on_progress: OnProgress = lambda _: None,
) -> PullSummary:
    """Pull all there is for a person who asks; a pull under way elsewhere gives way to this one.

    Raises BadInput when this workspace has no connection.
    """
    around = around or Surroundings()
    with writing(engine) as connection:
        adopt_environment(connection, settings, around.clock())
        feed = connections.find(connection, workspace_id, SOURCE)
        if feed is None:
            raise BadInput(
                "nothing is connected to this workspace",
                expected="a connection made on the coverage page, or AUDITDASH_MODE_*",
            )
        feed = connections.take_over(connection, feed, around.clock(), _LEASE)
    return pull(engine, settings, feed, around=around, on_progress=on_progress)


def pull_next(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], Instant] = instants.now,
    around: Surroundings | None = None,
) -> PullSummary | None:
    """Pull the feed that is due, for a minute at most; None when none is due. For the worker."""
    around = around or Surroundings(clock=clock)
    with writing(engine) as connection:
        adopt_environment(connection, settings, around.clock())
        feed = connections.claim_due(connection, around.clock(), _LEASE)
    if feed is None:
        return None
    latest = Instant(around.clock() + _TURN)
    return pull(engine, settings, feed, around=around, latest=latest)


def pull(
    engine: Engine,
    settings: Settings,
    feed: Feed,
    *,
    around: Surroundings,
    patience: Patience | None = None,
    latest: Instant | None = None,
    on_progress: OnProgress = lambda _: None,
) -> PullSummary:
    """Pull a claimed feed up to now, or until `latest`; gives the claim back, also after an error.

    What goes wrong with Mode is told in the summary, not raised.
    """
    patience = patience or Patience(max_bytes=settings.max_body_bytes)
    pulling = _Pull(engine, feed, around, latest, on_progress)
    interval = settings.pull_minutes * MINUTE
    try:
        login = open_login(settings, feed)
        with ModeClient(login, around=around, patience=patience, alive=pulling.renew) as client:
            whole = pulling.run(client)
    except ClaimLostError as error:
        return replace(pulling.summary, error=str(error))
    except BadInput as error:
        again_at = error.again_at if isinstance(error, UnavailableError) else None
        pulling.finish(max(again_at or 0, around.clock() + interval), str(error))
    else:
        pulling.finish(around.clock() + (interval if whole else _SOON), None)
    return pulling.summary


class _Pull:
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
        self._target = around.clock()
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
        if left:
            return left
        period = next_period(self._feed.start_at, covered, self._target)
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
            if self._latest is not None and self._around.clock() >= self._latest:
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

    def _store(self, window: Window, page: ModePage, followed: Counter[str]) -> Window:
        """The one transaction of a page."""
        feed, now = self._feed, self._around.clock()
        number = window.pages + 1
        pieces = [
            Piece(f"page {number}, item {item}", raw) for item, raw in enumerate(page.items, 1)
        ]
        with writing(self._engine) as connection:
            renewed = self._renewed(connection)
            intake = reopen(connection, feed.workspace_id, feed.source, window.receipt_id, now)
            receipt = take(connection, intake, pieces)
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
        return connections.renew(connection, self._feed, self._around.clock(), _LEASE)

    def _count(self, window: Window, receipt: Receipt) -> None:
        self._add(pages=1, **receipt.counts())
        reached = window.end_at if window.done_at is not None else window.start_at
        self._on_progress(
            Progress(
                start_at=self._feed.start_at,
                covered_until=reached,
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
