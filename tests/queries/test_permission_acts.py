"""Acts are those of an oracle that walks over all events, on both databases."""

from __future__ import annotations

import random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from auditdash.events.instants import parse_instant
from auditdash.queries.permission_answers.acts import Act, find_acts
from auditdash.queries.permission_changes import Access
from auditdash.queries.permissions.selection import ANYTHING, Derived
from auditdash.queries.stream import iterate_events
from auditdash.queries.timeline import Cursor
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import store
from tests.queries.access_events import acts_of, random_changes, tell

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))


def _all(
    connection: Connection, text: str, scope: Scope, limit: int, derived: Derived = ANYTHING
) -> list[Act]:
    """Page after page."""
    acts: list[Act] = []
    after: Cursor | None = None
    while True:
        page = find_acts(connection, parse(text), scope, CLOCK, derived, after, limit)
        acts += page.acts
        after = page.following
        if after is None:
            return acts


@pytest.mark.parametrize("seed", range(2))
def test_acts_are_those_that_an_oracle_tells_page_after_page(
    engine: Engine, workspace_id: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if there were a hundred thousand changes: too few of them are looked at, or just enough.
    monkeypatch.setattr("auditdash.queries.permission_answers.acts._LOOKED_AT", 1 + seed)
    records = random_changes(random.Random(f"acts {seed}"), 240)
    with writing(engine) as connection:
        store(connection, workspace_id, *records[:200], *records[:20])
    for text, limit in (("", 500), ("", 1), ("sort:created-asc", 7), ("op:grant", 5)):
        for more in (records[:200], records):  # late ones come while somebody looks
            with writing(engine) as connection:
                store(connection, workspace_id, *more)
            scope = Scope(workspace_id=workspace_id)
            with reading(engine) as connection:
                everything = list(iterate_events(connection, Query(), scope, CLOCK))
                asked = [each.seq for each in iterate_events(connection, parse(text), scope, CLOCK)]
                found = _all(connection, text, scope, limit)
            expected = _expected(acts_of(everything), asked)
            assert [[each.event.seq for each in act.changes] for act in found] == [
                mine[:25] for mine, _ in expected
            ]
            assert [(act.count, act.of) for act in found] == [
                (len(mine), of) for mine, of in expected
            ]


def _expected(acts: list[list[int]], asked: list[int]) -> list[tuple[list[int], int]]:
    """What was asked for of each act, in the order of the query, and how many changes it has."""
    act_of = {seq: number for number, members in enumerate(acts) for seq in members}
    mine: dict[int, list[int]] = {}
    for seq in asked:
        if seq in act_of:
            mine.setdefault(act_of[seq], []).append(seq)
    return [(seqs, len(acts[number])) for number, seqs in mine.items()]


def test_what_no_event_tells_alone_can_be_asked_too(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random("derived"), 240))
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        told = tell(iterate_events(connection, Query(), scope, CLOCK))
        for derived in (
            Derived(direction="up"),
            Derived(direction="unknown"),
            Derived(before="unknown", after="none"),
            Derived(before="role:view", after="role:manage"),
            Derived(before="role:nobody"),
        ):
            acts = _all(connection, "", scope, 50, derived)
            found = {each.event.seq for act in acts for each in act.changes}
            assert found == {
                seq
                for seq, each in told.items()
                if derived.direction in (None, each.direction)
                and derived.before in (None, _text(each.before))
                and derived.after in (None, _text(each.after))
            }
            assert sum(act.count for act in acts) == len(found)


def _text(access: Access) -> str:
    return f"role:{access.role.lower()}" if access.role else access.kind
