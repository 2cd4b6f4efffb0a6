"""Rows of `feed_watches`: how the feeds of a workspace are watched, and when they are next."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import feed_watches as table
from auditdash.store.schema import workspaces

FLOOR_HOURS = 6
_c = table.c


class Watch(Struct, frozen=True, kw_only=True):
    """Without `recipients` the admins are told; `left_out` are sources that are not watched."""

    is_on: bool = True
    floor_hours: int = FLOOR_HOURS
    recipients: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def find_watch(connection: Connection, workspace_id: int) -> Watch:
    """As it was chosen, or as usual."""
    row = connection.execute(select(table).where(_c.workspace_id == workspace_id)).first()
    return Watch() if row is None else _watch(row)


def save_watch(connection: Connection, workspace_id: int, watch: Watch, now: Instant) -> None:
    """Change it; looked at anew at once."""
    values = {
        "is_on": watch.is_on,
        "floor_hours": watch.floor_hours,
        "recipients": "\n".join(watch.recipients),
        "left_out": "\n".join(watch.left_out),
        "next_at": now,
    }
    if not _insert(connection, {"workspace_id": workspace_id, **values}):
        connection.execute(update(table).where(_c.workspace_id == workspace_id).values(**values))


def is_watch_due(connection: Connection, now: Instant) -> bool:
    """Whether claim_watch has something to look at."""
    return connection.execute(_due(now).limit(1)).first() is not None


def claim_watch(connection: Connection, now: Instant, next_at: Instant) -> int | None:
    """The workspace to look at now, put off until `next_at`; None when none is due. Of two who ask
    at once one gets it."""
    for workspace_id, seen in connection.execute(_due(now)).all():
        if seen is None:
            usual = Watch()
            row = {"workspace_id": workspace_id, "is_on": usual.is_on, "recipients": ""}
            row |= {"floor_hours": usual.floor_hours, "left_out": "", "next_at": next_at}
            is_mine = _insert(connection, row)
        else:
            mine = and_(_c.workspace_id == workspace_id, _c.next_at == seen)
            changed = connection.execute(update(table).where(mine).values(next_at=next_at))
            is_mine = changed.rowcount == 1
        if is_mine:
            return int(workspace_id)
    return None


def _insert(connection: Connection, row: dict[str, Any]) -> bool:
    """False when there is one already."""
    insertion = insert_new(connection, table).values(row).returning(_c.workspace_id)
    return connection.execute(insertion).first() is not None


def _due(now: Instant) -> Select[Any]:
    """Real workspaces, longest due first: the events of the demo are invented."""
    return (
        select(workspaces.c.id, _c.next_at)
        .join_from(workspaces, table, _c.workspace_id == workspaces.c.id, isouter=True)
        .where(workspaces.c.kind == "real", or_(_c.next_at.is_(None), _c.next_at <= now))
        .order_by(_c.next_at, workspaces.c.id)
    )


def _watch(row: Any) -> Watch:
    return Watch(
        is_on=row.is_on,
        floor_hours=row.floor_hours,
        recipients=tuple(row.recipients.split("\n")) if row.recipients else (),
        left_out=tuple(row.left_out.split("\n")) if row.left_out else (),
    )
