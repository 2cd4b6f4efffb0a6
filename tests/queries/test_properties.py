"""Random queries over random events: what holds for each of them, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from auditdash.queries.facets import count_facets
from auditdash.search.edit import without_field
from auditdash.search.match import matches
from auditdash.search.parse import parse
from auditdash.search.query import Not, Query
from auditdash.store.engine import reading
from tests.queries.corpus import CLOCK, HOME, SIZE, Corpus, means
from tests.search.asking import queries

_QUICK = settings(max_examples=150)
_negatable = queries.filter(lambda query: query.node is not None)


@_QUICK
@given(query=queries)
@example(query=parse("-(actor:* OR -entity:*)"))
@example(query=parse("is:late OR is:first-seen OR is:off-hours OR is:night"))
@example(query=parse("is:late -is:first-seen"))
@example(query=parse("ua_family:* -ua_family:other,*r*"))
def test_both_databases_find_the_rows_that_are_meant(
    corpora: dict[str, Corpus], query: Query
) -> None:
    plain = corpora["sqlite"]
    meant = {
        event.seq: event.occurred_at
        for event in plain.events
        if means(query.node, event, plain.marks[event.seq])
    }
    turn = 1 if query.order == "created-asc" else -1
    expected = sorted(meant, key=lambda seq: (turn * meant[seq], turn * seq))
    assert plain.find(query) == expected
    assert corpora["postgres"].find(query) == expected
    assert plain.count(query) == corpora["postgres"].count(query) == len(expected)


@_QUICK
@given(query=queries)
def test_an_event_by_itself_matches_where_the_language_means_it(
    corpora: dict[str, Corpus], query: Query
) -> None:
    corpus = corpora["sqlite"]
    for event in corpus.events[::3]:
        marks = corpus.marks[event.seq]
        found = matches(query.node, event, CLOCK, marks, HOME)
        assert found is means(query.node, event, marks)


@_QUICK
@given(query=_negatable)
def test_a_query_and_its_negation_count_up_to_all(corpora: dict[str, Corpus], query: Query) -> None:
    assert query.node is not None
    for corpus in corpora.values():
        assert corpus.count(query) + corpus.count(Query(Not(query.node))) == SIZE


@_QUICK
@given(query=queries)
def test_the_counts_of_a_facet_add_up_to_the_result(
    corpora: dict[str, Corpus], query: Query
) -> None:
    told = []
    for corpus in corpora.values():
        with reading(corpus.engine) as connection:
            facets = count_facets(connection, query, corpus.scope, CLOCK, top=3)
        assert facets.total == corpus.count(query)
        for facet in facets.facets:
            counted = sum(choice.count for choice in facet.choices)
            rest = corpus.count(without_field(query, facet.field))
            assert counted + facet.other_count + facet.missing == rest, facet.field
        told.append(facets)
    assert told[0] == told[1]


@pytest.mark.parametrize("mark", ["late", "first-seen", "off-hours", "night"])
def test_the_random_events_have_each_mark_and_lack_it(corpus: Corpus, mark: str) -> None:
    assert 10 < corpus.count(parse(f"is:{mark}")) < SIZE - 10
