"""From where events come is changed here, each act with the event that tells of it: a feed that
somebody pauses, or turns to another source, must not go unseen in what it feeds."""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.events.instants import to_rfc3339
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.ingest.sources import mode_login
from auditdash.ingest.sources.mode_login import SOURCE, Details
from auditdash.settings import Settings
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed


def connect(connection: Connection, act: Act, settings: Settings, given: Details) -> None:
    """Save what the form says, due at once; raises BadInput. The secret is in no event."""
    mode_login.connect(connection, settings, act.workspace.id, given, act.now)
    feed = connections.find(connection, act.workspace.id, SOURCE)
    if feed is not None:
        _tell(connection, act, feed, "connected")


def set_paused(connection: Connection, act: Act, feed: Feed, *, paused: bool) -> None:
    """Let the worker leave this feed alone, or take it up again."""
    connections.set_paused(connection, feed.id, paused, act.now)
    _tell(connection, act, feed, "paused" if paused else "resumed")


def _tell(connection: Connection, act: Act, feed: Feed, deed: str) -> None:
    told = {
        "deed": deed,
        "base_url": feed.base_url,
        "start_at": to_rfc3339(feed.start_at),
    }
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action="auditdash_feed_changed",
        description=f"feed {deed} in auditdash",
        entity=("auditdash_feed", feed.source, feed.remote_workspace),
        context=told,
    )
    append_access(connection, event)
