from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant, to_rfc3339
from auditdash.queries.explore.access import AccessNow, find_access_of, find_access_to
from auditdash.queries.explore.names import EntityName
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record, store
from tests.queries.access_events import START

CLOCK = Clock(NOW, ZoneInfo("UTC"))
BOB, ANN, ANN_2 = ("u1", "bob"), ("u2", "ann"), ("u3", "Ann")
PAYROLL, SALES = ("c1", "Payroll"), ("c2", "Sales")
_Named = tuple[str | None, str | None]


class _Log:
    """Writes changes of access, a minute apart."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def add(self, action: str, whose: _Named, thing: _Named, role: str | None = None) -> None:
        kind = "group" if "_group_" in action or action.startswith("group_deleted") else "member"
        context = {f"{kind}_id": whose[0], f"{kind}_name": whose[1], "role": role}
        number = len(self.records)
        self.records.append(
            make_record(
                id=f"r{number}",
                action=action,
                timestamp=to_rfc3339(Instant(START + number * MINUTE)),
                context={key: value for key, value in context.items() if value is not None},
                entity__entity_type=action.split("_")[0],
                entity__entity_id=thing[0],
                entity__entity_name=thing[1],
            )
        )

    def keep(self, engine: Engine, workspace_id: int) -> None:
        with writing(engine) as connection:
            store(connection, workspace_id, *self.records)


def _of(engine: Engine, workspace_id: int, name: str) -> AccessNow:
    with reading(engine) as connection:
        return find_access_of(connection, name, Scope(workspace_id=workspace_id), CLOCK, 100)


def _to(engine: Engine, workspace_id: int, named: EntityName) -> AccessNow:
    with reading(engine) as connection:
        return find_access_to(connection, named, Scope(workspace_id=workspace_id), CLOCK, 100)


def _told(now: AccessNow) -> list[tuple[str | None, str | None, str | None]]:
    """Whose access to what with which role."""
    assert now.count == len(now.shown)
    return sorted(
        (way.subject.id or way.subject.name, way.object.id or way.object.name, way.role)
        for way in now.shown
    )


def test_the_newest_change_tells_what_somebody_has(engine: Engine, workspace_id: int) -> None:
    log = _Log()
    log.add("collection_member_added", BOB, PAYROLL, "view")
    log.add("collection_member_added", BOB, SALES, "view")
    log.add("collection_member_access_changed", BOB, PAYROLL, "manage")
    log.add("collection_member_removed", BOB, SALES)
    log.add("collection_member_added", ANN, SALES, "edit")
    log.keep(engine, workspace_id)
    bob = _of(engine, workspace_id, "BOB")
    assert _told(bob) == [("u1", "c1", "manage")]
    sales = _to(engine, workspace_id, EntityName(type="collection", id="c2"))
    assert _told(sales) == [("u2", "c2", "edit")]
    assert _told(_to(engine, workspace_id, EntityName(name="sales"))) == _told(sales)


def test_what_was_given_by_name_is_taken_away_by_id(engine: Engine, workspace_id: int) -> None:
    log = _Log()
    log.add("collection_member_added", BOB, PAYROLL, "view")
    log.add("collection_member_added", (None, "bob"), (None, "sales"), "view")
    log.add("collection_member_removed", ("u1", None), ("c1", None))
    log.keep(engine, workspace_id)
    for name in ("bob", "u1"):
        assert _told(_of(engine, workspace_id, name)) == [("u1", "sales", "view")]
    for named in (EntityName(id="c1"), EntityName(name="Payroll")):
        assert _told(_to(engine, workspace_id, named)) == []


def test_namesakes_are_kept_apart_and_a_bare_name_is_nobodys(
    engine: Engine, workspace_id: int
) -> None:
    log = _Log()
    log.add("collection_member_added", ANN, PAYROLL, "view")
    log.add("collection_member_added", ANN_2, PAYROLL, "edit")
    log.add("collection_member_added", (None, "ann"), SALES, "manage")
    log.keep(engine, workspace_id)
    both = _of(engine, workspace_id, "ann")
    assert _told(both) == [("u2", "c1", "view"), ("u3", "c1", "edit")]
    assert sorted(node.id or "" for node in both.nodes) == ["u2", "u3"]
    assert _told(_of(engine, workspace_id, "u2")) == [("u2", "c1", "view")]


def test_what_is_deleted_is_reached_by_nobody_and_a_group_reaches_for_its_members(
    engine: Engine, workspace_id: int
) -> None:
    group, other = ("g1", "Analysts"), ("g2", "Editors")
    log = _Log()
    for each in (group, other):
        log.add("collection_group_added", each, PAYROLL, "view")
        log.add("group_member_added", BOB, each)
    log.add("collection_member_added", BOB, SALES, "edit")
    log.add("collection_deleted", (None, None), SALES)
    log.add("group_deleted", group, group)
    log.keep(engine, workspace_id)
    assert _told(_of(engine, workspace_id, "analysts")) == []
    bob = _of(engine, workspace_id, "bob")
    assert _told(bob) == [("u1", "c1", "view"), ("u1", "g2", None)]
    payroll = _to(engine, workspace_id, EntityName(id="c1"))
    assert [(way.through.name if way.through else "") for way in payroll.shown] == ["Editors"]
    assert _told(_to(engine, workspace_id, EntityName(id="c2"))) == []


def test_a_group_that_was_made_again_has_what_it_got_since(
    engine: Engine, workspace_id: int
) -> None:
    log = _Log()
    log.add("collection_group_added", (None, "Analysts"), PAYROLL, "view")
    log.add("group_deleted", (None, "Analysts"), (None, "Analysts"))
    log.add("collection_group_added", (None, "Analysts"), SALES, "edit")
    log.keep(engine, workspace_id)
    assert _told(_of(engine, workspace_id, "analysts")) == [("Analysts", "c2", "edit")]


def test_what_everyone_has_by_default_stands_at_the_workspace(
    engine: Engine, workspace_id: int
) -> None:
    log = _Log()
    log.add("workspace_default_access_changed", (None, None), ("w1", "acme"), "view")
    log.add("workspace_default_access_changed", (None, None), ("w1", "acme"), "edit")
    log.keep(engine, workspace_id)
    found = _to(engine, workspace_id, EntityName(type="workspace", id="w1"))
    assert [(way.subject.kind, way.role) for way in found.shown] == [("everyone", "edit")]


def test_a_thing_that_only_the_context_names_has_its_people(
    engine: Engine, workspace_id: int
) -> None:
    named = {"collection_id": "c1", "collection_name": "Payroll", "role": "view"}
    records = [
        make_record(
            id=f"r{number}",
            action="collection_member_added",
            context={**named, "user_id": f"u{number}", "username": f"person {number}"},
            entity={"entity_type": kind, "entity_id": identity, "entity_name": name},
        )
        for number, (kind, identity, name) in enumerate(
            [("collection", "c1", "Payroll"), ("user", "u1", "person 1")]
        )
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    found = _to(engine, workspace_id, EntityName(type="collection", id="c1"))
    assert sorted(way.subject.id or "" for way in found.shown) == ["u0", "u1"]
