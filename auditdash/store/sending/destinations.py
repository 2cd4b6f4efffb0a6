"""Rows of `destinations`: where a workspace's reports can go. Ended ones stay, for the history."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import destinations, schedule_destinations

_c = destinations.c


class Destination(Struct, frozen=True, kw_only=True):
    """`config` is JSON of its kind; `sealed` is what opens it, None where nothing needs to."""

    id: int
    workspace_id: int
    name: str
    kind: str
    config: str
    sealed: bytes | None
    created_by: int | None
    created_at: Instant
    ended_at: Instant | None


_COLUMNS = tuple(_c[name] for name in Destination.__struct_fields__)


def insert_destination(
    connection: Connection,
    *,
    workspace_id: int,
    name: str,
    kind: str,
    config: str,
    sealed: bytes | None,
    person_id: int | None,
    now: Instant,
) -> int:
    """A new one; its id."""
    row = {"workspace_id": workspace_id, "name": name, "kind": kind, "config": config}
    row |= {"sealed": sealed, "created_by": person_id, "created_at": now}
    return int(connection.execute(insert(destinations).values(row).returning(_c.id)).scalar_one())


def change_destination(
    connection: Connection, known: Destination, *, name: str, config: str, sealed: bytes | None
) -> None:
    """Another name or address; what opens it stays where `sealed` is None."""
    change: dict[str, object] = {"name": name, "config": config}
    if sealed is not None:
        change["sealed"] = sealed
    connection.execute(update(destinations).where(_c.id == known.id).values(change))


def end_destination(connection: Connection, known: Destination, now: Instant) -> None:
    """Nothing is sent there any more, by no schedule; what opened it is forgotten."""
    ended = update(destinations).where(_c.id == known.id, _c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=now, sealed=None))
    chosen = schedule_destinations.c.destination_id == known.id
    connection.execute(delete(schedule_destinations).where(chosen))


def find_destination(
    connection: Connection, workspace_id: int, destination_id: int
) -> Destination | None:
    """One of this workspace, also when it has ended."""
    found = select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.id == destination_id)
    row = connection.execute(found).mappings().first()
    return Destination(**row) if row else None


def list_destinations(
    connection: Connection, workspace_id: int, *, ended: bool = False
) -> list[Destination]:
    """By name; those that have ended, too, where they are wanted."""
    wanted = select(*_COLUMNS).where(_c.workspace_id == workspace_id)
    if not ended:
        wanted = wanted.where(_c.ended_at.is_(None))
    rows = connection.execute(wanted.order_by(_c.name, _c.id)).mappings()
    return [Destination(**row) for row in rows]


def choose_destinations(connection: Connection, schedule_id: int, ids: Iterable[int]) -> None:
    """What a schedule sends to from now on."""
    link = schedule_destinations
    connection.execute(delete(link).where(link.c.schedule_id == schedule_id))
    rows = [{"schedule_id": schedule_id, "destination_id": each} for each in sorted(set(ids))]
    if rows:
        connection.execute(insert(link), rows)


def find_chosen(connection: Connection, schedule_id: int) -> list[Destination]:
    """What a schedule sends to, by name."""
    link = schedule_destinations
    found = select(*_COLUMNS).join(link, link.c.destination_id == _c.id)
    found = found.where(link.c.schedule_id == schedule_id, _c.ended_at.is_(None))
    return [Destination(**row) for row in connection.execute(found.order_by(_c.name)).mappings()]
