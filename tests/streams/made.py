"""Streams of tests, and what became of them."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import Instant
from auditdash.ingest.accesses import Act
from auditdash.management.streams import Wanted, make_stream
from auditdash.outgoing.webhook import make_secret
from auditdash.settings import Sending, Settings
from auditdash.store.engine import reading, writing
from auditdash.store.sending.streams import Stream, find_stream
from auditdash.store.workspaces import find_workspace
from auditdash.streams.destinations import Config, SyslogTo, WebhookTo
from auditdash.streams.send import stream_next
from tests.make import NOW, make_record, store
from tests.receivers import Certified, Receiver, SyslogListener

SECRET = make_secret()
NOBODY: dict[str, str | None] = {"username": "alice", "user_id": None, "ip": None}
OTHERS = "-source:auditdash"


def streaming_to(
    settings: Settings, certified: Certified, *boxes: Receiver | SyslogListener, **more: Any
) -> Settings:
    """Settings that allow these receivers and trust them."""
    inside = frozenset().union(*(box.inside for box in boxes))
    sending = Sending(inside=inside, authorities=certified.authorities, **more)
    return replace(settings, sending=sending)


def add_stream(
    engine: Engine, settings: Settings, workspace_id: int, config: Config, **changes: Any
) -> Stream:
    """A stream from the beginning, of what was not done in auditdash itself."""
    cursor, owner_id = changes.pop("cursor", 0), changes.pop("owner_id", None)
    secret = SECRET if isinstance(config, WebhookTo) else ""
    usual = Wanted(name="SIEM", query=OTHERS, config=config, form="auditdash", secret=secret)
    with writing(engine) as connection:
        number, _ = make_stream(
            connection,
            act_of(engine, workspace_id),
            settings,
            replace(usual, **changes),
            cursor=cursor,
            owner_id=owner_id,
        )
    return stream_of(engine, workspace_id, number)


def act_of(engine: Engine, workspace_id: int, now: Instant = NOW) -> Act:
    """Something that Alice does."""
    with reading(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
    assert workspace is not None
    return Act(workspace=workspace, actor=NOBODY, now=now)


def stream_of(engine: Engine, workspace_id: int, number: int) -> Stream:
    """The stream as it is now."""
    with reading(engine) as connection:
        found = find_stream(connection, workspace_id, number)
    assert found is not None
    return found


def add_events(engine: Engine, workspace_id: int, *ids: str, **changes: Any) -> None:
    """An event for each id."""
    with writing(engine) as connection:
        store(connection, workspace_id, *(make_record(id=each, **changes) for each in ids))


def work_off(engine: Engine, settings: Settings, now: Instant = NOW) -> int:
    """Send until nothing is due."""
    done = 0
    while stream_next(engine, settings, lambda: now):
        done += 1
    return done


def to_webhook(receiver: Receiver, **how: Any) -> WebhookTo:
    """The destination of a receiver."""
    return WebhookTo(receiver.url, **how)


def to_syslog(listener: SyslogListener, **how: Any) -> SyslogTo:
    """The destination of a listener."""
    return SyslogTo("localhost", listener.port, **how)


def ids_taken(receiver: Receiver) -> list[list[str]]:
    """Of each message the ids of its events."""
    return [[each["id"] for each in json.loads(taken.body)] for taken in receiver.taken]
