"""Rows of `notices`: what stands on somebody's pages until they have seen it."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.schema import notices

_c = notices.c


class Notice(Struct, frozen=True, kw_only=True):
    """`path` leads to what it is about."""

    id: int
    at: Instant
    text: str
    path: str


def tell(
    connection: Connection,
    *,
    workspace_id: int,
    person_id: int | None,
    text: str,
    path: str,
    now: Instant,
) -> None:
    """Tell one person, or everybody in the workspace; the same that nobody saw yet is told once."""
    known = (
        select(_c.id)
        .where(
            _c.workspace_id == workspace_id, _c.text == text, _c.path == path, _c.seen_at.is_(None)
        )
        .where(_c.person_id.is_not_distinct_from(person_id))
    )
    if connection.execute(known.limit(1)).first() is None:
        row = {"workspace_id": workspace_id, "person_id": person_id, "at": now}
        connection.execute(insert(notices), row | {"text": text, "path": path})


def find_notices(
    connection: Connection, workspace_id: int, person_id: int, limit: int = 4
) -> list[Notice]:
    """What this person has not seen yet, newest first."""
    found = select(_c.id, _c.at, _c.text, _c.path).where(_theirs(workspace_id, person_id))
    rows = connection.execute(found.order_by(_c.id.desc()).limit(limit)).mappings()
    return [Notice(**row) for row in rows]


def see_notices(
    connection: Connection, workspace_id: int, person_id: int, up_to: int, now: Instant
) -> None:
    """They have seen all up to this id."""
    seen = update(notices).where(_theirs(workspace_id, person_id), _c.id <= up_to)
    connection.execute(seen.values(seen_at=now))


def _theirs(workspace_id: int, person_id: int) -> ColumnElement[bool]:
    mine = or_(_c.person_id == person_id, _c.person_id.is_(None))
    return mine & (_c.workspace_id == workspace_id) & _c.seen_at.is_(None)
