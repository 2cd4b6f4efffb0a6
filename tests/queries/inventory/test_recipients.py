from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import HOUR, Instant, parse_instant, to_rfc3339
from auditdash.queries.inventory.domains import domain_of
from auditdash.queries.inventory.recipients import Recipient, Recipients, find_recipients
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
START = parse_instant("2026-03-01T00:00:00Z")
_ACTIONS = (
    *("report_schedule_user_email_added",) * 4,
    *("report_schedule_channel_added",) * 2,
    *("report_schedule_user_email_removed",) * 2,
    "report_schedule_channel_removed",
    "report_schedule_deleted",
    "report_activity_report_deleted",
    "org_user_invited",
)
_ADDRESSES = ("ann@acme.example", "Ann@ACME.example", "spy@rival.example", "no address", None)


def _scatter(dice: random.Random, count: int) -> list[dict[str, Any]]:
    records = []
    for number in range(count):
        action = dice.choice(_ACTIONS)
        address = dice.choice(_ADDRESSES)
        invited = action == "org_user_invited"
        records.append(
            make_record(
                id=f"s{number}",
                action=action,
                timestamp=to_rfc3339(Instant(START + dice.randrange(200) * HOUR)),
                actor__username=dice.choice(("bob", "eve")),
                entity__entity_type="user" if invited else "report",
                entity__entity_id=dice.choice(("r1", "r2", None)),
                entity__entity_name=dice.choice(("Payroll", "Sales")),
                context={
                    "email": "new@acme.example" if invited else address,
                    "channel_name": dice.choice(("#sales", "#Sales", None)),
                    "schedule_id": dice.choice(("s1", "s2", None)),
                },
            )
        )
    dice.shuffle(records)
    return records


def _find(
    engine: Engine, scope: Scope, text: str, domains: frozenset[str] = frozenset()
) -> Recipients:
    with reading(engine) as connection:
        return find_recipients(connection, parse(text), scope, CLOCK, domains)


def _told(engine: Engine, scope: Scope, text: str) -> list[Event]:
    with reading(engine) as connection:
        found = list(iterate_events(connection, parse(text), scope, CLOCK))
    return sorted(found, key=lambda each: (each.occurred_at, each.seq))


def _report(event: Event) -> tuple[bool, str]:
    entity = event.entity
    return bool(entity.id), fold_case(entity.id or entity.name or "")


def _recipient(event: Event) -> tuple[str | None, str]:
    return event.subject.type, fold_case(event.subject.name or event.subject.id or "")


def _last(events: list[Event], of: Event) -> tuple[int, int, bool]:
    """When what this event is about was there for the last time: the seqs of both events."""
    began = ended = 0
    seen = cleared = False
    for event in events:
        same = _report(event) == _report(of)
        exact = same and event.context.get("schedule_id") == of.context.get("schedule_id")
        deleted = {"report_activity_report_deleted": same, "report_schedule_deleted": exact}
        over = deleted.get(event.action, False)
        if not over and not (exact and _recipient(event) == _recipient(of)):
            continue
        there = seen and not ended
        if over and there:
            ended, cleared = event.seq, True
        elif event.op == "grant" and not there:
            began, ended, seen, cleared = event.seq, 0, True, False
        elif event.op == "revoke" and (there or not seen):
            ended, seen = event.seq, True
    return began, ended, cleared


def _seqs(found: Recipient) -> tuple[int, int, bool]:
    began = found.began.seq if found.began else 0
    return began, found.ended.seq if found.ended else 0, found.schedule_deleted


@pytest.mark.parametrize(
    ("text", "highest_seq"),
    [("", None), ("", 90), ("actor:bob created:2026-03-02..2026-03-05", None)],
)
def test_recipients_are_those_that_a_walk_through_the_events_leaves(
    engine: Engine, workspace_id: int, text: str, highest_seq: int | None
) -> None:
    records = _scatter(random.Random(3), 160)
    with writing(engine) as connection:
        store(connection, workspace_id, *records[:110])
    scope = Scope(workspace_id=workspace_id, highest_seq=highest_seq)
    _find(engine, scope, text)  # what it remembers must not outlive what comes now
    with writing(engine) as connection:
        store(connection, workspace_id, *records[60:])  # late ones, and some again
    everything, asked = (_told(engine, scope, each) for each in ("", text))
    of = [each for each in everything if each.op in {"grant", "revoke"}]
    stretches = {_last(everything, each) for each in of}
    wanted = {each.seq for each in asked}
    expected = {each for each in stretches if (each[0] or each[1]) in wanted}
    found = _find(engine, scope, text)
    assert {_seqs(each) for each in found.all} == expected
    assert len(found.all) == len(expected) > 5
    assert found.inside == {"acme.example"}
    for each in found.all:
        is_known = each.kind == "email" and domain_of(each.name)
        assert each.outside is (each.name == "spy@rival.example" if is_known else None)
    assert found.now == sum(each.ended is None for each in found.all)
    assert found.outside_now == sum(bool(each.outside) for each in found.all if not each.ended)
    places = [(each.ended is not None, not each.outside) for each in found.all]
    assert places == sorted(places)


def test_configured_domains_take_the_place_of_those_of_the_feed(
    engine: Engine, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *_scatter(random.Random(3), 80))
    scope = Scope(workspace_id=workspace_id)
    found = _find(engine, scope, "", frozenset({"rival.example"}))
    outside = {fold_case(each.name) for each in found.all if each.outside}
    assert found.inside == frozenset({"rival.example"})
    assert outside == {"ann@acme.example"}
