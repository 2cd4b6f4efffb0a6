"""Saved searches are kept, changed, shared and deleted here, each act with the event that tells of
it: a shared one decides what others find, and a report or a review begins with one."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.store.saved_searches import (
    SavedSearch,
    add_saved_search,
    change_saved_search,
    delete_saved_search,
    find_saved_search,
)


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody decides about a search; its dates are meant in the zone."""

    name: str
    query: str
    zone: str
    shared: bool


def keep(connection: Connection, act: Act, person_id: int, wanted: Wanted) -> int:
    """A search of this person; its id. BadInput when the name is taken or there are too many."""
    number = add_saved_search(
        connection,
        workspace_id=act.workspace.id,
        person_id=person_id,
        name=wanted.name,
        query=wanted.query,
        zone=wanted.zone,
        shared=wanted.shared,
        now=act.now,
    )
    made = find_saved_search(connection, act.workspace.id, person_id, number)
    if made is None:
        raise AssertionError("unreachable: it was just made")
    _tell(connection, act, made, "created", "kept")
    return number


def change(
    connection: Connection, act: Act, person_id: int, known: SavedSearch, wanted: Wanted
) -> bool:
    """Put this in its place; False when this person has no such search. BadInput: a taken name."""
    changed = change_saved_search(
        connection,
        workspace_id=act.workspace.id,
        person_id=person_id,
        search_id=known.id,
        name=wanted.name,
        query=wanted.query,
        zone=wanted.zone,
        shared=wanted.shared,
        now=act.now,
    )
    new = find_saved_search(connection, act.workspace.id, person_id, known.id)
    if not changed or new is None:
        return False
    before = {
        f"old_{name}": str(getattr(known, name))
        for name in ("name", "query", "zone")
        if getattr(known, name) != getattr(new, name)
    }
    shared = "shared" if new.shared else "no longer shared"
    deed = "changed" if known.shared == new.shared else shared
    _tell(connection, act, new, "changed", deed, **before)
    return True


def delete(connection: Connection, act: Act, person_id: int, known: SavedSearch) -> bool:
    """Forget it; False when this person has no such search."""
    if not delete_saved_search(connection, act.workspace.id, person_id, known.id):
        return False
    _tell(connection, act, known, "deleted", "deleted")
    return True


def _tell(
    connection: Connection, act: Act, known: SavedSearch, action: str, deed: str, **more: str
) -> None:
    told = {
        "deed": deed,
        "query": known.query,
        "zone": known.zone,
        "shared": "yes" if known.shared else "no",
        **more,
    }
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=f"auditdash_search_{action}",
        description=f"saved search {deed} in auditdash",
        entity=("auditdash_search", str(known.id), known.name),
        context=told,
    )
    append_access(connection, event)
