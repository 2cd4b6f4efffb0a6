"""Why an event is not in a result."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.records.normalise import normalise
from auditdash.search.help.why import Reason, explain
from auditdash.search.match import matches
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from tests.make import make_raw
from tests.search.asking import queries

CLOCK = Clock(parse_instant("2026-04-10T12:00:00Z"), ZoneInfo("America/New_York"))
ADDED = "collection_member_added"
ALICE = {
    "action": ADDED,
    "timestamp": "2026-04-08T18:05:09Z",
    "description": "Member \u202eadded",
    "actor": {"username": "alice", "user_id": "a1", "ip": "10.0.0.1", "user_agent": "curl/8"},
    "entity": {"entity_name": "Payroll", "entity_type": "collection", "entity_id": "c1"},
    "context": {"role": "view", "tags": ["a", "b", "c", "d", "e"], "user_name": "bob"},
}


def make_event(**changes: object) -> Event:
    return normalise(make_raw(**{**ALICE, **changes}), "mode", "acme")


def reasons(text: str, event: Event | None = None, *marks: str) -> tuple[Reason, ...]:
    query = parse(text)
    return explain(query, event or make_event(), CLOCK, frozenset(marks), ZoneInfo("Asia/Dubai"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("actor:bob", "this event’s actor is “alice”, id “a1”"),
        ("-actor:alice", "this event’s actor is “alice”, id “a1”"),
        ("subject:al*", "this event’s subject is “bob”"),
        ("entity:x,y", "this event’s entity is “Payroll”, id “c1”"),
        ("entity_type:x", "this event’s entity type is “collection”"),
        (
            "action:group",
            "this event’s action is “collection_member_added” (Member added to collection)",
        ),
        ("category:exports", "this event’s category is “Collections”"),
        ("op:read", "this event’s kind is “grant”"),
        ("role:manage", "this event’s role is “view”"),
        ("ip:10.1.0.0/16", "this event’s address is “10.0.0.1”"),
        ("ua:x", "this event’s user agent is “curl/8”"),
        ("ua_family:chrome", "this event’s user agent is “curl”"),
        ("-ua_family:*", "this event’s user agent is “curl”"),
        ("corr:*", "this event has no correlation id"),
        ("context.tags:x", "this event’s context.tags is “a” and “b” and “c” and 2 more"),
        ("context.none:x", "this event has no context.none"),
        ("created:2026-03", "it happened 8 April 2026, 14:05:09 (New York)"),
        ("-created:2026-04", "it happened 8 April 2026, 14:05:09 (New York)"),
        ("received:>=2026", "it came here 31 December 1969, 19:00:00 (New York)"),
        ("is:export", "it does not export data"),
        ("is:export,sensitive", "it does not export data; its action is not marked sensitive"),
        ("-is:permission", "it changes permissions"),
        ("-is:off-hours", "it happened on a Wednesday at 22:05:09 (Dubai), outside office hours"),
        ("-is:night", "it happened at 22:05:09 (Dubai), at night"),
        ("is:late", "it did not come more than a day late"),
        ("payrol pay x", "no text of this event has a word that begins with “x”"),
        ('"roll pay"', "no text of this event has “roll pay”"),
        ("-added", "this event has the text “collection_member_added”"),
        ('-"member \u202eadded"', "this event has the text “collection_member_added”"),
    ],
)
def test_a_term_is_told_what_the_event_has_instead(text: str, sentence: str) -> None:
    event = make_event(timestamp="2026-04-08T18:05:09Z")
    (reason,) = reasons(text, event)
    assert reason.sentence == sentence
    assert reason.negated is text.startswith("-")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", []),
        ("actor:alice", []),
        ("actor:alice OR actor:bob", []),
        ("actor:bob entity:payroll", [("actor:bob", 0)]),
        ("actor:bob entity:x", [("actor:bob", 0), ("entity:x", 0)]),
        ("actor:bob OR actor:carol", [("actor:bob", 1), ("actor:carol", 1)]),
        ("x (actor:bob OR y) (a1 OR z)", [("x", 0), ("actor:bob", 1), ("y", 1)]),
        ("(q OR r) (s OR t)", [("q", 1), ("r", 1), ("s", 2), ("t", 2)]),
        ("-(actor:bob OR actor:alice OR a1)", [("actor:alice", 0), ("a1", 0)]),
        ("-(actor:alice entity:payroll)", [("actor:alice", 1), ("entity:payroll", 1)]),
        ("-(actor:alice -entity:x)", [("actor:alice", 1), ("-entity:x", 1)]),
        ("--actor:bob", [("-actor:bob", 0)]),
        ("x OR (y actor:alice)", [("x", 1), ("y", 1)]),
    ],
)
def test_the_innermost_terms_are_responsible(text: str, told: list[tuple[str, int]]) -> None:
    assert [(reason.text, reason.group) for reason in reasons(text)] == told


def test_a_reason_knows_its_place() -> None:
    text = "payroll -actor:alice created:2026-03"
    found = reasons(text)
    assert [text[each.span.start : each.span.end] for each in found] == [
        "-actor:alice",
        "created:2026-03",
    ]


def test_who_is_nobody_is_never_first_seen() -> None:
    (reason,) = reasons("is:first-seen", make_event(actor={}))
    assert "no actor" in reason.sentence
    (reason,) = reasons("is:first-seen")
    assert reason.sentence == "its actor had done this before"
    assert reasons("is:first-seen", None, "first-seen") == ()


@given(queries)
@settings(max_examples=200, deadline=None)
def test_there_are_reasons_exactly_where_there_is_no_match(query: Query) -> None:
    event = make_event(actor={"username": "zoë\u202e\x00", "user_agent": "x" * 600})
    found = explain(query, event, CLOCK)
    assert bool(found) is not matches(query.node, event, CLOCK)
    for reason in found:
        assert reason.sentence.isprintable()
        assert len(reason.sentence) < 500
