"""What holds for every query and every text."""

from __future__ import annotations

from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auditdash.events.instants import parse_instant
from auditdash.search import edit
from auditdash.search.dates import resolve
from auditdash.search.errors import QueryError
from auditdash.search.help.hints import hints
from auditdash.search.help.sentence import describe
from auditdash.search.parse import LONGEST, parse
from auditdash.search.period import period_of
from auditdash.search.print import print_query
from auditdash.search.query import Atom, Compare, Present, Query, Range, Term, walk
from auditdash.search.scope import Clock
from tests.search.asking import NAMES, near_queries, queries

NEW_YORK = Clock(parse_instant("2026-03-10T12:00:00Z"), ZoneInfo("America/New_York"))
SAMOA = Clock(parse_instant("2011-12-31T12:00:00Z"), ZoneInfo("Pacific/Apia"))


@given(near_queries)
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_query_or_an_error_with_its_place(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as caught:
        error = caught
    else:
        assert parse(print_query(query)) == query
        return
    assert 0 <= error.position <= len(text)
    assert error.length >= 1
    assert error.what


@given(near_queries.filter(bool), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_a_text_that_is_too_long_is_an_error_wherever_it_is_cut(text: str, over: int) -> None:
    long = (text * (LONGEST + over))[: LONGEST + over]
    with pytest.raises(QueryError) as caught:
        parse(long)
    assert (caught.value.position, caught.value.length) == (LONGEST, over)
    with suppress(QueryError):
        parse(long[:LONGEST])


@given(queries)
@settings(max_examples=200, deadline=None)
def test_a_printed_query_is_read_as_the_same_query(query: Query) -> None:
    assert parse(print_query(query)) == query


@given(queries, st.sampled_from([NEW_YORK, SAMOA]))
@settings(max_examples=150, deadline=None)
def test_every_query_has_a_sentence_of_one_line_and_hints_that_are_queries(
    query: Query, clock: Clock
) -> None:
    sentence = describe(query, clock)
    assert sentence
    assert sentence.isprintable()
    for hint in hints(query):
        parse(hint.suggestion)


@given(queries, st.sampled_from([NEW_YORK, SAMOA]))
@settings(max_examples=150, deadline=None)
def test_a_frozen_query_keeps_its_periods_in_every_zone_at_every_time(
    query: Query, clock: Clock
) -> None:
    text = print_query(query)
    frozen = edit.freeze(text, clock)
    assume(len(frozen) <= LONGEST)  # dozens of dates, each as two instants, are refused instead
    later = Clock(parse_instant("2031-01-01T00:00:00Z"), ZoneInfo("Asia/Tokyo"))
    asked, kept = parse(text), parse(frozen)
    assert [resolve(value, clock) for value in _dates(asked)] == [
        resolve(value, later) for value in _dates(kept)
    ]
    assert period_of(asked, clock) == period_of(kept, later)
    assert edit.freeze(frozen, later) == frozen


def _dates(query: Query) -> list[Atom | Compare | Range | Present]:
    return [
        value
        for node in walk(query.node)
        if isinstance(node, Term) and node.field in {"created", "received"}
        for value in node.values
    ]


@given(
    queries,
    st.sampled_from(["actor", "entity", "action", "context.a b"]),
    st.sampled_from(NAMES) | st.text(max_size=20).filter(bool),
)
@settings(max_examples=200, deadline=None)
def test_clicks_make_queries_and_can_be_taken_back(query: Query, field: str, value: str) -> None:
    text = print_query(query)
    bare = edit.without(text, field)
    included = edit.include(text, field, value)
    excluded = edit.exclude(text, field, value)
    key = edit.atom_of(field, value).text
    assert edit.chosen(parse(included), field) >= {_fold(key)}
    assert _fold(key) not in edit.chosen(parse(included), field, excluded=True)
    assert edit.chosen(parse(excluded), field, excluded=True) >= {_fold(key)}
    assert _fold(key) not in edit.chosen(parse(excluded), field)
    for edited in (included, excluded):
        assert parse(edit.without(edited, field)) == parse(bare)
    assert edit.without(edit.include(bare, field, value), field, value) == bare


def _fold(text: str) -> str:
    return next(iter(edit.chosen(Query(Term("actor", (Atom(text, quoted=True),))), "actor")))


@pytest.mark.parametrize("value", NAMES)
def test_a_value_that_was_clicked_is_read_as_itself(value: str) -> None:
    query = parse(edit.only("x OR y", "entity", value))
    assert edit.chosen(query, "entity") == {_fold(value)}
