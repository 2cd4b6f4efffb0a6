"""Rows of `feed_silences`: each is told once when it is noticed, and once when it ends."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import feed_silences as table

_c = table.c


class Silence(Struct, frozen=True, kw_only=True):
    """`began_at` is the last event before it, `ended_at` the first one behind it; `usual` and
    `waited` are lengths in microseconds."""

    id: int
    source: str
    began_at: Instant
    noticed_at: Instant
    usual: int
    waited: int
    ended_at: Instant | None
    end_noticed_at: Instant | None


_COLUMNS = tuple(_c[name] for name in Silence.__struct_fields__)


def begin_silence(
    connection: Connection,
    workspace_id: int,
    source: str,
    *,
    began_at: Instant,
    usual: int,
    waited: int,
    now: Instant,
) -> int | None:
    """Its id; None when somebody has noticed it already."""
    row = {"workspace_id": workspace_id, "source": source, "began_at": began_at}
    row |= {"noticed_at": now, "usual": usual, "waited": waited}
    insertion = insert_new(connection, table).values(row).returning(_c.id)
    number: int | None = connection.execute(insertion).scalar_one_or_none()
    return number


def end_silence(connection: Connection, silence_id: int, ended_at: Instant, now: Instant) -> bool:
    """False when somebody has noticed its end already."""
    open_one = update(table).where(_c.id == silence_id, _c.ended_at.is_(None))
    return connection.execute(open_one.values(ended_at=ended_at, end_noticed_at=now)).rowcount == 1


def find_open_silences(connection: Connection, workspace_id: int) -> list[Silence]:
    """Those that last, oldest first."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.ended_at.is_(None))
    return [Silence(**row) for row in connection.execute(found.order_by(_c.id)).mappings()]


def list_silences(
    connection: Connection, workspace_id: int, source: str, limit: int | None = None
) -> list[Silence]:
    """Of one source, newest first."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.source == source)
    rows = connection.execute(found.order_by(_c.id.desc()).limit(limit)).mappings()
    return [Silence(**row) for row in rows]
