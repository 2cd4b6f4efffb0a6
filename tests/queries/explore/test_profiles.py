from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.queries.explore.names import EntityName, by_actor, on_entity
from auditdash.queries.explore.profiles import (
    find_addresses,
    find_names_of_actor,
    find_names_of_entity,
    find_nearest_actors,
    find_nearest_entities,
    find_seen,
)
from auditdash.queries.timeline import count_events
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import NOW, make_record, store

CLOCK = Clock(NOW, ZoneInfo("UTC"))


def _keep(engine: Engine, workspace_id: int, *changes: Mapping[str, object]) -> Scope:
    records = [
        make_record(id=f"r{number}", timestamp=f"2026-03-{number + 1:02}T10:00:00Z", **each)
        for number, each in enumerate(changes)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
        other = add_workspace(connection, "other", "Other")
        store(connection, other, make_record(actor__username="bobby", entity__entity_name="Paynow"))
    return Scope(workspace_id=workspace_id)


def test_a_value_is_told_with_its_first_and_last_event(engine: Engine, workspace_id: int) -> None:
    addresses = ("10.0.0.1", "10.0.0.2", "10.0.0.1", "2001:db8::1")
    scope = _keep(engine, workspace_id, *({"actor__ip": ip} for ip in addresses))
    with reading(engine) as connection:
        values = ("10.0.0.1", "2001:db8::1", "10.0.0.9")
        query = by_actor("peter_parker")
        found = find_seen(connection, query, scope, CLOCK, "ip", values)
        assert [each.count for each in found] == [2, 1]
        for each in found:
            assert count_events(connection, each.query, scope, CLOCK) == each.count
    assert found[0].last_at - found[0].first_at == 2 * 86_400_000_000


def test_an_address_is_one_however_it_is_written(engine: Engine, workspace_id: int) -> None:
    addresses = ("10.0.0.2", "10.0.0.1", "::ffff:10.0.0.1", "no address", None, "2001:DB8::1")
    scope = _keep(engine, workspace_id, *({"actor__ip": ip} for ip in addresses))
    with reading(engine) as connection:
        query = by_actor("peter_parker")
        found = find_addresses(connection, query, scope, CLOCK, 2)
        assert [each.count for each in found] == [2, 1]
        assert len(find_addresses(connection, query, scope, CLOCK, 9)) == 3
        for each in found:
            assert count_events(connection, each.query, scope, CLOCK) == each.count


def test_the_other_names_of_an_actor_are_found(engine: Engine, workspace_id: int) -> None:
    people = [("bob", "u1"), ("BOB", "u2"), ("robert", "u1"), ("bob", None), (None, "u1")]
    changes = [{"actor__username": name, "actor__user_id": identity} for name, identity in people]
    scope = _keep(engine, workspace_id, *changes[::-1])
    with reading(engine) as connection:

        def others(name: str) -> dict[str, int]:
            query = by_actor(name)
            found = find_names_of_actor(connection, query, name, scope, CLOCK)
            return {each.value: each.count for each in found}

        assert others("bob") == {"u1": 1, "u2": 1}
        assert others("u1") == {"bob": 1, "robert": 1}
        assert others("robert") == {"u1": 1}


def test_a_renamed_entity_is_one_and_namesakes_are_several(
    engine: Engine, workspace_id: int
) -> None:
    things = [("e1", "Payroll"), ("e1", "Payroll 2026"), ("e2", "Payroll")]
    changes = [{"entity__entity_id": key, "entity__entity_name": name} for key, name in things]
    scope = _keep(engine, workspace_id, *changes)
    with reading(engine) as connection:

        def others(named: EntityName) -> set[str]:
            query = on_entity(named)
            found = find_names_of_entity(connection, query, named, scope, CLOCK)
            return {each.value for each in found}

        assert others(EntityName(id="e1", type="workspace_connection")) == {
            "Payroll",
            "Payroll 2026",
        }
        assert others(EntityName(name="payroll")) == {"e1", "e2"}


def test_the_nearest_names_come_from_this_workspace_alone(
    engine: Engine, workspace_id: int
) -> None:
    names = ("bob", "Bobina", "zoë", "w" * 65_536, "*", "a" * 500)
    changes: list[Mapping[str, object]] = [{"actor__username": name} for name in names]
    changes += [{"entity__entity_name": name, "entity__entity_id": None} for name in names]
    scope = _keep(engine, workspace_id, *changes)
    with reading(engine) as connection:

        def nearest(name: str) -> list[str]:
            actors = find_nearest_actors(connection, name, scope, CLOCK)
            entities = find_nearest_entities(connection, name, scope, CLOCK)
            assert set(actors) - {"peter_parker"} == {each.name for each in entities} - {
                "Star Space"
            }
            return list(actors)

        assert nearest("bobb")[:1] == ["bob"]
        assert "bobby" not in nearest("bobb")
        assert nearest("zoe") == ["zoë"]
        assert nearest("w" * 2000)[0].startswith("www")
        assert nearest("nobody like this") == []
        assert nearest("**") == ["*"]
