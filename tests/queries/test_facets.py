from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event

from auditdash.events.instants import parse_instant
from auditdash.queries.counting.counts import Counts, count_codes
from auditdash.queries.facets import Facet, Facets, count_facets
from auditdash.queries.timeline import count_events
from auditdash.search.edit import include, without_field
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.random_events import scatter

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
SPAN = ("2026-03-01T00:00:00Z", "2026-03-20T00:00:00Z")
QUERIES = (
    "",
    "category:exports,reports",
    "-category:exports",
    "actor:ada",
    "-actor:ada op:export",
    'action:"report_activity_report_created"',
    "created:2026-03-05..2026-03-07 (op:export OR op:create)",
    "actor:* category:collections",
    "-actor:*",
)


def _count(engine: Engine, workspace_id: int, text: str, top: int = 8) -> Facets:
    with reading(engine) as connection:
        scope = Scope(workspace_id=workspace_id)
        return count_facets(connection, parse(text), scope, CLOCK, top)


def _facet(counted: Facets, field: str) -> Facet:
    return next(facet for facet in counted.facets if facet.field == field)


def _values(facet: Facet) -> dict[str, int]:
    return {choice.value: choice.count for choice in facet.choices}


def _sum(facet: Facet) -> int:
    return sum(choice.count for choice in facet.choices) + facet.other_count + facet.missing


def test_the_counts_of_a_facet_add_up_to_the_result_without_its_own_field(
    engine: Engine, workspace_id: int
) -> None:
    scatter(engine, workspace_id, *SPAN, 400)
    scope = Scope(workspace_id=workspace_id)
    for text in QUERIES:
        counted = _count(engine, workspace_id, text, top=2)
        with reading(engine) as connection:
            assert counted.total == count_events(connection, parse(text), scope, CLOCK), text
            for facet in counted.facets:
                rest = without_field(parse(text), facet.field)
                expected = count_events(connection, rest, scope, CLOCK)
                assert _sum(facet) == expected, (text, facet.field)


def test_a_click_on_a_value_finds_as_many_events_as_it_says(
    engine: Engine, workspace_id: int
) -> None:
    scatter(engine, workspace_id, *SPAN, 400)
    scope = Scope(workspace_id=workspace_id)
    for facet in _count(engine, workspace_id, "created:2026-03-05..2026-03-12", top=50).facets:
        assert facet.choices
        for choice in facet.choices:
            text = include("created:2026-03-05..2026-03-12", facet.field, choice.value)
            with reading(engine) as connection:
                found = count_events(connection, parse(text), scope, CLOCK)
            assert found == choice.count, text


@pytest.fixture
def few(engine: Engine, workspace_id: int) -> int:
    records = [
        make_record(id=f"{actor}-{number}", actor__username=actor, action=action)
        for actor, action, count in (
            ("ann", "report_activity_report_created", 5),
            ("ben", "report_activity_report_created", 4),
            ("cid", "report_activity_report_deleted", 3),
            ("dot", "nobody_knows_this", 2),
        )
        for number in range(count)
    ]
    records.append(make_record(id="alone", actor=None, action="report_activity_report_created"))
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return workspace_id


def test_the_most_frequent_come_first_and_the_rest_is_said(engine: Engine, few: int) -> None:
    actors = _facet(_count(engine, few, "", top=2), "actor")
    assert _values(actors) == {"ann": 5, "ben": 4}
    assert (actors.others, actors.other_count, actors.missing) == (2, 5, 1)
    actions = _facet(_count(engine, few, "", top=1), "action")
    assert list(_values(actions).values()) == [10]
    assert (actions.others, actions.other_count) == (2, 5)


def test_the_alternatives_to_what_was_chosen_stay_in_sight(engine: Engine, few: int) -> None:
    counted = _count(engine, few, "actor:ann")
    assert _values(_facet(counted, "actor")) == {"ann": 5, "ben": 4, "cid": 3, "dot": 2}
    assert counted.total == 5
    assert _sum(_facet(counted, "category")) == 5


def test_what_was_chosen_stays_in_sight_however_rare(engine: Engine, few: int) -> None:
    actors = _facet(_count(engine, few, "actor:Dot,nobody", top=2), "actor")
    assert _values(actors) == {"ann": 5, "ben": 4, "dot": 2, "nobody": 0}
    assert (actors.others, actors.other_count) == (1, 3)
    out = _facet(_count(engine, few, "-actor:cid", top=1), "actor")
    assert _values(out) == {"ann": 5, "cid": 3}


def test_many_chosen_values_cost_one_statement(engine: Engine, few: int) -> None:
    def count_statements(values: int) -> int:
        asked: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        names = ",".join(["Dot", *(f"nobody{number}" for number in range(values))])
        found = _values(_facet(_count(engine, few, f"actor:{names}", top=2), "actor"))
        assert found["dot"] == 2
        assert len(found) == 3 + values
        return len(asked)

    assert count_statements(3) == count_statements(150)


def test_an_unmapped_action_counts_as_other_under_its_own_name(engine: Engine, few: int) -> None:
    counted = _count(engine, few, "")
    other = next(c for c in _facet(counted, "category").choices if c.value == "other")
    assert (other.count, other.category) == (2, "other")
    named = next(c for c in _facet(counted, "action").choices if c.category == "other")
    assert (named.value, named.label) == ("nobody_knows_this", "nobody_knows_this")


@pytest.mark.parametrize("text", ["", "actor:new"])
def test_events_that_come_while_others_are_counted_do_no_harm(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """All readers of a process share dictionaries, and these grow at any moment."""
    actors = {"username": "old", "user_id": "A"}, {"username": "OLD", "user_id": "B"}
    records = [make_record(id=f"{number}", actor=each) for number, each in enumerate(actors)]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    counted = count_codes

    def count_and_come(*given: Any) -> dict[str, Counts]:
        found = counted(*given)
        with writing(engine) as other:
            name = f"{datetime.now(UTC).timestamp()}"
            new = {"username": "new", "user_id": name}, {"username": "old", "user_id": name}
            for number, each in enumerate(new):
                store(other, workspace_id, make_record(id=f"{name}{number}", actor=each))
        with reading(engine) as other:
            count_events(other, parse(""), Scope(workspace_id=workspace_id), CLOCK)
        return found

    monkeypatch.setattr("auditdash.queries.facets.count_codes", count_and_come)
    found = _count(engine, workspace_id, text)
    assert found.total == (0 if text else 2)
    assert _sum(_facet(found, "actor")) == 2
    assert _values(_facet(found, "actor")).get("new", 0) == 0
