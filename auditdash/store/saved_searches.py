"""Searches that people keep: each has an owner, who alone may change it; shared ones are read by
everybody in the workspace. The text is kept as it was written, so relative dates stay relative."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, or_, select, update

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.search.parse import LANGUAGE
from auditdash.store.schema import people, saved_searches

MOST: Final = 200  # of one person in one workspace
LONGEST_NAME: Final = 100
_c = saved_searches.c


class SavedSearch(Struct, frozen=True, kw_only=True):
    """One search; `language` is the version that `query` was written in, `owner` a name."""

    id: int
    person_id: int
    owner: str
    name: str
    query: str
    language: int
    zone: str
    shared: bool
    created_at: Instant
    changed_at: Instant


def parse_name(text: str) -> str:
    """A search's name for people to read: one line, not empty, at most 100 characters."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        expected = f"1 to {LONGEST_NAME} printable letters"
        raise BadInput("this is not a name", where="name", expected=expected)
    return name


def list_saved_searches(
    connection: Connection, workspace_id: int, person_id: int
) -> list[SavedSearch]:
    """All that this person may open, by name: their own, and what others share."""
    visible = _select().where(_in_sight(workspace_id, person_id))
    rows = connection.execute(visible.order_by(_c.name_key, _c.id)).mappings()
    return [SavedSearch(**row) for row in rows]


def find_saved_search(
    connection: Connection, workspace_id: int, person_id: int, search_id: int
) -> SavedSearch | None:
    """One search, if this person may open it."""
    statement = _select().where(_in_sight(workspace_id, person_id), _c.id == search_id)
    row = connection.execute(statement).mappings().first()
    return SavedSearch(**row) if row else None


def add_saved_search(
    connection: Connection,
    *,
    workspace_id: int,
    person_id: int,
    name: str,
    query: str,
    zone: str,
    shared: bool,
    now: Instant,
) -> int:
    """Keep a search and answer its id; BadInput when the name is taken or there are too many."""
    name = parse_name(name)
    _lock(connection, person_id)
    own = (_c.workspace_id == workspace_id, _c.person_id == person_id)
    kept = connection.execute(select(func.count()).select_from(saved_searches).where(*own))
    if kept.scalar_one() >= MOST:
        raise BadInput(f"you have {MOST} searches", expected="one of them deleted first")
    _check_name(connection, workspace_id, person_id, name)
    owned = {"workspace_id": workspace_id, "person_id": person_id, "created_at": now}
    row = owned | _changed(name, query, zone, shared, now)
    statement = insert(saved_searches).values(row).returning(_c.id)
    search_id: int = connection.execute(statement).scalar_one()
    return search_id


def change_saved_search(
    connection: Connection,
    *,
    workspace_id: int,
    person_id: int,
    search_id: int,
    name: str,
    query: str,
    zone: str,
    shared: bool,
    now: Instant,
) -> bool:
    """Put this in its place; False when this person has no such search. BadInput: a taken name."""
    name = parse_name(name)
    _lock(connection, person_id)
    _check_name(connection, workspace_id, person_id, name, but=search_id)
    changed = update(saved_searches).where(_owned(workspace_id, person_id, search_id))
    found = connection.execute(changed.values(_changed(name, query, zone, shared, now)))
    return found.rowcount == 1


def delete_saved_search(
    connection: Connection, workspace_id: int, person_id: int, search_id: int
) -> bool:
    """Forget a search; False when this person has no such one."""
    statement = delete(saved_searches).where(_owned(workspace_id, person_id, search_id))
    return connection.execute(statement).rowcount == 1


def _changed(name: str, query: str, zone: str, shared: bool, now: Instant) -> dict[str, object]:
    return {
        "name": name,
        "name_key": fold_case(name),
        "query": query,
        "language": LANGUAGE,
        "zone": zone,
        "shared": shared,
        "changed_at": now,
    }


def _select() -> Select[tuple[object, ...]]:
    own = [_c[name] for name in SavedSearch.__struct_fields__ if name != "owner"]
    return select(*own, people.c.name.label("owner")).join(people, people.c.id == _c.person_id)


def _in_sight(workspace_id: int, person_id: int) -> ColumnElement[bool]:
    return (_c.workspace_id == workspace_id) & or_(_c.person_id == person_id, _c.shared)


def _owned(workspace_id: int, person_id: int, search_id: int) -> ColumnElement[bool]:
    return (_c.id == search_id) & (_c.workspace_id == workspace_id) & (_c.person_id == person_id)


def _lock(connection: Connection, person_id: int) -> None:
    """Of two forms that one person sends at once, the second waits to see what the first did."""
    connection.execute(select(people.c.id).where(people.c.id == person_id).with_for_update())


def _check_name(
    connection: Connection, workspace_id: int, person_id: int, name: str, but: int = 0
) -> None:
    same = select(_c.id).where(
        _c.workspace_id == workspace_id,
        _c.person_id == person_id,
        _c.name_key == fold_case(name),
        _c.id != but,
    )
    if connection.execute(same).first():
        what = f"you have a search called “{name}”"
        raise BadInput(what, where="name", expected="another name")
