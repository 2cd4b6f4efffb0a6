"""What the database says about time."""

from __future__ import annotations

from sqlalchemy import Connection, and_, select, text

from auditdash.events.instants import SECOND, Instant
from auditdash.store.engine import is_sqlite
from auditdash.store.schema import events, workspaces


def find_newest_receptions(connection: Connection) -> list[Instant]:
    """When the newest event of each workspace came in."""
    newest = and_(events.c.workspace_id == workspaces.c.id, events.c.seq == workspaces.c.last_seq)
    found = select(events.c.received_at).select_from(workspaces.join(events, newest))
    return [Instant(at) for at in connection.execute(found).scalars()]


def find_database_clock(connection: Connection, now: Instant) -> Instant:
    """The server's clock; SQLite has none of its own, so it is ours."""
    if is_sqlite(connection):
        return now
    seconds = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    return Instant(int(seconds * SECOND))
