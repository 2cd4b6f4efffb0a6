"""Exports beside what is usual, from new networks, after access was gained: all by hand, too."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from auditdash.events.addresses import ip_network
from auditdash.events.event import Event
from auditdash.events.folding import fold_case
from auditdash.events.instants import DAY, HOUR, Instant, parse_instant, to_datetime, to_rfc3339
from auditdash.events.periods import is_off_hours
from auditdash.queries.data_exports import export_actions, summarise_exports
from auditdash.queries.exports.around.gained import find_gained, gaining_actions
from auditdash.queries.exports.around.networks import find_networks
from auditdash.queries.permission_changes import iterate_permission_changes
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.make import make_record, store

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
START = parse_instant("2026-02-20T00:00:00Z")  # the clocks of Berlin change on 29 March
PEOPLE = (("u1", "bob"), ("u1", "Bob"), (None, "BOB"), ("u2", None), ("u2", "u1"), (None, None))
SUBJECTS = (("u1", "bob"), (None, "Bob"), ("u2", None), ("u9", "stranger"), (None, None))
ADDRESSES = ("10.0.0.7", "10.0.0.8", "10.0.1.1", "2001:db8::1", "2001:db8:0:9::1", "odd", None)
QUESTIONS = [
    ("", None),
    ("", 200),
    ("created:2026-03-25..2026-04-05", None),
    ("created:2026-02-25..2026-04-12", None),  # most of all: what is kept of all is looked at
    ("actor:bob ip:10.0.0.0/24", None),
]


def _scatter(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Exports and gains on sixty days, some at one instant, some days with many."""
    crowded = [dice.randrange(60) for _ in range(4)]
    records = []
    for number in range(count):
        day = dice.choice(crowded) if dice.random() < 0.4 else dice.randrange(60)
        at = Instant(START + day * DAY + dice.randrange(24) * HOUR)
        (identity, username), subject = dice.choice(PEOPLE), dice.choice(SUBJECTS)
        kind = dice.choice(("member", "group"))
        gain = {
            "action": dice.choice((*sorted(gaining_actions()), "connection_group_added_with_role")),
            "context": {
                f"{kind}_id": subject[0],
                f"{kind}_username": subject[1],
                "role": dice.choice(("view", "query", "manage", None)),
            },
        }
        export = {"action": dice.choice(export_actions()), "context": {}}
        records.append(
            make_record(
                id=f"x{number}",
                timestamp=to_rfc3339(at),
                actor__user_id=identity,
                actor__username=username,
                actor__ip=dice.choice(ADDRESSES),
                entity__entity_type="report",
                **(gain if dice.random() < 0.3 else export),
            )
        )
    dice.shuffle(records)  # late ones
    return records


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Some hundred events, those in the middle delivered twice."""
    records = _scatter(random.Random(5), 420)
    with writing(engine) as connection:
        store(connection, workspace_id, *records[:300])
        store(connection, workspace_id, *records[150:])
    return workspace_id


def _events(engine: Engine, scope: Scope, text: str) -> list[Event]:
    with reading(engine) as connection:
        found = list(iterate_events(connection, parse(text), scope, CLOCK))
    return sorted(found, key=lambda each: (each.occurred_at, each.seq))


def _exports(events: Iterable[Event]) -> list[Event]:
    return [each for each in events if each.op == "export"]


def _person(event: Event) -> str:
    return fold_case(event.actor.username or event.actor.id or "")


def _day(event: Event) -> int:
    return to_datetime(event.occurred_at, BERLIN).date().toordinal() - 719_163


def _usual(counts: list[int]) -> tuple[float, float, int]:
    if not counts:
        return 0, 0, 0
    middle = median(counts)
    return middle, median(abs(each - middle) for each in counts), len(counts)


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_each_busiest_day_stands_beside_the_28_days_before(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        summary = summarise_exports(connection, parse(text), scope, CLOCK, BERLIN)
    asked, ever = (_exports(_events(engine, scope, each)) for each in (text, ""))
    always = Counter((_person(each), _day(each)) for each in ever)
    unusual = set()
    for person in summary.people:
        mine = Counter(_day(each) for each in asked if _person(each) == person.key)
        most = max(mine.values())
        day = min(each for each, count in mine.items() if count == most)
        before = {pair: n for pair, n in always.items() if day - 28 <= pair[1] < day}
        own = _usual([count for (who, _), count in before.items() if who == person.key])
        peers = _usual([count for (who, _), count in before.items() if who != person.key])
        found = person.day
        assert (found.day, found.count) == (day, most)
        assert (found.own.median, found.own.spread, found.own.days) == own
        assert (found.peers.median, found.peers.spread, found.peers.days) == peers
        assert found.peers.people == len({who for who, _ in before} - {person.key})
        limits = [middle + 6 * max(away, 1) for middle, away, _ in (own, peers)]
        if most >= 10 and most > max(limits) and (own[2] or peers[2]):
            unusual.add(person.key)
        off = [each for each in asked if is_off_hours(each.occurred_at, BERLIN)]
        assert person.off_hours == sum(_person(each) == person.key for each in off)
    assert {each.key for each in summary.unlike} == unusual
    assert summary.off_hours == sum(is_off_hours(each.occurred_at, BERLIN) for each in asked) > 0


def test_a_day_stands_out_by_its_number_from_one_s_own_days_and_from_everybody_s(
    engine: Engine, workspace_id: int
) -> None:
    def exports(who: str, day: int, count: int) -> list[dict[str, Any]]:
        at = parse_instant("2026-03-01T09:00:00Z") + day * DAY
        return [
            make_record(
                id=f"{who}-{day}-{number}",
                action=export_actions()[0],
                actor__username=who,
                actor__user_id=who,
                timestamp=to_rfc3339(Instant(at + number)),
            )
            for number in range(count)
        ]

    usual = [
        each for day in range(5) for who in ("ann", "bea", "cy") for each in exports(who, day, 3)
    ]
    heavy = [each for day in range(5) for each in exports("dan", day, 20)]
    last = exports("ann", 20, 10) + exports("bea", 20, 9) + exports("dan", 20, 25)
    with writing(engine) as connection:
        store(connection, workspace_id, *usual, *heavy, *last)
    scope = Scope(workspace_id=workspace_id)
    with reading(engine) as connection:
        summary = summarise_exports(connection, parse(""), scope, CLOCK, BERLIN)
    assert [each.key for each in summary.unlike] == ["ann"]


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_networks_are_what_counting_by_hand_finds(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        found = find_networks(connection, parse(text), scope, CLOCK)
    asked, ever = (_exports(_events(engine, scope, each)) for each in (text, ""))

    def network(event: Event) -> str | None:
        return None if event.actor.ip is None else ip_network(event.actor.ip)

    new = Counter[tuple[str, str | None]]()
    for event in asked:
        pair = _person(event), network(event)
        first = next(each for each in ever if (_person(each), network(each)) == pair)
        mine = [each for each in asked if (_person(each), network(each)) == pair]
        earlier = [each for each in ever if _person(each) == pair[0]]
        known = earlier[0].occurred_at < first.occurred_at == mine[0].occurred_at
        if known and all(pair):
            new[pair] += 1
    assert {(fold_case(each.person), each.network): each.count for each in found.new} == new
    order = [(each.count, each.first_at) for each in found.new]
    assert order == sorted(order, reverse=True)
    assert sum(each.count for each in found.all) == len(asked)
    for row in found.all:
        mine = [each for each in asked if network(each) == row.name]
        assert row.count == len(mine)
        assert row.people == len({_person(each) for each in mine})
        assert row.new_people == sum(pair[1] == row.name for pair in new)
        always = [each for each in ever if network(each) == row.name]
        assert row.first_ever_at == always[0].occurred_at
        assert row.is_new == (always[0].occurred_at == mine[0].occurred_at)
        assert row.last_at == mine[-1].occurred_at


@pytest.mark.parametrize(("text", "highest_seq"), QUESTIONS)
def test_access_gained_and_the_exports_of_the_day_after_it_stand_together(
    engine: Engine, filled: int, text: str, highest_seq: int | None
) -> None:
    scope = Scope(workspace_id=filled, highest_seq=highest_seq)
    with reading(engine) as connection:
        found = find_gained(connection, parse(text), scope, CLOCK)
        changes = list(iterate_permission_changes(connection, parse(""), scope, CLOCK))
    up = {each.event.seq for each in changes if each.direction in {"up", "unknown"}}
    everything = _events(engine, scope, "")
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for event in everything:
        for part in ("id", "username"):
            if text_of := getattr(event.actor, part):
                people[part, fold_case(text_of)].add(_person(event))
    expected = {}
    for gain in everything:
        if gain.seq not in up or gain.action not in gaining_actions():
            continue
        if gain.subject.type != "member":
            continue
        keys = {("id", gain.subject.id), ("username", gain.subject.name)}
        who = {each for part, key in keys if key for each in people[part, fold_case(key)]}
        for person in who:
            after = [
                each
                for each in _exports(_events(engine, scope, text))
                if _person(each) == person
                and gain.occurred_at <= each.occurred_at <= gain.occurred_at + DAY
            ]
            if after:
                expected[gain.seq, person] = (len(after), after[0].seq, after[0].occurred_at)
    assert {
        (each.seq, fold_case(each.person)): (each.count, each.export_seq, each.export_at)
        for each in found
    } == expected
    assert expected
    counts = [each.count for each in found]
    assert counts == sorted(counts, reverse=True)


def test_any_event_may_tell_that_who_exports_is_who_gained(
    engine: Engine, workspace_id: int
) -> None:
    def event(number: int, action: str, **changes: Any) -> dict[str, Any]:
        at = Instant(START + number * HOUR)
        return make_record(id=f"{number}", action=action, timestamp=to_rfc3339(at), **changes)

    bob = {"actor__user_id": None, "actor__username": "bob"}
    gain = event(
        1, "connection_member_added_with_role", context={"member_id": "u7", "role": "manage"}
    )
    export = event(2, export_actions()[0], **bob)
    told = event(3, "report_activity_report_viewed", actor__user_id="u7", actor__username="bob")
    scope = Scope(workspace_id=workspace_id)
    counts = []
    for records in ((gain, export), (told,)):
        with writing(engine) as connection:
            store(connection, workspace_id, *records)
        with reading(engine) as connection:
            counts.append(len(find_gained(connection, parse(""), scope, CLOCK)))
    assert counts == [0, 1]
