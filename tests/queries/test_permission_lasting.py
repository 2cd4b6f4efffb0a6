"""How long access lasted is what an oracle tells that walks through each history."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.instants import DAY, MINUTE, Instant, parse_instant
from auditdash.queries.permission_answers.lasting import Lasting, find_lasting
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store
from tests.queries.access_events import histories_of, random_changes, tell

CLOCK = Clock(parse_instant("2026-03-01T03:00:00Z"), ZoneInfo("UTC"))


def _find(engine: Engine, workspace_id: int, text: str, within: int, older: int) -> Lasting:
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        return find_lasting(
            connection, parse(text), scope, CLOCK, within=within, older=older, limit=500
        )


def _oracle(events: list[Event], asked: set[int]) -> list[tuple[Event, Event | None]]:
    """Each grant to somebody who had nothing, and what took it."""
    told = tell(events)
    found = []
    for history in histories_of(events):
        for number, event in enumerate(history):
            one = told[event.seq]
            if one.kind == "granted" and one.before.kind == "none" and event.seq in asked:
                later = history[number + 1 :]
                ends = (each for each in later if told[each.seq].kind == "revoked")
                found.append((event, next(ends, None)))
    return found


def test_access_lasted_as_long_as_an_oracle_tells(engine: Engine, workspace_id: int) -> None:
    within, older = 120 * MINUTE, 20 * MINUTE
    records = [
        each
        for each in random_changes(random.Random("lasting"), 420)
        if each["action"] != "group_deleted"
    ]
    scope = Scope(workspace_id=workspace_id)
    seen = 0
    for some in (records[:250], records):
        with writing(engine) as connection:
            store(connection, workspace_id, *some)
        for text in ("", "category:connections,user-groups -role:view"):
            with reading(engine) as connection:
                events = list(iterate_events(connection, Query(), scope, CLOCK))
                asked = {each.seq for each in iterate_events(connection, parse(text), scope, CLOCK)}
            told = _oracle(events, asked)
            temporary = {
                (one.seq, end.seq)
                for one, end in told
                if end is not None and end.occurred_at - one.occurred_at <= within
            }
            standing = sorted(
                (one.occurred_at, one.seq)
                for one, end in told
                if end is None and one.occurred_at <= CLOCK.now - older
            )
            found = _find(engine, workspace_id, text, within, older)
            assert temporary == {
                (each.given.event.seq, each.taken.event.seq)
                for each in found.temporary
                if each.taken
            }
            assert [each.given.event.seq for each in found.standing] == [seq for _, seq in standing]
            assert (found.temporary_count, found.standing_count) == (len(temporary), len(standing))
            seen += min(len(temporary), len(standing))
    assert seen > 3


def test_access_to_what_was_deleted_since_is_counted_alone(
    engine: Engine, workspace_id: int
) -> None:
    def change(number: int, action: str, **more: object) -> dict[str, object]:
        return make_record(
            id=f"d{number}",
            action=action,
            timestamp=f"2026-01-0{number}T00:00:00Z",
            context={"member_id": "u1", "member_name": "bob", "role": "view"},
            entity__entity_id="c1",
            entity__entity_name="Payroll",
            **more,
        )

    with writing(engine) as connection:
        store(connection, workspace_id, change(1, "connection_member_added_with_role"))
    assert _find(engine, workspace_id, "", DAY, 9 * DAY).standing_count == 1
    assert _find(engine, workspace_id, "", DAY, 99 * DAY).standing_count == 0
    with writing(engine) as connection:
        store(connection, workspace_id, change(2, "connection_deleted"))
    found = _find(engine, workspace_id, "", DAY, 9 * DAY)
    assert (found.standing_count, found.gone, found.grants) == (0, 1, 1)
    with writing(engine) as connection:  # it is there again, under the same id
        store(connection, workspace_id, change(3, "connection_member_removed"))
        store(connection, workspace_id, change(4, "connection_member_added_with_role"))
    found = _find(engine, workspace_id, "", DAY, 9 * DAY)
    assert (found.standing_count, found.gone, found.grants) == (1, 0, 2)
    assert found.temporary_count == 0
    assert _find(engine, workspace_id, "", 2 * DAY, Instant(0)).temporary_count == 1
