"""What each kind of term finds, on both databases: named events, and the names that are found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auditdash.events.instants import parse_instant
from auditdash.queries.timeline import find_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.queries.corpus import Corpus

CLOCK = Clock(parse_instant("2026-03-10T12:00:00Z"), ZoneInfo("America/New_York"))

# In the order of their time; "bare" has nothing that an event can be without.
EVENTS: dict[str, dict[str, Any]] = {
    "bare": {
        "action": "collectionx",
        "timestamp": "2026-03-08T04:59:59.999999Z",
        "description": None,
        "workspace_username": None,
        "context": {"correlation_id": "CORR-1"},
        "actor": {},
        "entity": {},
    },
    "first": {
        "action": "collection_created",
        "timestamp": "2026-03-08T05:00:00Z",
        "description": "Café opened, 100% done",
        "context": {"tags": ["Red", "Blue"], "deep": {"er": True}, "note": "Straße der Bücher"},
        "actor": {"username": "Bob", "user_id": "af03", "ip": "10.1.2.3", "user_agent": "curl/8"},
        "entity": {"entity_name": "Pay_roll*", "entity_type": "collection", "entity_id": "E1"},
    },
    "second": {
        "action": "collection_member_added",
        "timestamp": "2026-03-09T03:59:59.999999Z",
        "description": "member added",
        "context": {"role": "Manage", "user_name": "Zoë", "Role": "x", "note": "der Bücher Straße"},
        "actor": {"username": "alice", "user_id": "bob", "ip": "::ffff:10.9.9.9"},
        "entity": {"entity_name": "Payxroll", "entity_type": "Collection", "entity_id": "E2"},
    },
    "third": {
        "action": "export_data_sql_exported",
        "timestamp": "2026-03-09T04:00:00Z",
        "description": "100 rows",
        "context": {"tags": []},
        "actor": {"username": "bobby", "user_id": "x1", "ip": "2001:db8::1"},
        "entity": {"entity_name": 'a"b\\c', "entity_type": "query", "entity_id": "E3"},
    },
    "odd": {
        "action": "Shiny_New",
        "timestamp": "2026-12-31T23:00:00Z",
        "description": "self-service",
        "outcome": "failure",
        "context": {"tags": "red"},
        "actor": {"username": "carol", "user_id": "x2", "ip": "not an address"},
        "entity": {"entity_name": "Payroll", "entity_type": None, "entity_id": None},
    },
}
ALL = frozenset(EVENTS)
Find = Callable[[str], list[str]]


@pytest.fixture(scope="session")
def found_in(corpora: dict[str, Corpus]) -> dict[str, Find]:
    """For each database: query text → names of the events, in order."""
    return {kind: _finder(corpus) for kind, corpus in corpora.items()}


@pytest.fixture(params=["sqlite", "postgres"])
def find(request: pytest.FixtureRequest, found_in: dict[str, Find]) -> Find:
    """The names of the events that a text finds, in order."""
    return found_in[request.param]


def _finder(corpus: Corpus) -> Find:
    records = [make_record(id=name, **changes) for name, changes in EVENTS.items()]
    with writing(corpus.engine) as connection:
        workspace_id = add_workspace(connection, "named", "Named")
        store(connection, workspace_id, *records, now=parse_instant("2026-03-09T12:00:00Z"))

    def find(text: str) -> list[str]:
        scope = Scope(workspace_id=workspace_id)
        with reading(corpus.engine) as connection:
            return [event.id for event in find_events(connection, parse(text), scope, CLOCK).events]

    return find


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ALL),
        # a field compares whole values, whatever their case
        ("actor:bob", {"first", "second"}),
        ("actor:BOB,carol", {"first", "second", "odd"}),
        ("actor:bo", set()),
        ("actor:bob actor:alice", {"second"}),
        ("actor:bobby actor:carol", set()),
        ("actor:bob*", {"first", "second", "third"}),
        ("actor:*bb*", {"third"}),
        ('actor:"bob*"', set()),
        ("subject:ZOË", {"second"}),
        ("subject:zoe", set()),
        ("entity:e1,payroll", {"first", "odd"}),
        ("entity_type:collection", {"first", "second"}),
        ("entity_id:E2", {"second"}),
        ("role:manage", {"second"}),
        ("ua:curl*", {"first"}),
        ("outcome:failure", {"odd"}),
        ("source:MODE", ALL),
        ("source:demo", set()),
        ("corr:CORR-1", {"bare"}),
        ("workspace:charismabrotherscorp", ALL - {"bare"}),
        # % and _ are plain, * alone is wild
        ("entity:pay_roll*", {"first"}),
        ("entity:pay?roll", set()),
        ('entity:"Pay_roll*"', {"first"}),
        ("entity:pay*roll", {"second", "odd"}),
        ("entity:%", set()),
        ('entity:"a\\"b\\\\c"', {"third"}),
        ("entity:a*\\c", {"third"}),
        # families
        ("action:collection", {"first", "second"}),
        ('action:"collection"', set()),
        ("action:collection_member", {"second"}),
        ("action:collection_created", {"first"}),
        ("action:COLLECTION_CREATED", {"first"}),
        ("action:COLLECTION", {"first", "second"}),
        ("action:coll*", {"bare", "first", "second"}),
        ("action:shiny*", {"odd"}),
        ("action:Shiny", {"odd"}),
        ("action:Shiny_New", {"odd"}),
        # what follows from the action
        ("category:collections", {"first", "second"}),
        ("category:other", {"bare", "odd"}),
        ("category:exports,other", {"bare", "third", "odd"}),
        ("op:grant", {"second"}),
        ("op:other", {"bare", "odd"}),
        ("is:export", {"third"}),
        ("is:sensitive", {"third"}),
        ("is:permission", {"second"}),
        ("is:own-access", set()),
        ("-is:own-access", ALL),
        ("is:unmapped", {"bare", "odd"}),
        ("-is:unmapped", {"first", "second", "third"}),
        # addresses
        ("ip:10.0.0.0/8", {"first", "second"}),
        ("ip:10.1.2.3", {"first"}),
        ("ip:10.9.9.9,2001:db8::/32", {"second", "third"}),
        ("ip:0.0.0.0/0", {"first", "second"}),
        ("ip:*", ALL - {"bare"}),
        # the context: paths as they are, values folded, lists by their items
        ("context.tags:red", {"first", "odd"}),
        ("context.tags:red context.tags:blue", {"first"}),
        ("context.deep.er:true", {"first"}),
        ("context.role:manage", {"second"}),
        ("context.Role:x", {"second"}),
        ("context.ROLE:x", set()),
        ("context.tags:*", {"first", "odd"}),
        ("context.note:straße*", {"first"}),
        ("context.note:STRASSE*", {"first"}),
        # missing and negated
        ("actor:*", ALL - {"bare"}),
        ("-actor:*", {"bare"}),
        ("-actor:bob", {"bare", "third", "odd"}),
        ("-actor:bob,carol", {"bare", "third"}),
        ("-ip:10.0.0.0/8", {"bare", "third", "odd"}),
        ("-role:manage", ALL - {"second"}),
        ("-context.tags:red", {"bare", "second", "third"}),
        ("-workspace:*", set()),
        ("-created:*", set()),
        ("--actor:bob", {"first", "second"}),
        ("-(actor:bob OR ip:2001:db8::1)", {"bare", "odd"}),
        ("-(actor:bob -entity:E1)", ALL - {"second"}),
        # NOT before AND before OR
        ("actor:carol OR actor:bob entity:E1", {"first", "odd"}),
        ("(actor:carol OR actor:bob) entity:E1", {"first"}),
        ("NOT actor:bob AND actor:carol", {"odd"}),
    ],
)
def test_a_term_finds(find: Find, text: str, names: set[str]) -> None:
    assert set(find(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("caf", {"first"}),
        ("CAFÉ", {"first"}),
        ("cafe opened", {"first"}),
        ("opened cafe", {"first"}),
        ('"cafe opened"', {"first"}),
        ('"opened cafe"', set()),
        ("afe", set()),
        ("zoe", {"second"}),
        ("100", {"first", "third"}),
        ("100%", {"first", "third"}),
        ("straße", {"first", "second"}),
        ("bücher", {"first", "second"}),
        ('"strasse der"', {"first"}),
        ("10.1.2.3", {"first"}),
        ("10.1.2", {"first"}),
        ("0.1.2.3", set()),
        ("collection_m", {"second"}),
        ("member_added", {"second"}),
        ("self-service", {"odd"}),
        ("service-self", set()),
        ("-self", ALL - {"odd"}),
        ("manage", {"second"}),
        ("true", {"first"}),
        ("e1", {"first"}),
        ('"bob af03"', set()),  # two values
    ],
)
def test_free_text_finds_words_by_their_beginning(find: Find, text: str, names: set[str]) -> None:
    assert set(find(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("created:2026-03-08", ["second", "first"]),  # 23 hours in New York
        ("created:2026-03-07", ["bare"]),
        ("created:>2026-03-08", ["odd", "third"]),
        ("created:<=2026-03-08", ["second", "first", "bare"]),
        ("created:2026-03-07..2026-03-08", ["second", "first", "bare"]),
        ("created:*..2026-03-07", ["bare"]),
        ("created:2026-03-07,2026-03-09", ["third", "bare"]),
        ("created:2026-Q4", ["odd"]),
        ("created:2026", ["odd", "third", "second", "first", "bare"]),
        ("created:yesterday", ["third"]),
        ("created:2026-03-08T05:00:00Z", ["first"]),
        ("created:2026-03-08T00:00:00-05:00", ["first"]),
        ("created:>=2026-03-08T05:00:00Z created:<2026-03-09T04:00:00Z", ["second", "first"]),
        ("-created:2026-03", ["odd"]),
        ("received:2026-03-09 actor:carol", ["odd"]),
        ("received:<2026-03-09", []),
        ("created:2026-03 sort:created-asc", ["bare", "first", "second", "third"]),
    ],
)
def test_a_date_finds_its_local_unit_newest_first(find: Find, text: str, names: list[str]) -> None:
    assert find(text) == names


def test_a_frozen_scope_keeps_later_events_out(corpus: Corpus) -> None:
    scope = Scope(workspace_id=corpus.scope.workspace_id, highest_seq=7)
    frozen = Corpus(corpus.engine, scope, corpus.events, corpus.marks)
    assert sorted(frozen.find(parse(""))) == [1, 2, 3, 4, 5, 6, 7]


def test_letters_beyond_ascii_in_an_action_are_compared_as_they_are(corpus: Corpus) -> None:
    named = [event.seq for event in corpus.events if event.action == "É_x"]
    assert sorted(corpus.find(parse("action:É*"))) == sorted(named) != []
    assert corpus.find(parse("action:é*")) == []


def test_long_values_are_found_by_their_key(corpus: Corpus) -> None:
    found = corpus.find(parse(f'actor:"{"X" * 600}"'))
    assert found
    assert corpus.find(parse("actor:xxx*")) == found


@pytest.mark.parametrize(
    "text",
    [
        "actor:" + ",".join(["a*"] * 200),
        "action:" + ",".join(["Ab"] * 200),
        "context.x:" + ",".join(["*a*"] * 200),
        "ip:" + ",".join(["::1"] * 200),
        "created:" + ",".join(["2026"] * 200),
        " ".join(f"-actor:{'a*,' * 3}b" for _ in range(50)),
        " OR ".join("-(a b)" for _ in range(25)),
        "(-" * 9 + "(a OR b)" + ")" * 9,
        '"' + "\ufdfa " * 220 + '"',
        "entity:" + "*a" * 990,
        "\U0001d400" * 1900,
    ],
)
def test_the_largest_queries_run(corpus: Corpus, text: str) -> None:
    assert len(corpus.find(parse(text))) <= len(corpus.events)
