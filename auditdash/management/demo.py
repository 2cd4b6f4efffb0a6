"""The demo is begun here, with the event that tells of it in the real workspaces: it is none of
theirs, but whoever finds an invented firm beside them must find out who brought it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine

from auditdash.events.instants import Instant
from auditdash.ingest.accesses import Act, Actor, append_access, event_of
from auditdash.ingest.demo_workspace import SLUG, load_demo
from auditdash.ingest.intake import Receipt
from auditdash.store.workspaces import Workspace, list_workspaces


def begin_demo(
    engine: Engine, actor: Actor, now: Instant, workspace: Workspace | None = None
) -> Iterator[Receipt]:
    """Make the demo and fill it, as load_demo does; where it is new, this workspace is told, or
    each real one that is there."""

    def tell(connection: Connection) -> None:
        real = [each for each in list_workspaces(connection) if each.kind == "real"]
        for each in real if workspace is None else [workspace]:
            _tell(connection, Act(workspace=each, actor=actor, now=now))

    return load_demo(engine, now, tell)


def _tell(connection: Connection, act: Act) -> None:
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action="auditdash_demo_started",
        description="demo started in auditdash",
        entity=("auditdash_workspace", SLUG, "Demo"),
        context={},
    )
    append_access(connection, event)
