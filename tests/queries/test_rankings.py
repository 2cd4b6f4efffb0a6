from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.catalogue import categories
from auditdash.events.instants import parse_instant
from auditdash.queries.rankings import (
    Ranking,
    count_by_category,
    rank_actors,
    rank_entities,
)
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.random_events import scatter

SPAN = ("2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z")
CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))


def _actors(engine: Engine, workspace_id: int, text: str = "", limit: int = 10) -> Ranking:
    with reading(engine) as connection:
        return rank_actors(connection, parse(text), Scope(workspace_id=workspace_id), CLOCK, limit)


def _entities(engine: Engine, workspace_id: int, text: str = "", limit: int = 10) -> Ranking:
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        return rank_entities(connection, parse(text), scope, CLOCK, limit)


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_first_actors_the_others_and_the_missing_add_up(
    engine: Engine, workspace_id: int, limit: int
) -> None:
    rows = scatter(engine, workspace_id, *SPAN, 300)
    expected = Counter(row.actor for row in rows)
    missing = expected.pop(None)
    ranking = _actors(engine, workspace_id, "", limit)
    top = sorted(expected.values(), reverse=True)
    assert [rank.count for rank in ranking.ranks] == top[:limit]
    for rank in ranking.ranks:
        assert expected[(rank.name or "").casefold()] == rank.count
    assert ranking.missing == missing
    assert ranking.others == len(top[limit:])
    assert ranking.other_count == sum(top[limit:])
    assert ranking.total == len(rows)


@pytest.mark.parametrize("limit", [1, 4, 20])
def test_the_first_entities_the_others_and_the_missing_add_up(
    engine: Engine, workspace_id: int, limit: int
) -> None:
    rows = scatter(engine, workspace_id, *SPAN, 300)
    expected = Counter(row.entity for row in rows)
    missing = expected.pop((None, None))
    ranking = _entities(engine, workspace_id, "", limit)
    top = sorted(expected.values(), reverse=True)
    assert [rank.count for rank in ranking.ranks] == top[:limit]
    for rank in ranking.ranks:
        assert expected[rank.type, rank.id] == rank.count
        assert rank.name == f"Name of {rank.id}"
    assert (ranking.missing, ranking.others) == (missing, len(top[limit:]))
    assert ranking.total == len(rows)


def test_a_renamed_entity_is_one_and_has_its_newest_name(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        for number, name in enumerate(("Payroll", "Pay", "Payroll 2026")):
            store(connection, workspace_id, make_record(id=str(number), entity__entity_name=name))
    (rank,) = _entities(engine, workspace_id).ranks
    assert (rank.name, rank.count) == ("Payroll 2026", 3)


def test_an_entity_without_an_id_is_known_by_its_name(engine: Engine, workspace_id: int) -> None:
    records = [
        make_record(id="1", entity__entity_id=None, entity__entity_name="x"),
        make_record(id="2", entity__entity_id=None, entity__entity_name="X"),
        make_record(id="3", entity__entity_id="x", entity__entity_name=None),
        make_record(id="4", entity__entity_id=None, entity__entity_name=None),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    ranking = _entities(engine, workspace_id)
    assert [(rank.name, rank.id, rank.count) for rank in ranking.ranks] == [
        ("X", None, 2),
        (None, "x", 1),
    ]
    assert ranking.missing == 1


def test_an_actor_without_a_username_is_known_by_its_id(engine: Engine, workspace_id: int) -> None:
    records = [
        make_record(id="1", actor__username=None, actor__user_id="u1"),
        make_record(id="2", actor__username="", actor__user_id="U1"),
        make_record(id="3", actor=None),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    ranking = _actors(engine, workspace_id)
    assert [(rank.name, rank.count) for rank in ranking.ranks] == [("U1", 2)]
    assert ranking.missing == 1


def test_nothing_found_ranks_nothing(engine: Engine, workspace_id: int) -> None:
    scatter(engine, workspace_id, *SPAN, 20)
    empty = Ranking(ranks=(), others=0, other_count=0, missing=0)
    assert _actors(engine, workspace_id, "actor:nobody") == empty
    assert _entities(engine, workspace_id + 1) == empty


def test_every_category_is_counted_in_the_order_of_the_catalogue(
    engine: Engine, workspace_id: int
) -> None:
    rows = scatter(engine, workspace_id, *SPAN, 300)
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        counts = count_by_category(connection, parse("actor:alice"), scope, CLOCK)
    assert list(counts) == [category.slug for category in categories()]
    assert +Counter(counts) == Counter(row.category for row in rows if row.actor == "alice")
