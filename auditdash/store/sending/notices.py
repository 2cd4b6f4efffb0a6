"""Rows of `notices`: what stands on somebody's pages until they have seen it. What is for everybody
is put away by each for themselves (`notices_seen`)."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, exists, insert, literal, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import notices, notices_seen

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
    same = (
        (_c.workspace_id == workspace_id) & (_c.text == text) & (_c.path == path)
    ) & _c.person_id.is_not_distinct_from(person_id)
    fresh = select(_c.id).where(same, _c.seen_at.is_(None), ~exists().where(_is_seen()))
    if connection.execute(fresh.limit(1)).first() is not None:
        return
    # Who has not seen the one before sees the new one instead.
    connection.execute(update(notices).where(same, _c.seen_at.is_(None)).values(seen_at=now))
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
    """They have seen all up to this id; what is for everybody stays on the pages of the others."""
    theirs = (_theirs(workspace_id, person_id), _c.id <= up_to)
    columns = ["notice_id", "person_id", "seen_at"]
    common = select(_c.id, literal(person_id), literal(now)).where(*theirs, _c.person_id.is_(None))
    connection.execute(insert_new(connection, notices_seen).from_select(columns, common))
    own = update(notices).where(*theirs, _c.person_id == person_id)
    connection.execute(own.values(seen_at=now))


def _theirs(workspace_id: int, person_id: int) -> ColumnElement[bool]:
    seen = exists().where(_is_seen(), notices_seen.c.person_id == person_id)
    mine = or_(_c.person_id == person_id, _c.person_id.is_(None) & ~seen)
    return mine & (_c.workspace_id == workspace_id) & _c.seen_at.is_(None)


def _is_seen() -> ColumnElement[bool]:
    return notices_seen.c.notice_id == _c.id
