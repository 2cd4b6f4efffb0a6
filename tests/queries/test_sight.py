"""What a limited reader is told is what brute force finds in the events that they may see."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.accounts.scopes import parse_limit
from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.events.event import Event
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period
from auditdash.index.view import open_whole
from auditdash.queries.explore.lookup import look_up
from auditdash.queries.explore.values import frequent_paths, frequent_values
from auditdash.queries.facets import FACETS, count_facets
from auditdash.queries.histogram import count_over_time
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import count_events, find_event, find_events
from auditdash.records.conceal import HIDDEN, redact, without_addresses
from auditdash.records.normalise import normalise
from auditdash.search.parse import parse
from auditdash.search.print import print_query
from auditdash.search.query import Query, Term, walk
from auditdash.search.scope import Limit, Scope
from auditdash.store.engine import reading
from tests.queries.corpus import CLOCK, SIZE, Corpus, means
from tests.search.asking import ADDRESSES, queries

_QUICK = settings(max_examples=25)
_EDGES = [
    None,
    *map(parse_instant, ("2026-03-01T05:00:00Z", "2026-03-08T07:00:00Z", "2026-11-01T04:00:00Z")),
]


def _is_limit(query: Query) -> bool:
    return not any(
        isinstance(node, Term) and node.field in {"created", "received"}
        for node in walk(query.node)
    ) and "own-access" not in print_query(query)


limits = st.builds(
    lambda query, start, end: Limit(query=Query(query.node), period=Period(start, end)),
    queries.filter(_is_limit),
    st.sampled_from(_EDGES),
    st.sampled_from(_EDGES),
)


def _within(corpus: Corpus, limit: Limit) -> list[Event]:
    return [
        event
        for event in corpus.events
        if limit.period.contains(event.occurred_at)
        and means(limit.query.node, event, corpus.marks[event.seq])
    ]


def _meant(corpus: Corpus, query: Query, seen: Sequence[Event]) -> list[int]:
    found = [each for each in seen if means(query.node, each, corpus.marks[each.seq])]
    turn = 1 if query.order == "created-asc" else -1
    ordered = sorted(found, key=lambda each: (turn * each.occurred_at, turn * each.seq))
    return [each.seq for each in ordered]


def _found(connection: Connection, query: Query, scope: Scope) -> list[int]:
    page = find_events(connection, query, scope, CLOCK, limit=SIZE)
    return [event.seq for event in page.events]


@_QUICK
@given(query=queries, limit=limits)
def test_the_answer_is_that_of_the_events_in_scope(
    corpora: dict[str, Corpus], query: Query, limit: Limit
) -> None:
    for corpus in corpora.values():
        scope, seen = replace(corpus.scope, limit=limit), _within(corpus, limit)
        expected = _meant(corpus, query, seen)
        with reading(corpus.engine) as connection:
            assert _found(connection, query, scope) == expected
            assert count_events(connection, query, scope, CLOCK) == len(expected)
            facets = count_facets(connection, query, scope, CLOCK)
            over_time = count_over_time(connection, query, scope, CLOCK)
            told = b"".join(iterate_csv(connection, query, scope, CLOCK)).decode("utf-8-sig")
            records = b"".join(iterate_ndjson(connection, query, scope, CLOCK)).count(b"\n")
        assert facets.total == len(expected)
        assert over_time.total == len(expected)
        assert [int(row[0]) for row in [*csv.reader(StringIO(told))][1:]] == expected
        assert records == len(expected)


@_QUICK
@given(limit=limits)
def test_no_value_of_another_event_is_told(corpora: dict[str, Corpus], limit: Limit) -> None:
    for corpus in corpora.values():
        scope, seen = replace(corpus.scope, limit=limit), _within(corpus, limit)
        numbers = {event.seq for event in seen}
        said = repr(seen)
        with reading(corpus.engine) as connection:
            for event in corpus.events[::7]:
                there = event.seq in numbers
                assert (find_event(connection, scope, event.seq) is not None) is there
                found = look_up(connection, scope, event.id)
                assert (event.seq in {each.seq for each in found}) is there
            for facet in count_facets(connection, Query(), scope, CLOCK).facets:
                if facet.field not in {"category", "ua_family", "ip"}:  # these are not in an event
                    for choice in facet.choices:
                        assert repr(choice.value)[1:-1] in said, facet
            for field in FACETS:
                for choice in frequent_values(connection, Query(), scope, CLOCK, field, limit=99):
                    assert choice.count > 0
            paths = frequent_paths(connection, scope, limit=99)
        assert all(repr(path.split(".")[0])[1:-1] in said for path in paths)


@_QUICK
@given(query=queries)
def test_who_sees_no_addresses_cannot_search_them(corpora: dict[str, Corpus], query: Query) -> None:
    for corpus in corpora.values():
        scope = replace(corpus.scope, addresses=False)
        concealed = [
            replace(
                normalise(without_addresses(event.record.encode()), event.source, "acme"),
                seq=event.seq,
                received_at=event.received_at,
            )
            for event in corpus.events
        ]
        expected = _meant(corpus, query, concealed)
        with reading(corpus.engine) as connection:
            assert _found(connection, query, scope) == expected
            assert count_events(connection, query, scope, CLOCK) == len(expected)


def test_no_address_is_in_any_file_or_list(corpus: Corpus) -> None:
    scope = replace(corpus.scope, addresses=False)
    with reading(corpus.engine) as connection:
        for scope_of in (corpus.scope, scope):
            said = b"".join(iterate_csv(connection, Query(), scope_of, CLOCK)).decode()
            said += b"".join(iterate_ndjson(connection, Query(), scope_of, CLOCK)).decode()
            said += repr(count_facets(connection, Query(), scope_of, CLOCK, top=99))
            said += repr(frequent_values(connection, Query(), scope_of, CLOCK, "ip", limit=99))
            there = [address for address in ADDRESSES if address in said]
            assert there == (list(ADDRESSES) if scope_of.addresses else [])


def test_a_view_of_everything_is_never_opened_for_a_limited_reader(corpus: Corpus) -> None:
    limit = Limit(query=parse("op:export"))
    with reading(corpus.engine) as connection:
        for scope in (
            replace(corpus.scope, limit=limit),
            replace(corpus.scope, addresses=False),
        ):
            with pytest.raises(ValueError, match="more than its reader may see"):
                open_whole(connection, scope)
            assert open_view(connection, scope).addresses is scope.addresses


@pytest.mark.parametrize("prefix", [".", ".*", "a|.", "(", "[", "\\", "^", "(?:"])
def test_what_begins_with_a_sign_is_no_pattern(corpus: Corpus, prefix: str) -> None:
    with reading(corpus.engine) as connection:
        for choice in frequent_values(connection, Query(), corpus.scope, CLOCK, "actor", prefix):
            assert prefix in choice.value + choice.label
        assert frequent_values(connection, Query(), corpus.scope, CLOCK, "actor", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 10.0.0.1.", f"from {HIDDEN}."),
        ("10.0.0.1:443", f"{HIDDEN}:443"),
        ("ip:10.0.0.0/8 OR ip:2001:db8::1", f"ip:{HIDDEN}/8 OR ip:{HIDDEN}"),
        ("::ffff:10.0.0.1", HIDDEN),
        ("::1", HIDDEN),
        ("Chrome/126.0.0.0 of http://10.0.0.1/", f"Chrome/126.0.0.0 of http://{HIDDEN}/"),
        ("inet/10.0.0.1 and sftp://acme/10.0.0.1", f"inet/{HIDDEN} and sftp://acme/{HIDDEN}"),
        ("fe80::1%eth0 and 2001:db8::1", f"{HIDDEN}%eth0 and {HIDDEN}"),
        ("at 12:30:45 version 1.2.3.4.5", "at 12:30:45 version 1.2.3.4.5"),
        ("nothing", "nothing"),
    ],
)
def test_an_address_in_a_text_is_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("text", ["created:today", "op:export -(received:2026)", "is:own-access"])
def test_a_limit_means_the_same_at_any_time(text: str) -> None:
    with pytest.raises(Exception, match="is no limit"):
        parse_limit(text)
