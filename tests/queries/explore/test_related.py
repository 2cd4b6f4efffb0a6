from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.instants import MINUTE, SECOND, Instant, parse_instant, to_rfc3339
from auditdash.queries.explore.related import Related, find_related
from auditdash.queries.timeline import find_event, find_events
from auditdash.search.parse import parse
from auditdash.search.print import print_query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import NOW, make_record, store

AT = parse_instant("2026-03-08T12:00:00.250000Z")
CLOCK = Clock(NOW, ZoneInfo("America/New_York"))


def _record(name: str, after: int, **changes: object) -> dict[str, object]:
    """An event `after` microseconds from the one that is looked at, by somebody else elsewhere."""
    plain = {
        "id": name,
        "timestamp": to_rfc3339(Instant(AT + after)),
        "actor__username": f"by {name}",
        "actor__user_id": f"id {name}",
        "entity__entity_id": f"on {name}",
        "context__correlation_id": f"corr {name}",
    }
    return make_record(**(plain | changes))


_HERE = {"actor__username": "bob", "actor__user_id": "u1", "entity__entity_id": "e1"}


def _related(engine: Engine, workspace_id: int, seq: int) -> dict[str, Related]:
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        event = find_event(connection, scope, seq)
        assert event is not None
        found = find_related(connection, event, scope, CLOCK, "auditdash")
        for each in found:
            again = parse(print_query(each.query))
            asked = find_events(connection, again, scope, Clock(Instant(0), CLOCK.zone), limit=500)
            assert len(asked.events) == each.count
            assert {one.seq for one in each.events} <= {one.seq for one in asked.events}
            assert asked.following is None
    return {each.kind: each for each in found}


def _ids(events: tuple[Event, ...]) -> list[str]:
    return [event.id for event in events]


def test_each_group_reaches_as_far_as_it_says_and_no_further(
    engine: Engine, workspace_id: int
) -> None:
    far = 10 * MINUTE
    records = [
        _record("here", 0, **_HERE, context__correlation_id="chain"),
        _record("first of chain", -5000 * MINUTE, context__correlation_id="chain"),
        _record("last of chain", 5000 * MINUTE, context__correlation_id="chain"),
        _record("other case", 1, context__correlation_id="CHAIN"),
        _record("just in time", -far, actor__username="Bob"),
        _record("too early", -far - 1, actor__username="bob"),
        _record("in the end", far, actor__username="bob"),
        _record("too late", far + 1, actor__username="bob"),
        _record("on it", -5 * MINUTE, entity__entity_id="e1"),
        _record("on it, too late", 5 * MINUTE + 1, entity__entity_id="e1"),
        _record("another of this id", 2 * MINUTE, entity__entity_id="e1", entity__entity_type="x"),
        _record("beside", MINUTE),
        _record("no more beside", MINUTE + 1),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
        store(connection, workspace_id, _record("look", SECOND), source="auditdash")
        store(connection, add_workspace(connection, "o", "O"), _record("theirs", 1, **_HERE))
    found = _related(engine, workspace_id, 1)
    assert _ids(found["correlation"].events) == ["first of chain", "here", "last of chain"]
    assert _ids(found["actor"].events) == ["just in time", "here", "in the end"]
    assert _ids(found["entity"].events) == ["on it", "here"]
    assert _ids(found["everyone"].events) == ["here", "other case", "beside"]
    assert [found[kind].minutes for kind in found] == [None, 10, 5, 1]


def test_of_many_the_nearest_are_shown_and_all_are_counted(
    engine: Engine, workspace_id: int
) -> None:
    around = [_record(f"n{n}", (n - 20) * SECOND, **_HERE) for n in range(41)]
    with writing(engine) as connection:
        store(connection, workspace_id, *around)
    found = _related(engine, workspace_id, 21)["actor"]
    assert found.count == 41
    assert _ids(found.events) == [f"n{n}" for n in range(16, 25)]


@pytest.mark.parametrize("at", ["1900-01-01T00:00:00Z", "9998-12-30T23:59:59Z"])
def test_an_event_that_names_nobody_at_the_end_of_time_has_its_minute(
    engine: Engine, workspace_id: int, at: str
) -> None:
    bare = make_record(timestamp=at, actor=None, entity=None, context=None)
    with writing(engine) as connection:
        store(connection, workspace_id, bare)
    assert [each.count for each in _related(engine, workspace_id, 1).values()] == [1]


def test_hostile_names_are_found_as_they_are(engine: Engine, workspace_id: int) -> None:
    text = 'x" OR actor:* -(created:today) \\ *'
    hostile = {"actor__username": text, "entity__entity_id": text, "context__correlation_id": text}
    with writing(engine) as connection:
        store(connection, workspace_id, _record("a", 0, **hostile), _record("b", 1, **hostile))
        store(connection, workspace_id, _record("c", 2))
    found = _related(engine, workspace_id, 1)
    counts = {kind: each.count for kind, each in found.items()}
    assert counts == {"correlation": 2, "actor": 2, "entity": 2, "everyone": 3}
