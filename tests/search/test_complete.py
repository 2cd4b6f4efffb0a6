"""What may be written at the caret, which stands as | in these texts."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditdash.events.instants import parse_instant
from auditdash.search.help.complete import Edited, Place, apply, suggestions, where
from auditdash.search.help.offers import Suggestion, fields_for, path_suggestion
from auditdash.search.parse import parse
from auditdash.search.query import Atom, Term
from auditdash.search.scope import Clock
from tests.search.asking import NAMES, near_queries

CLOCK = Clock(parse_instant("2026-03-10T14:30:00Z"), ZoneInfo("America/New_York"))


def place_in(marked: str) -> tuple[str, Place]:
    caret = marked.index("|")
    text = marked.replace("|", "", 1)
    return text, where(text, caret)


def value(text: str, field: str = "") -> Suggestion:
    return Suggestion(kind="value", text=text, field=field)


@pytest.mark.parametrize(
    ("marked", "prefix", "replaced"),
    [
        ("|", "", ""),
        ("ac|", "ac", "ac"),
        ("-ac|", "ac", "ac"),
        ("x (ac|", "ac", "ac"),
        ("x OR |", "", ""),
        ("actor:bob |", "", ""),
        ('"a b" |x', "", "x"),
        ("ac|tor:bob", "ac", "actor:"),
        ("context.gr|", "context.gr", "context.gr"),
        ('context."a b|', "context.a b", 'context."a b'),
    ],
)
def test_a_term_may_come(marked: str, prefix: str, replaced: str) -> None:
    text, place = place_in(marked)
    assert (place.kind, place.prefix, text[place.start : place.end]) == ("term", prefix, replaced)


@pytest.mark.parametrize(
    ("marked", "joins"),
    [("actor:bob |", True), ("actor:bob -|", False), ("|", False), ("actor:bob OR |", False)],
)
def test_or_is_offered_between_two_terms_alone(marked: str, joins: bool) -> None:
    _, place = place_in(marked)
    offered = {choice.text for choice in suggestions(place, CLOCK) if choice.kind == "operator"}
    assert ("OR " in offered) == joins


@pytest.mark.parametrize(
    ("marked", "field", "prefix", "replaced"),
    [
        ("actor:|", "actor", "", ""),
        ("ACTOR:bo|", "actor", "bo", "bo"),
        ("-actor:bo|", "actor", "bo", "bo"),
        ("actor:b|ob,c x", "actor", "b", "bob"),
        ("actor:a,|", "actor", "", ""),
        ("actor:a,b|,c", "actor", "b", "b"),
        ('actor:"star sp|', "actor", "star sp", '"star sp'),
        ('actor:"star| space" x', "actor", "star", '"star space"'),
        ('actor:"st| category:"x"', "actor", "st", '"st'),
        ('actor:"a\\"b|', "actor", 'a"b', '"a\\"b'),
        ('actor:"a"|', "actor", "a", '"a"'),
        ('context."a b":x|', "context.a b", "x", "x"),
        ("created:>=20|", "created", "20", "20"),
        ("created:2026..|", "created", "", ""),
        ("ip:2001:db8|", "ip", "2001:db8", "2001:db8"),
    ],
)
def test_a_value_of_a_field_may_come(marked: str, field: str, prefix: str, replaced: str) -> None:
    text, place = place_in(marked)
    assert (place.kind, place.field, place.prefix) == ("value", field, prefix)
    assert text[place.start : place.end] == replaced


@pytest.mark.parametrize("marked", ["https://x|", "foo:b|", '"abc|', 'x "a b|'])
def test_nothing_that_is_known_may_come(marked: str) -> None:
    _, place = place_in(marked)
    assert place.kind == "nothing"
    assert suggestions(place, CLOCK) == ()


@pytest.mark.parametrize(
    ("marked", "texts"),
    [
        ("ent|", ["entity:", "entity_type:", "entity_id:"]),
        ("who|", ["actor:", "subject:"]),
        ("actr|", ["actor:"]),
        ("cont|", ["context."]),
        ("zzzz|", []),
        ("x o|", ["op:", "outcome:", "OR "]),
        ("o|", ["op:", "outcome:"]),
        ("x OR o|", ["op:", "outcome:"]),
        ("x -o|", ["op:", "outcome:"]),
        ("x NO|", ["NOT "]),
        ("op:re|", ["read", "remove", "revoke"]),
        ("category:data|", ["exports"]),
        ("is:off|", ["off-hours"]),
        ("is:ni|", ["night"]),
        ("outcome:|", ["success", "failure", "unknown", "*"]),
        ("actor:|", ["*"]),
        ("actor:x|", []),
        ("sort:|", ["created-desc", "created-asc"]),
        ("created:tod|", ["today"]),
        ("created:>=now|", ["now-24h", "now-7d", "now-30d"]),
        ("created:2026-|", ["2026-03", "2026-02", "2026-Q1", "2026-02..2026-03"]),
        ("created:2026..2026-|", ["2026-03", "2026-02", "2026-Q1"]),
    ],
)
def test_what_is_known_is_offered(marked: str, texts: list[str]) -> None:
    _, place = place_in(marked)
    assert [offer.text for offer in suggestions(place, CLOCK)] == texts


def test_a_date_may_be_compared_before_it_begins() -> None:
    _, place = place_in("created:|")
    operators = [each.text for each in suggestions(place, CLOCK) if each.kind == "operator"]
    assert operators == [">=", "<=", ">", "<", "*"]


def test_every_field_says_what_it_means_and_shows_a_value() -> None:
    offers = fields_for("")
    assert len({offer.text for offer in offers}) == len(offers) > 20
    for offer in offers:
        assert offer.meaning
        parse(offer.example)


@pytest.mark.parametrize(
    ("marked", "choice", "edited"),
    [
        ("ac|", fields_for("actor")[0], "actor:|"),
        ("x -ac| y", fields_for("actor")[0], "x -actor:| y"),
        ("ac|tor:bob", fields_for("subject")[0], "subject:|bob"),
        ("cont|", fields_for("context")[0], "context.|"),
        ("context.a|", path_suggestion("a b"), 'context."a b":|'),
        ("actor:bo|", value("bob"), "actor:bob |"),
        ("actor:bo| x", value("bob"), "actor:bob| x"),
        ("(actor:bo|)", value("bob"), "(actor:bob|)"),
        ("actor:bo|", value("Star Space"), 'actor:"Star Space" |'),
        ('actor:"st|', value("Star Space"), 'actor:"Star Space" |'),
        ('actor:"st| category:"x"', value("b*"), 'actor:"b*"| category:"x"'),
        ("actor:a,b|,c", value('say "x"'), 'actor:a,"say \\"x\\""|,c'),
        ("action:coll|", value("collection"), 'action:"collection" |'),
        ("created:>=20|", value("2026-03"), "created:>=2026-03 |"),
        ("created:2026..|", value("today"), "created:2026..today |"),
        ("created:|", value(">=now-7d"), "created:>=now-7d |"),
        ("created:|", Suggestion(kind="operator", text=">="), "created:>=|"),
        ("actor:|", Suggestion(kind="operator", text="*"), "actor:* |"),
        ("x o|", Suggestion(kind="operator", text="OR "), "x OR |"),
        ("-bo|", value("bob", "actor"), "-actor:bob |"),
        ("context.a:|", value("x y"), 'context.a:"x y" |'),
        ("x| y", Suggestion(kind="search", text="actor:bob is:export"), "actor:bob is:export|"),
    ],
)
def test_a_choice_is_written_at_its_place(marked: str, choice: Suggestion, edited: str) -> None:
    text, place = place_in(marked)
    caret = edited.index("|")
    assert apply(text, place, choice) == Edited(edited.replace("|", "", 1), caret)


def test_a_saved_search_may_replace_what_stands_alone() -> None:
    assert place_in("wee|")[1].alone
    assert place_in("|")[1].alone
    assert not place_in("x wee|")[1].alone
    assert not place_in("wee| x")[1].alone


@given(near_queries, st.integers(-1, 70))
@settings(max_examples=300, deadline=None)
def test_every_caret_in_every_text_has_a_place(text: str, caret: int) -> None:
    place = where(text, caret)
    assert 0 <= place.start <= place.end <= len(text)
    assert place.start <= max(0, min(caret, len(text)))
    for choice in suggestions(place, CLOCK):
        edited = apply(text, place, choice)
        assert edited.text[: edited.caret].rstrip().endswith(choice.text.rstrip())


@given(st.sampled_from(NAMES) | st.text(min_size=1, max_size=20))
@settings(max_examples=100, deadline=None)
def test_a_value_that_was_chosen_is_read_as_itself(name: str) -> None:
    text, place = place_in("actor:|")
    node = parse(apply(text, place, value(name)).text).node
    assert isinstance(node, Term)
    (atom,) = node.values
    assert isinstance(atom, Atom)
    assert not atom.wild
