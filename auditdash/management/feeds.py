"""From where events come is changed here, each act with the event that tells of it: a feed that
somebody pauses, or turns to another source, must not go unseen in what it feeds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import to_rfc3339
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.ingest.sources import mode_login
from auditdash.ingest.sources.mode_login import SOURCE, Details
from auditdash.ingest.watching.echo import ask_for_test
from auditdash.outgoing.mail import parse_address
from auditdash.settings import Settings
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.watches import Watch, save_watch

MOST_RECIPIENTS: Final = 20
MOST_HOURS: Final = 24 * 28


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


def watch(connection: Connection, act: Act, chosen: Watch) -> None:
    """Who is told when a feed falls silent, and which are watched; BadInput names the field."""
    for each in chosen.recipients:
        try:
            parse_address(each)
        except BadInput as error:
            raise BadInput(error.what, where="recipients", expected=error.expected) from None
    if len(chosen.recipients) > MOST_RECIPIENTS:
        raise BadInput(
            f"{len(chosen.recipients)} are too many",
            where="recipients",
            expected=f"at most {MOST_RECIPIENTS} addresses",
        )
    if not 1 <= chosen.floor_hours <= MOST_HOURS:
        raise BadInput(
            f"{chosen.floor_hours} does not fit",
            where="floor_hours",
            expected=f"hours from 1 to {MOST_HOURS}",
        )
    save_watch(connection, act.workspace.id, chosen, act.now)
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action="auditdash_feed_watch_changed",
        description="watching of feeds changed in auditdash",
        entity=("audit_log", act.workspace.slug, act.workspace.name),
        context={
            "on": "yes" if chosen.is_on else "no",
            "floor_hours": str(chosen.floor_hours),
            "recipients": " ".join(chosen.recipients),
            "left_out": " ".join(chosen.left_out),
        },
    )
    append_access(connection, event)


def try_echo(connection: Connection, act: Act, feed: Feed) -> int:
    """Ask for a test of the echo; its id. BadInput while one is under way, or it is paused."""
    number = ask_for_test(connection, feed, act.by, act.now)
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action="auditdash_feed_tested",
        description="feed tested in auditdash",
        entity=("auditdash_feed", feed.source, feed.remote_workspace),
        context={"test": str(number)},
    )
    append_access(connection, event)
    return number


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
