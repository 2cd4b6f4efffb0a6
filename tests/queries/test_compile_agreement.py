"""Random queries over random events: both databases find the rows that the language means."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings

from auditdash.search.parse import parse
from auditdash.search.query import Atom, Not, Query, Term, walk
from tests.queries.corpus import SIZE, Corpus, means
from tests.search.asking import queries

_DERIVED = {"off-hours", "late", "first-seen"}


def _is_compiled(query: Query) -> bool:
    return not any(
        isinstance(node, Term)
        and (node.field == "ua_family" or any(_is_derived(value) for value in node.values))
        for node in walk(query.node)
    )


def _is_derived(value: object) -> bool:
    return isinstance(value, Atom) and value.text in _DERIVED


_compiled = queries.filter(_is_compiled)
_QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_QUICK
@given(query=_compiled)
@example(query=parse("-(actor:* OR -entity:*)"))
def test_both_databases_find_the_rows_that_are_meant(
    corpora: dict[str, Corpus], query: Query
) -> None:
    meant = {
        event.seq: event.occurred_at
        for event in corpora["sqlite"].events
        if means(query.node, event)
    }
    turn = 1 if query.order == "created-asc" else -1
    expected = sorted(meant, key=lambda seq: (turn * meant[seq], turn * seq))
    assert corpora["sqlite"].find(query) == expected
    assert corpora["postgres"].find(query) == expected


@_QUICK
@given(query=_compiled.filter(lambda query: query.node is not None))
def test_a_query_and_its_negation_count_up_to_all(corpora: dict[str, Corpus], query: Query) -> None:
    assert query.node is not None
    for corpus in corpora.values():
        found, others = corpus.find(query), corpus.find(Query(Not(query.node)))
        assert sorted(found + others) == list(range(1, SIZE + 1))
