"""Tokens, groups and reports beside a walk through the events."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, HOUR, Instant, parse_instant, to_rfc3339
from auditdash.queries.data_exports import export_actions
from auditdash.queries.inventory.members import find_groups
from auditdash.queries.inventory.reports import SQL_ACTIONS, find_reports
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.inventory.tokens import find_tokens
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store

CLOCK = Clock(parse_instant("2026-07-01T00:00:00Z"), ZoneInfo("UTC"))
START = parse_instant("2026-03-01T00:00:00Z")
_TOKENS = (
    *("api_token_workspace_created", "api_token_member_key_generated") * 2,
    *("api_token_workspace_revoked", "api_token_member_key_revoked"),
)
_ACTIONS = (
    *_TOKENS,
    *("group_member_added", "group_member_added", "group_member_removed", "group_deleted") * 2,
    *(*SQL_ACTIONS, "report_activity_report_edited", *export_actions()) * 2,
)
QUESTIONS = [("", None), ("", 150), ("actor:bob created:>=2026-03-04", None)]


def _scatter(dice: random.Random, count: int) -> list[dict[str, Any]]:
    records = []
    for number in range(count):
        thing = dice.choice(("x1", "x2", "x3", "x4", None))
        action = dice.choice(_ACTIONS)
        records.append(
            make_record(
                id=f"i{number}",
                action=action,
                timestamp=to_rfc3339(Instant(START + dice.randrange(300) * HOUR)),
                actor__username=dice.choice(("bob", "BOB", "eve")),
                actor__user_id=None,
                entity__entity_type="group" if action.startswith("group") else "thing",
                entity__entity_id=thing,
                entity__entity_name=dice.choice(("Payroll", "Sales")) if thing is None else thing,
                context={"member_username": dice.choice(("ann", "Ann", "cy"))},
            )
        )
    dice.shuffle(records)
    return records


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Events of every kind, some late, some delivered twice."""
    records = _scatter(random.Random(9), 260)
    with writing(engine) as connection:
        store(connection, workspace_id, *records[:180])
        store(connection, workspace_id, *records[120:])
    return workspace_id


def _told(engine: Engine, scope: Scope, text: str) -> list[Event]:
    with reading(engine) as connection:
        found = list(iterate_events(connection, parse(text), scope, CLOCK))
    return sorted(found, key=lambda each: (each.occurred_at, each.seq))


def _thing(event: Event) -> tuple[bool, str]:
    entity = event.entity
    return bool(entity.id), fold_case(entity.id or entity.name or "")


def _seqs(began: Mark | None, ended: Mark | None) -> tuple[int, int]:
    return began.seq if began else 0, ended.seq if ended else 0


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_tokens_are_those_that_a_walk_through_the_events_leaves(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        found = find_tokens(connection, parse(text), scope, CLOCK)
    left: dict[tuple[bool, str], tuple[int, int]] = {}
    for event in _told(engine, scope, ""):
        if event.category != "api-tokens":
            continue
        began, ended = left.get(_thing(event), (0, -1))
        if event.op == "create" and ended:
            left[_thing(event)] = event.seq, 0
        elif event.op == "revoke" and ended <= 0:
            left[_thing(event)] = began, event.seq
    wanted = {each.seq for each in _told(engine, scope, text)}
    expected = {pair for pair in left.values() if (pair[0] or pair[1]) in wanted}
    assert {_seqs(each.began, each.ended) for each in found.all} == expected
    assert len(found.all) == len(expected) > 0
    assert found.now == sum(each.ended is None for each in found.all)
    last = max(each.occurred_at for each in _told(engine, scope, "actor:bob"))
    for each in found.all:
        if each.began and fold_case(each.began.by or "") == "bob":
            assert each.maker_seen_at == last
            assert each.is_away == (each.ended is None and last < CLOCK.now - 90 * DAY)


def test_a_token_of_somebody_who_lost_a_role_afterwards_comes_first(
    engine: Engine, workspace_id: int
) -> None:
    def event(name: str, action: str, day: int, actor: str, **changes: Any) -> dict[str, Any]:
        at = to_rfc3339(Instant(START + day * DAY))
        return make_record(
            id=name,
            action=action,
            timestamp=at,
            actor__username=actor,
            actor__user_id=None,
            **changes,
        )

    def role(name: str, day: int, role: str, who: str) -> dict[str, Any]:
        context = {"member_username": who, "role": role}
        return event(name, "org_user_role_changed", day, "boss", context=context, entity={})

    def token(name: str, day: int, actor: str) -> dict[str, Any]:
        action = "api_token_workspace_created"
        return event(name, action, day, actor, entity__entity_id=name, entity__entity_name=name)

    records = [
        role("r1", 1, "admin", "rafael"),
        role("r2", 2, "admin", "tess"),
        token("early", 3, "rafael"),
        role("r3", 4, "member", "rafael"),
        token("late", 5, "rafael"),
        role("r4", 6, "member", "tess"),
        role("r5", 7, "admin", "tess"),
        token("other", 110, "tess"),
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    with reading(engine) as connection:
        found = find_tokens(connection, parse(""), Scope(workspace_id=workspace_id), CLOCK)
    told = [(each.name, each.lowered is not None, each.is_away) for each in found.all]
    assert told == [("early", True, True), ("late", False, True), ("other", False, False)]
    assert (found.now, found.lowered, found.away) == (3, 1, 1)


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_groups_hold_those_that_a_walk_through_the_events_leaves(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        found = find_groups(connection, parse(text), scope, CLOCK)
    there: dict[tuple[tuple[bool, str], str], int] = {}
    for event in _told(engine, scope, ""):
        member = fold_case(event.subject.name or "")
        if event.action == "group_member_added":
            there[_thing(event), member] = event.seq
        elif event.action == "group_member_removed":
            there.pop((_thing(event), member), None)
        elif event.action == "group_deleted":
            there = {pair: seq for pair, seq in there.items() if pair[0] != _thing(event)}
    now = [one for each in found.all for one in each.members if one.ended is None]
    assert found.now == sum(each.now for each in found.all) == len(now)
    if not text:
        count = Counter(member for _, member in there)
        assert Counter(fold_case(one.member) for one in now) == count
    else:
        wanted = {each.seq for each in _told(engine, scope, text)}
        for each in found.all:
            for one in each.members:
                began, ended = _seqs(one.began, one.ended)
                assert (began or ended) in wanted


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_reports_are_counted_as_by_hand(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        found = find_reports(connection, parse(text), scope, CLOCK)
    asked = _told(engine, scope, text)
    expected = {}
    for thing in {_thing(each) for each in asked if each.action in SQL_ACTIONS}:
        mine = [each for each in asked if _thing(each) == thing]
        sql = [each for each in mine if each.action in SQL_ACTIONS]
        expected[sql[-1].occurred_at, thing[1]] = (
            len(sql),
            len({fold_case(each.actor.username or "") for each in sql}),
            sum(each.action == "report_activity_report_edited" for each in mine),
            sum(each.op == "export" for each in mine),
        )
    assert {
        (each.last.at, fold_case(each.id or each.name or "")): (
            each.sql_changes,
            each.people,
            each.edits,
            each.exports,
        )
        for each in found.all
    } == expected
    exports = [each.exports for each in found.all]
    assert exports == sorted(exports, reverse=True)
    assert found.sql_changes == sum(each.action in SQL_ACTIONS for each in asked) > 0
