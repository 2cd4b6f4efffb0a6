"""What clicks and the period picker make of a text."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period, month_period
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.parse import parse
from auditdash.search.print import print_query
from auditdash.search.scope import Clock

NEW_YORK = ZoneInfo("America/New_York")
NOW = Clock(parse_instant("2026-03-10T14:30:00Z"), NEW_YORK)


@pytest.mark.parametrize(
    ("text", "field", "value", "edited"),
    [
        ("", "actor", "bob", "actor:bob"),
        ("x sort:created-asc", "actor", "bob", "x actor:bob sort:created-asc"),
        ("actor:al*", "actor", "bob", "actor:al*,bob"),
        ("actor:BOB", "actor", "bob", "actor:BOB"),
        ("actor:* x", "actor", "bob", "actor:* x actor:bob"),
        ("-actor:bob", "actor", "bob", "actor:bob"),
        ("-actor:bob,al", "actor", "bob", "-actor:al actor:bob"),
        ("a OR b", "actor", "bob", "(a OR b) actor:bob"),
        ("actor:x OR y", "actor", "bob", "(actor:x OR y) actor:bob"),
        ("", "actor", "a b", 'actor:"a b"'),
        ("", "actor", 'a"b', 'actor:"a\\"b"'),
        ("", "actor", "*", 'actor:"*"'),
        ("", "actor", "a*", 'actor:"a*"'),
        ("", "actor", "x) OR (y", 'actor:"x) OR (y"'),
        ("", "action", "collection", 'action:"collection"'),
        ("", "category", "exports", "category:exports"),
        ("", "ip", "10.0.0.0/8", "ip:10.0.0.0/8"),
        ("", "context.a b", "c", 'context."a b":c'),
        ("actor:bob x", "actor", None, "x -actor:*"),
    ],
)
def test_a_value_is_included(text: str, field: str, value: str | None, edited: str) -> None:
    assert edit.include(text, field, value) == edited


@pytest.mark.parametrize(
    ("text", "field", "value", "edited"),
    [
        ("", "actor", "bob", "-actor:bob"),
        ("-actor:al x", "actor", "bob", "-actor:al,bob x"),
        ("actor:bob", "actor", "bob", "-actor:bob"),
        ("actor:bob,al", "actor", "BOB", "actor:al -actor:BOB"),
        ("actor:bob", "actor", None, "actor:*"),
    ],
)
def test_a_value_is_excluded(text: str, field: str, value: str | None, edited: str) -> None:
    assert edit.exclude(text, field, value) == edited


@pytest.mark.parametrize(
    ("text", "value", "edited"),
    [
        ("actor:bob x -actor:al", None, "x"),
        ("actor:bob,al x", "bob", "actor:al x"),
        ("-actor:bob x", "bob", "x"),
        ("actor:bob OR x", None, "actor:bob OR x"),
        ("-(actor:bob x)", None, "-(actor:bob x)"),
        ("", None, ""),
    ],
)
def test_a_field_or_a_value_is_let_go(text: str, value: str | None, edited: str) -> None:
    assert edit.without(text, "actor", value) == edited


def test_only_one_value_is_left() -> None:
    assert (
        edit.only("category:exports,reports x", "category", "schedules") == "x category:schedules"
    )


def test_a_facet_counts_without_its_own_field() -> None:
    query = edit.without_field(parse("actor:bob -actor:al x sort:created-asc"), "actor")
    assert print_query(query) == "x sort:created-asc"


@pytest.mark.parametrize(
    ("text", "start", "end", "edited"),
    [
        ("x", "2026-03-08", "2026-03-09", "x created:2026-03-08..2026-03-09"),
        ("created:2025 x", "2026-03", "2026-03", "x created:2026-03"),
        ("x created:>=2026 created:<2027", "", "", "x"),
        ("", "now-7d", "", "created:>=now-7d"),
        ("-created:2025", "", "2026", "-created:2025 created:<=2026"),
    ],
)
def test_the_period_picker_is_the_term_created(
    text: str, start: str, end: str, edited: str
) -> None:
    assert edit.with_period(text, start, end) == edited


@pytest.mark.parametrize("date", ["x", "2026 OR y", "2026,2027", "2026 ", '"', "2026-03-08..2027"])
def test_the_period_picker_takes_dates_alone(date: str) -> None:
    if date.strip() == "2026":
        assert edit.with_period("", date, date) == "created:2026"
        return
    with pytest.raises(BadInput):
        edit.with_period("", date, "2027" if ".." in date else date)


def test_a_bar_is_asked_for_by_its_period() -> None:
    march = month_period(2026, 3, NEW_YORK)
    assert edit.within("x created:2026", march, NEW_YORK) == "x created:2026-03"
    in_utc = edit.within("x", march, ZoneInfo("UTC"))
    assert in_utc == "x created:2026-03-01T05:00:00Z..2026-04-01T03:59:59Z"
    assert edit.within("x created:2026", Period(), NEW_YORK) == "x"


def test_a_frozen_text_has_instants_at_each_place() -> None:
    text = "-(created:today OR received:>=now-1h) actor:bob sort:created-asc"
    assert edit.freeze(text, NOW) == (
        "-(created:2026-03-10T04:00:00Z..2026-03-11T03:59:59Z OR received:>=2026-03-10T13:30:00Z)"
        " actor:bob sort:created-asc"
    )


def test_what_is_no_query_is_not_edited() -> None:
    with pytest.raises(QueryError):
        edit.include("(", "actor", "bob")


def test_a_long_value_is_written_by_its_key() -> None:
    text = edit.include("", "actor", "X" * 60_000)
    assert len(text) < 700
    assert edit.without(text, "actor", "x" * 60_000) == ""
