"""Whether each reading of a feed came back in it as an event: a feed that lost some lacks them."""

from __future__ import annotations

from bisect import bisect_left

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.index.occurrences import find_occurrences
from auditdash.index.view import open_whole
from auditdash.search.scope import Scope
from auditdash.store.feeds import windows
from auditdash.store.feeds.connections import Feed


class Echoes(Struct, frozen=True):
    """Of `expected` windows, how many saw their own reading come back as an event."""

    expected: int
    seen: int
    first_missing_at: Instant | None


def count_echoes(connection: Connection, feed: Feed, period: Period, slack: int) -> Echoes:
    """Windows opened in the period and `audit_log_accessed` events within `slack` around them."""
    opened = windows.find_opened(connection, feed.id, period)
    if not opened:
        return Echoes(0, 0, None)
    view = open_whole(connection, Scope(workspace_id=feed.workspace_id))
    start, end = opened[0][0] - slack, max(done_at for _, done_at in opened) + slack
    echoes = find_occurrences(view, "audit_log_accessed", feed.source, start, end)
    missing = [
        opened_at
        for opened_at, done_at in opened
        if bisect_left(echoes, opened_at - slack) == bisect_left(echoes, done_at + slack + 1)
    ]
    return Echoes(len(opened), len(opened) - len(missing), min(missing, default=None))
