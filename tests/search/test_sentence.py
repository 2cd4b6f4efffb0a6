"""A query as people would say it, and what it may have been meant to be."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from auditdash.events.instants import parse_instant
from auditdash.search.help.hints import Hint, hints
from auditdash.search.help.sentence import describe
from auditdash.search.parse import parse
from auditdash.search.scope import Clock

NOW = Clock(parse_instant("2026-03-10T14:30:00Z"), ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "category:exports actor:bob created:2026-03-08..2026-03-09 -ip:10.0.0.0/8",
            "Data exports by bob, 8–9 March 2026 (New York), not from 10.0.0.0/8",
        ),
        ("", "All events"),
        ("sort:created-asc", "All events, oldest first"),
        ("-source:auditdash", "Events, not from the source auditdash"),
        ("created:2026-03 actor:bob,al", "Events by bob or al, March 2026 (New York)"),
        ("actor:a,b,c", "Events by a, b or c"),
        ("category:exports,reports", "Data exports or Report activity"),
        ("-category:exports", "Events, not in Data exports"),
        ("created:>=now-7d", "Events, in the last 7 days (New York)"),
        ("created:>now-1h", "Events, in the last hour (New York)"),
        ("received:2026-03-08", "Events, received 8 March 2026 (New York)"),
        ("action:collection", "Events of the action collection_…"),
        ('action:"collection_created"', "Events of the action “Collection created”"),
        ("foo bar", "Events containing “foo” and “bar”"),
        ('actor:bob -"a b"', "Events by bob, not containing “a b”"),
        ("-actor:*", "Events, without an actor"),
        ("ip:*", "Events with an address"),
        ("context.x:*", "Events with any x"),
        ("context.group_name:g", "Events with group_name g"),
        ("is:sensitive -is:export", "Events marked sensitive, not exporting data"),
        ("actor:a OR payroll", "Events by a or containing “payroll”"),
        ("-(a OR b c)", "Events, not (containing “a” or (containing “b” and containing “c”))"),
        ("--actor:a", "Events, by a"),
        ('actor:"\u202eevil\n"', "Events by \ufffdevil␊"),
    ],
)
def test_a_query_is_said_in_english(text: str, sentence: str) -> None:
    assert describe(parse(text), NOW) == sentence


@pytest.mark.parametrize(
    ("text", "said", "suggestion"),
    [
        ("actor:a actor:b x", "Did you mean actor:a,b?", "actor:a,b x"),
        ("actor:a x actor:b actor:a", "Did you mean actor:a,b?", "actor:a,b x"),
        ("a or b", "Capital OR", "a OR b"),
        ("actor:a and not actor:b", "Capital AND and NOT", "actor:a -actor:b"),
        ("x -(a or b)", "Capital OR", "x -(a OR b)"),
        ("created:2027..2026", "2027 is later than 2026", ""),
    ],
)
def test_an_unlikely_query_has_a_hint(text: str, said: str, suggestion: str) -> None:
    (hint,) = hints(parse(text))
    assert said in hint.text
    assert hint.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "",
        "or",
        "or a",
        "a not",
        '"or" b',
        "actor:a -actor:b",
        "actor:a OR actor:b",
        "ip:10.0.0.0/8 ip:10.1.0.0/16",
        "created:>=2026 created:<2027",
        "context.tags:a context.tags:b",
        "created:2026..2026",
        "created:now..today",
    ],
)
def test_a_likely_query_has_none(text: str) -> None:
    assert hints(parse(text)) == list[Hint]()
