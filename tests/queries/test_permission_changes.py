from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.instants import parse_instant
from auditdash.queries.permission_changes import (
    Access,
    PermissionChange,
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
    iterate_permission_changes,
    rank_targets,
)
from auditdash.queries.stream import iterate_events
from auditdash.queries.timeline import Cursor, count_events
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.queries.access_events import Told, random_changes, tell

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
NOTHING, UNKNOWN, UNNAMED = Access("none"), Access("unknown"), Access("unnamed")


def _all(
    engine: Engine, workspace_id: int, text: str = "", highest_seq: int | None = None
) -> list[PermissionChange]:
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    with reading(engine) as connection:
        return list(iterate_permission_changes(connection, parse(text), scope, CLOCK))


def _access(change: PermissionChange) -> tuple[Access, Access]:
    return change.before, change.after


def _change(number: int, action: str, **changes: Any) -> dict[str, Any]:
    """Something done to bob (u1) on the connection Payroll (c1), `number` minutes after nine."""
    return make_record(
        **{
            "id": f"c{number}",
            "action": action,
            "timestamp": f"2026-03-02T09:{number:02}:00Z",
            "context": {"member_id": "u1", "member_username": "bob"},
            "entity.entity_id": "c1",
            "entity.entity_name": "Payroll",
        }
        | changes
    )


def _given(number: int, role: str | None, **changes: Any) -> dict[str, Any]:
    context = {"member_id": "u1", "member_username": "bob", "role": role}
    return _change(number, "connection_member_added_with_role", **{"context": context} | changes)


@pytest.mark.parametrize("seed", range(3))
def test_each_change_tells_what_an_oracle_without_sql_tells(
    engine: Engine, workspace_id: int, seed: int
) -> None:
    dice = random.Random(seed)
    records = random_changes(dice, 250)
    with writing(engine) as connection:
        store(connection, add_workspace(connection, "other", "Other"), *records[:50])
        store(connection, workspace_id, *records)
    for text, highest_seq in (("", None), ("", 120), ("role:manage OR op:revoke", None)):
        scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
        with reading(engine) as connection:
            told = tell(iterate_events(connection, Query(), scope, CLOCK))
            asked = {each.seq for each in iterate_events(connection, parse(text), scope, CLOCK)}
        found = _all(engine, workspace_id, text, highest_seq)
        answers = {
            each.event.seq: Told(each.kind, each.before, each.after, each.self_made, each.direction)
            for each in found
        }
        assert answers == {seq: each for seq, each in told.items() if seq in asked}
        assert len(found) == len(answers) > 10


@pytest.mark.parametrize("order", ["", "sort:created-asc"])
def test_pages_of_any_size_are_the_whole_list_in_its_order(
    engine: Engine, workspace_id: int, order: str
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random(order), 120))
    whole = [each.event.seq for each in _all(engine, workspace_id, order)]
    scope = Scope(workspace_id=workspace_id)
    for limit in (1, 7, 500):
        seqs: list[int] = []
        after: Cursor | None = None
        with reading(engine) as connection:
            while True:
                page = find_permission_changes(connection, parse(order), scope, CLOCK, after, limit)
                seqs += [each.event.seq for each in page.changes]
                after = page.following
                if after is None:
                    break
        assert seqs == whole


def test_counts_are_those_of_the_list_and_of_the_searches_that_name_them(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("counts"), 200))
    scope = Scope(workspace_id=workspace_id)
    listed = _all(engine, workspace_id)
    with reading(engine) as connection:
        counts = count_permission_changes(connection, Query(), scope, CLOCK)
        for text, number in (
            ("is:permission", counts.total),
            ("is:permission op:grant,invite", counts.granted),
            ("is:permission op:revoke,remove", counts.revoked),
            ("is:permission op:modify", counts.changed),
            ("is:own-access", counts.self_made),
        ):
            assert count_events(connection, parse(text), scope, CLOCK) == number, text
    assert counts.total == len(listed) == counts.granted + counts.revoked + counts.changed
    assert counts.self_made == sum(each.self_made for each in listed) > 0


def test_targets_are_counted_as_the_search_for_their_name_counts_them(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("targets"), 200))
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        for category in ("connections", "collections", "user-groups"):
            targets = rank_targets(connection, Query(), scope, CLOCK, category, 50)
            assert [each.count for each in targets] == sorted(
                (each.count for each in targets), reverse=True
            )
            for each in targets:
                asked = parse(f'is:permission category:{category} entity:"{each.name}"')
                if each.name[0] not in "cgu":  # an id also finds events that name it besides
                    found = count_events(connection, asked, scope, CLOCK)
                    assert found == each.count, each
            some = rank_targets(connection, Query(), scope, CLOCK, category, 2)
            assert some == targets[:2]


def test_a_late_event_changes_what_later_ones_say_they_changed(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, _change(9, "connection_member_removed"))
    assert _access(_all(engine, workspace_id)[0]) == (UNKNOWN, NOTHING)
    with writing(engine) as connection:
        store(connection, workspace_id, _given(5, "query"))
    removed, given = _all(engine, workspace_id)
    assert _access(given) == (NOTHING, Access("role", "query"))
    assert _access(removed) == (Access("role", "query"), NOTHING)
    # Whoever looked before it came still sees what was known then.
    assert _access(_all(engine, workspace_id, "", 1)[0]) == (UNKNOWN, NOTHING)


def test_someone_named_now_by_id_now_by_name_has_one_history(
    engine: Engine, workspace_id: int
) -> None:
    by_name = {"member_username": "BOB", "role": "edit"}
    by_id = {"member_id": "U1"}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _given(1, "view", entity__entity_name=None),
            _change(2, "connection_member_access_changed", context=by_name, entity__entity_id=None),
            _change(3, "connection_member_removed", context=by_id),
            _change(4, "group_member_added", context=by_id, entity__entity_name=None),
        )
    added, removed, changed, given = _all(engine, workspace_id)
    assert _access(given) == (NOTHING, Access("role", "view"))
    # The connection that is only named here has its id in what follows.
    assert _access(changed) == (Access("role", "view"), Access("role", "edit"))
    assert _access(removed) == (Access("role", "edit"), NOTHING)
    assert _access(added) == (NOTHING, UNNAMED)


def test_a_name_that_two_people_bear_is_nobodys_history(engine: Engine, workspace_id: int) -> None:
    other = {"member_id": "u2", "member_username": "bob", "role": "manage"}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _given(1, "view"),
            _given(2, None, context=other),
            _change(3, "connection_member_removed", context={"member_username": "bob"}),
        )
    assert _access(_all(engine, workspace_id)[0]) == (UNKNOWN, NOTHING)


def test_what_names_nobody_or_nothing_is_no_ones_history(engine: Engine, workspace_id: int) -> None:
    nothing: dict[str, Any] = {"entity": None}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _given(1, "view", **nothing),
            _change(2, "connection_member_removed", **nothing),
            _change(3, "connection_member_access_changed", context={"role": "edit"}),
            _change(4, "connection_member_removed", context={}),
        )
    befores = [each.before for each in _all(engine, workspace_id)]
    assert befores == [UNKNOWN, UNKNOWN, UNKNOWN, NOTHING]


def test_the_context_tells_what_access_was_to_where_the_entity_is_the_member(
    engine: Engine, workspace_id: int
) -> None:
    member = {"entity_type": "user", "entity_id": "u1", "entity_name": "bob"}
    group = {"group_id": "g1", "group_name": "Analysts"}
    with writing(engine) as connection:
        store(
            connection,
            workspace_id,
            _change(1, "group_member_added", entity=member, context=group),
            _change(2, "group_member_removed", entity=member, context={"group_id": "g2"}),
            _change(3, "group_member_removed", entity=member, context={"group_name": "analysts"}),
        )
    from_analysts, from_another, _ = _all(engine, workspace_id)
    assert from_analysts.before == UNNAMED
    assert from_another.before == UNKNOWN


def test_the_archive_begins_with_its_earliest_event_in_sight(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        assert find_first_recorded(connection, Scope(workspace_id=workspace_id)) is None
        store(connection, workspace_id, _given(9, "view"), _given(3, "edit"))
    with reading(engine) as connection:
        first = find_first_recorded(connection, Scope(workspace_id=workspace_id))
        known = find_first_recorded(connection, Scope(workspace_id=workspace_id, highest_seq=1))
    assert first == parse_instant("2026-03-02T09:03:00Z")
    assert known == parse_instant("2026-03-02T09:09:00Z")
