"""What must be exact in the language, rule by rule: what a text finds in an archive, on SQLite and
on PostgreSQL. What it is read as stands in tests/search/test_fifteen.py, under the same sentences.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from auditdash.events.instants import parse_instant
from auditdash.queries.facets import Facet, count_facets
from auditdash.queries.timeline import count_events, find_events
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.help.hints import hints
from auditdash.search.help.sentence import describe
from auditdash.search.parse import parse
from auditdash.search.query import Not, Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import make_record, store
from tests.queries.corpus import Corpus
from tests.search.test_fifteen import RULES

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = Clock(parse_instant("2026-03-10T12:00:00Z"), NEW_YORK)
WEEK_LATER = Clock(parse_instant("2026-03-17T12:00:00Z"), ZoneInfo("Asia/Tokyo"))
RECEIVED = parse_instant("2026-03-10T11:00:00Z")

# In the order of their time and of their arrival.
EVENTS: dict[str, dict[str, Any]] = {
    "bare": {
        "action": "collectionx",
        "timestamp": "2026-03-08T04:59:59.999999Z",
        "actor": {},
        "entity": {},
        "context": {},
        "description": None,
    },
    "alice": {
        "action": "collection_created",
        "timestamp": "2026-03-08T05:00:00Z",
        "description": "Café au lait opened, 100% done",
        "actor": {"username": "alice", "user_id": "a-1", "ip": "10.1.2.3"},
        "entity": {"entity_name": "Pay_roll", "entity_type": "collection", "entity_id": "E1"},
        "context": {"note": "self-service, see https://x.y"},
    },
    "bob": {
        "action": "export_data_sql_exported",
        "timestamp": "2026-03-09T03:59:59.999999Z",
        "description": "opened the café or so",
        "actor": {"username": "Bob", "user_id": "b-2", "ip": "::ffff:10.9.9.9"},
        "entity": {"entity_name": "Payxroll", "entity_type": "query", "entity_id": "E2"},
        "context": {"zoe": "Zoë"},
    },
    "carol": {
        "action": "report_created",
        "timestamp": "2026-03-09T04:00:00Z",
        "description": "done",
        "actor": {"username": "zoë*", "user_id": "c-3", "ip": "2001:db8::1"},
        "entity": {"entity_name": "100", "entity_type": "report", "entity_id": "E3"},
        "context": {"note": "done so far"},
    },
}
ALL = " ".join(EVENTS)


class Archive(Struct, frozen=True):
    """A workspace with the named events, and what a reader asks of it."""

    corpus: Corpus
    scope: Scope

    def find(self, text: str, clock: Clock = CLOCK, scope: Scope | None = None) -> list[str]:
        """The names of the events that a text finds, in its order; their number is counted, too."""
        query, scope = parse(text), scope or self.scope
        with reading(self.corpus.engine) as connection:
            found = [event.id for event in find_events(connection, query, scope, clock).events]
            assert count_events(connection, query, scope, clock) == len(found)
        return found

    def facet(self, text: str, field: str) -> Facet:
        """The facet of a field beside what a text finds."""
        with reading(self.corpus.engine) as connection:
            facets = count_facets(connection, parse(text), self.scope, CLOCK)
        return next(facet for facet in facets.facets if facet.field == field)


@pytest.fixture(scope="module")
def archives(corpora: dict[str, Corpus]) -> dict[str, Archive]:
    """The named events on both databases."""
    records = [make_record(id=name, **changes) for name, changes in EVENTS.items()]
    made = {}
    for kind, corpus in corpora.items():
        with writing(corpus.engine) as connection:
            stranger = add_workspace(connection, "fifteen-strangers", "Strangers")
            workspace_id = add_workspace(connection, "fifteen", "Fifteen")
            store(connection, stranger, *records, now=RECEIVED)
            store(connection, workspace_id, *records, now=RECEIVED)
        made[kind] = Archive(corpus, Scope(workspace_id=workspace_id))
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def archive(request: pytest.FixtureRequest, archives: dict[str, Archive]) -> Archive:
    """The named events on each database."""
    return archives[request.param]


# For each rule: texts, and the names of what each finds.
FOUND: tuple[tuple[tuple[str, str], ...], ...] = (
    (("actor:alice actor:bob", ""), ("actor:alice,bob", "alice bob"), ("actor:bob b-2", "bob")),
    (("-actor:alice,bob", "bare carol"), ("NOT actor:alice,bob", "bare carol")),
    (
        ("-ip:10.0.0.0/8", "bare carol"),
        ("-actor:alice", "bare bob carol"),
        ("-entity:*", "bare"),
        ("-role:manage", ALL),
        ("-context.note:x*", ALL),
        ("-(ip:10.0.0.0/8 actor:*)", "bare carol"),
        ("-is:export,sensitive", "bare alice carol"),
    ),
    (
        ("created:2026-03-08", "alice bob"),
        ("created:2026-03-07", "bare"),
        ("created:2026-03", ALL),
        ("created:2026-Q1", ALL),
        ("created:2026", ALL),
        ("created:>2026-03-08", "carol"),
        ("created:<=2026-03-08", "bare alice bob"),
        ("created:2026-03-07..2026-03-08", "bare alice bob"),
        ("created:*..2026-03-07", "bare"),
        ("created:2026-03-09..*", "carol"),
        ("created:yesterday", "carol"),
        ("created:today", ""),
        ("created:>=now-1d", ""),
        ("created:>=now-48h", "bob carol"),
        ("created:2026-03-08T00:00:00-05:00", "alice"),
        ("received:today", ALL),
    ),
    (("created:>=now-2d", "bob carol"),),
    (),
    (("opened or", "bob"), ("opened OR done", "alice bob carol"), ('"https://x"', "alice")),
    (
        ("actor:a-1", "alice"),
        ("self-service", "alice"),
        ("opened -cafe", ""),
        ("entity:pay_roll", "alice"),
        ("entity:pay*roll", "alice bob"),
        ("entity:pay%", ""),
        ("entity:%", ""),
        ("actor:zoë*", "carol"),
        ('actor:"zoë*"', "carol"),
        ('actor:"zo*"', ""),
    ),
    (
        ("cafe", "alice bob"),
        ("CAFÉ opened", "alice bob"),
        ('"cafe opened"', ""),
        ('"opened the cafe"', "bob"),
        ("afe", ""),
        ("ope don", "alice"),
        ("zoe", "bob carol"),
        ("actor:zoe*", ""),
        ("10.1.2", "alice"),
        ("collection_cr", "alice"),
        ("e2", "bob"),
    ),
    (("", ALL), ("  ", ALL), ("sort:created-asc", ALL)),
    (),
    (),
    (),
    (("-(source:mode)", ""), ("", ALL)),
    (),
)


def test_each_rule_has_its_row() -> None:
    assert len(FOUND) == len(RULES)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(text, names, id=f"{rule.sentence}: {text}")
        for rule, row in zip(RULES, FOUND, strict=True)
        for text, names in row
    ],
)
def test_the_archive_is_exact(archive: Archive, text: str, names: str) -> None:
    assert sorted(archive.find(text)) == sorted(names.split())


def test_newest_first_unless_the_text_asks_for_the_oldest(archive: Archive) -> None:
    assert archive.find("") == [*EVENTS][::-1]
    assert archive.find("sort:created-asc") == [*EVENTS]


def test_two_terms_of_one_field_find_nothing_and_the_hint_finds_both(archive: Archive) -> None:
    text = "actor:alice actor:bob"
    (hint,) = hints(parse(text))
    assert archive.find(text) == []
    assert archive.find(hint.suggestion) == ["bob", "alice"]


def test_a_frozen_view_stays_where_a_saved_search_moves_on(archive: Archive) -> None:
    saved = "created:>=now-2d"
    frozen = edit.freeze(saved, CLOCK)
    assert archive.find(saved, WEEK_LATER) == []
    assert archive.find(frozen, WEEK_LATER) == archive.find(saved) == ["carol", "bob"]
    seen = Scope(workspace_id=archive.scope.workspace_id, highest_seq=3)
    assert archive.find(frozen, WEEK_LATER, seen) == ["bob"]


@pytest.mark.parametrize("text", ["actr:a", "created:x", "ip:x", '"x', "(x", "actor:", "https://x"])
def test_what_is_not_understood_is_never_everything(archive: Archive, text: str) -> None:
    with pytest.raises(QueryError):
        archive.find(text)


@pytest.mark.parametrize("field", ["actor", "action", "entity", "ip", "category", "source"])
def test_a_click_on_a_facet_finds_as_many_as_it_says(archive: Archive, field: str) -> None:
    facet = archive.facet("", field)
    assert facet.choices
    for choice in facet.choices:
        included = edit.include("", field, choice.value)
        excluded = edit.exclude("", field, choice.value)
        assert len(archive.find(included)) == choice.count
        assert sorted(archive.find(included) + archive.find(excluded)) == sorted(EVENTS)
    missing = archive.find(edit.include("", field, None)) if facet.missing else []
    assert len(missing) == facet.missing


def test_a_bar_asks_for_the_events_of_its_day(archive: Archive) -> None:
    text = edit.with_period("opened", "2026-03-08", "2026-03-08")
    assert text == "opened created:2026-03-08"
    assert archive.find(text) == ["bob", "alice"]
    assert describe(parse(text), CLOCK) == ("Events, 8 March 2026 (New York), containing “opened”")


def test_a_facet_counts_without_its_own_field(archive: Archive) -> None:
    facet = archive.facet("actor:alice opened", "actor")
    counts = {choice.value.casefold(): choice.count for choice in facet.choices}
    assert counts == {"alice": 1, "bob": 1}
    other = archive.facet("actor:alice opened", "action")
    assert [choice.value for choice in other.choices] == ["collection_created"]


def test_the_scope_is_added_to_every_text(archive: Archive) -> None:
    seen = Scope(workspace_id=archive.scope.workspace_id, highest_seq=2)
    assert archive.find("", scope=seen) == ["alice", "bare"]
    assert archive.find("-actor:alice OR actor:*", scope=seen) == ["alice", "bare"]
    assert archive.find("", scope=Scope(workspace_id=10_000)) == []


@pytest.mark.parametrize("text", sorted({text for row in FOUND for text, _ in row if text.strip()}))
def test_a_text_and_its_negation_count_up_to_all(archive: Archive, text: str) -> None:
    query = parse(text)
    if query.node is None:
        assert sorted(archive.find(text)) == sorted(EVENTS)
        return
    with reading(archive.corpus.engine) as connection:
        counts = [
            count_events(connection, each, archive.scope, CLOCK)
            for each in (query, Query(Not(query.node)), Query())
        ]
    assert counts[0] + counts[1] == counts[2] == len(EVENTS)
