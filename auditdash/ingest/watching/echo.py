"""The echo of a reading: who reads Mode's audit log makes an event in it, so a reading that does
not come back tells of a late or lossy feed, even where nobody works.

A test reads once under a name of its own, and lets the feed be pulled until an event tells of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.events.instants import MINUTE, SECOND, Instant, to_rfc3339
from auditdash.index.occurrences import find_places
from auditdash.index.view import open_whole
from auditdash.ingest.coverage import OVERLAP, length_text
from auditdash.ingest.sources.mode import pull_now
from auditdash.ingest.sources.mode_client import AGENT, Surroundings
from auditdash.ingest.sources.mode_login import open_login, try_login
from auditdash.search.scope import Scope
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.echo_tests import (
    EchoTest,
    change_test,
    claim_test,
    find_due_test,
    find_newest_test,
    find_test,
    insert_test,
)

PATIENCE: Final = OVERLAP  # what comes later than that is late
SLACK: Final = 2 * MINUTE  # how far Mode's clock and ours may be apart
LEASE: Final = 2 * MINUTE
_FIRST_WAIT: Final = 10 * SECOND
_PAUSE_SECONDS: Final = 5.0
ECHO: Final = "audit_log_accessed"


def ask_for_test(connection: Connection, feed: Feed, asked_by: str, now: Instant) -> int:
    """A test that begins as soon as somebody looks; its id. BadInput while one is under way, or
    nothing is pulled."""
    if feed.paused:
        raise BadInput("the feed is paused", expected="resume it, and test it then")
    newest = find_newest_test(connection, feed.workspace_id)
    if newest is not None and not newest.is_over:
        raise BadInput("a test is under way", expected="what comes of it")
    return insert_test(
        connection,
        workspace_id=feed.workspace_id,
        connection_id=feed.id,
        asked_by=asked_by,
        mark=f"{AGENT} echo test {secrets.token_hex(4)}",
        now=now,
    )


def step_next(engine: Engine, settings: Settings, around: Surroundings) -> bool:
    """Take the next step of the test that is due; False when none is. For the worker."""
    now = around.clock()
    with reading(engine) as connection:  # an idle worker must not take the write lock
        due = find_due_test(connection, now)
    return due is not None and take_step(engine, settings, due, around)


def take_step(engine: Engine, settings: Settings, seen: EchoTest, around: Surroundings) -> bool:
    """Read, or look for the echo; False when another worker is at it."""
    with writing(engine) as connection:
        test = claim_test(connection, seen, Instant(around.clock() + LEASE))
        feeds = connections.find_all(connection, seen.workspace_id)
    if test is None:
        return False
    feed = next((each for each in feeds if each.id == test.connection_id), None)
    if feed is None:
        _end(engine, test, "failed", "The connection is gone.")
    elif test.state == "asked":
        _read(engine, settings, test, feed, around)
    else:
        _look(engine, test, feed, around)
    return True


def run_test(
    engine: Engine,
    settings: Settings,
    test_id: int,
    around: Surroundings,
    on_look: Callable[[int], object] = lambda _: None,
) -> EchoTest:
    """Take all steps of a test, and pull between them, for a person who waits; what came of it.

    A worker may take some of them. `on_look` gets the microseconds since the reading.
    """
    while not (test := find_again(engine, test_id)).is_over:
        if test.next_at > around.clock():
            around.sleep(min(_PAUSE_SECONDS, (test.next_at - around.clock()) / SECOND))
            continue
        if test.state == "waiting":
            pull_now(engine, settings, test.workspace_id, around=around)
            on_look(around.clock() - (test.read_at or test.asked_at))
        take_step(engine, settings, test, around)
    return test


def find_again(engine: Engine, test_id: int) -> EchoTest:
    """A test as it stands now."""
    with reading(engine) as connection:
        found = find_test(connection, test_id)
    if found is None:
        raise BadInput("there is no such test")
    return found


def _read(
    engine: Engine, settings: Settings, test: EchoTest, feed: Feed, around: Surroundings
) -> None:
    read_at = around.clock()
    try:
        try_login(open_login(settings, feed), around, test.mark)
    except BadInput as error:
        _end(engine, test, "failed", f"Mode could not be read: {error}.")
        return
    now = around.clock()
    said = "Mode was read; the pulls from now on look for the event that tells of it."
    with writing(engine) as connection:
        values = {"state": "waiting", "read_at": read_at, "done_at": now, "said": said}
        change_test(connection, test, **values, next_at=Instant(now + _FIRST_WAIT))
        connections.make_due(connection, feed.id, now)


def _look(engine: Engine, test: EchoTest, feed: Feed, around: Surroundings) -> None:
    now, read_at = around.clock(), test.read_at or test.asked_at
    with reading(engine) as connection:
        echo = _find_echo(connection, test, feed)
    if echo is not None:
        with writing(engine) as connection:
            change_test(
                connection,
                test,
                state="back",
                occurred_at=echo.occurred_at,
                found_at=echo.received_at,
                said=_back_text(read_at, echo, test.mark),
            )
    elif now >= read_at + PATIENCE:
        said = (
            f"Mode was read at {_second(read_at)}, and within {length_text(now - read_at)} no event"
            " told of it. The feed is late or loses events, or Mode does not record readings by"
            " token."
        )
        _end(engine, test, "lost", said)
    else:
        # Each look takes as long as all before it: seven pulls in a quarter of an hour.
        wait = max(_FIRST_WAIT, now - (test.done_at or read_at))
        next_at = Instant(min(now + wait, max(now + SECOND, read_at + PATIENCE)))
        with writing(engine) as connection:
            change_test(connection, test, next_at=next_at)
            connections.make_due(connection, feed.id, now)


def _find_echo(connection: Connection, test: EchoTest, feed: Feed) -> Event | None:
    """The event with the mark of the test; where the feed tells no user agents, one of that time
    that has come since."""
    read_at, done_at = test.read_at or test.asked_at, test.done_at or test.asked_at
    view = open_whole(connection, Scope(workspace_id=feed.workspace_id))
    places = find_places(view, ECHO, feed.source, read_at - SLACK, done_at + SLACK)
    events = list(view.events([seq for _, seq in places]))
    for each in events:
        if each.actor.user_agent == test.mark:
            return each
    # One that says it was another reading of ours is not this one.
    others = [
        each
        for each in events
        if each.received_at >= read_at and not (each.actor.user_agent or "").startswith(AGENT)
    ]
    return min(others, key=lambda each: abs(each.occurred_at - read_at), default=None)


def _end(engine: Engine, test: EchoTest, state: str, said: str) -> None:
    with writing(engine) as connection:
        change_test(connection, test, state=state, said=said)


def _back_text(read_at: Instant, echo: Event, mark: str) -> str:
    known = "its mark" if echo.actor.user_agent == mark else "its time"
    return (
        f"Mode was read at {_second(read_at)}. The event that tells of it came back after"
        f" {length_text(max(0, echo.received_at - read_at))}; it is known by {known}."
    )


def _second(instant: Instant) -> str:
    return to_rfc3339(Instant(instant // SECOND * SECOND)).replace(".000000Z", "Z")
