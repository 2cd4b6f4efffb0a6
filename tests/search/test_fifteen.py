"""What must be exact in the language, rule by rule: what a text is read as.

What it finds in an archive stands in tests/queries/test_fifteen.py, under the same sentences.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from auditdash.events.instants import HOUR, Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.search import edit
from auditdash.search.dates import resolve
from auditdash.search.errors import QueryError
from auditdash.search.help.hints import hints
from auditdash.search.help.sentence import describe
from auditdash.search.parse import parse
from auditdash.search.print import print_query
from auditdash.search.query import Atom, Not, Query, Term, Text, query_of
from auditdash.search.scope import Clock, Scope

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = Clock(parse_instant("2026-03-10T14:30:00Z"), NEW_YORK)
LATER = Clock(parse_instant("2031-01-01T00:00:00Z"), ZoneInfo("Asia/Tokyo"))
Check = Callable[[str], None]


class Rule(Struct, frozen=True):
    """A sentence, and texts with what must be true of each."""

    sentence: str
    cases: tuple[tuple[str, Check], ...]


def same_as(other: str) -> Check:
    """Read as the same query."""

    def check(text: str) -> None:
        assert parse(text) == parse(other)

    return check


def read_as(query: Query) -> Check:
    """Read as this tree."""

    def check(text: str) -> None:
        assert parse(text) == query

    return check


def hinted(said: str, suggestion: str) -> Check:
    """Has this one hint."""

    def check(text: str) -> None:
        (hint,) = hints(parse(text))
        assert said in hint.text
        assert hint.suggestion == suggestion

    return check


def lasts(start: str | None, end: str | None) -> Check:
    """The date is this period in New York."""

    def check(text: str) -> None:
        edges = [None if edge is None else parse_instant(edge) for edge in (start, end)]
        assert _period(text, CLOCK) == Period(*edges)

    return check


def hours(count: int) -> Check:
    """The date is as long as this in New York."""

    def check(text: str) -> None:
        period = _period(text, CLOCK)
        assert period.start is not None
        assert period.end is not None
        assert period.end - period.start == count * HOUR

    return check


def moves_with_the_clock(text: str) -> None:
    """The saved text asks for another period later."""
    saved = print_query(parse(text))
    assert saved == text
    assert _period(saved, CLOCK) != _period(saved, LATER)


def frozen_to(frozen: str) -> Check:
    """A permalink is this text, which is one period for everyone, always."""

    def check(text: str) -> None:
        assert edit.freeze(text, CLOCK) == frozen
        assert _period(frozen, LATER) == _period(text, CLOCK)
        assert edit.freeze(frozen, LATER) == frozen

    return check


def refused(position: int, said: str, expected: str, nearest: str | None = None) -> Check:
    """An error with the position, what was expected, and the nearest known word."""

    def check(text: str) -> None:
        with pytest.raises(QueryError) as caught:
            parse(text)
        error = caught.value
        assert (error.position, error.nearest) == (position, nearest)
        assert said in error.what
        assert expected in error.expected
        assert error.expected
        assert f"character {position + 1}" in str(error)
        assert nearest is None or str(error).endswith(f"did you mean {nearest}?")

    return check


def edited(change: Callable[[str], str], result: str) -> Check:
    """A click makes this text, which gives the same view again."""

    def check(text: str) -> None:
        assert change(text) == result
        assert print_query(parse(result)) == result

    return check


def described(sentence: str) -> Check:
    """Stands next to the box as this sentence."""

    def check(text: str) -> None:
        assert describe(parse(text), CLOCK) == sentence

    return check


def counted_without(field: str, rest: str) -> Check:
    """A facet of this field counts by that."""

    def check(text: str) -> None:
        assert edit.without_field(parse(text), field) == parse(rest)

    return check


def not_scope(text: str) -> None:
    """No text of a query can name what the scope holds."""
    assert not set(Scope.__struct_fields__) & set(Query.__struct_fields__)
    with pytest.raises(QueryError):
        parse(text)


def negated_in_brackets(text: str) -> None:
    """`-(q)` is a query for each q, and means its negation."""
    query = parse(text)
    negated = parse(f"-({text})") if text.strip() else None
    if negated is not None and query.node is not None:
        assert negated == Query(Not(query.node))


def _period(text: str, clock: Clock) -> Period:
    (term,) = parse(text).parts
    assert isinstance(term, Term)
    return resolve(term.values[0], clock)


def _terms(*terms: Term | Text) -> Query:
    return query_of(terms)


BOB = Atom("bob")
LISTED = "actor, subject, action"
DATE = "a date such as 2026-03-08"
RULES = (
    Rule(
        "AND everywhere, repeated fields too, with the hint that a comma may be meant",
        (
            ("actor:a actor:b", same_as("actor:a AND actor:b")),
            ("actor:a actor:b", hinted("did you mean actor:a,b?".capitalize(), "actor:a,b")),
            ("op:grant x op:revoke", hinted("Did you mean op:grant,revoke?", "op:grant,revoke x")),
            ("x y", read_as(_terms(Text("x"), Text("y")))),
        ),
    ),
    Rule(
        "A negation of a list excludes all of it",
        (
            ("-actor:a,b", read_as(Query(Not(Term("actor", (Atom("a"), Atom("b"))))))),
            ("-actor:a,b", same_as("NOT actor:a,b")),
        ),
    ),
    Rule(
        "A negation keeps the events in which the field is missing",
        (
            ("-ip:10.0.0.0/8", read_as(Query(Not(Term("ip", (Atom("10.0.0.0/8"),)))))),
            ("-ip:10.0.0.0/8", described("Events, not from 10.0.0.0/8")),
        ),
    ),
    Rule(
        "A date is a calendar unit in the reader's zone, a half-open range of UTC",
        (
            ("created:2026-03-08", hours(23)),
            ("created:2026-11-01", hours(25)),
            ("created:2026-03-08", lasts("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z")),
            ("created:2026-03", lasts("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")),
            ("created:2026-Q1", lasts("2026-01-01T05:00:00Z", "2026-04-01T04:00:00Z")),
            ("created:2026", lasts("2026-01-01T05:00:00Z", "2027-01-01T05:00:00Z")),
            ("created:>2026-01-31", lasts("2026-02-01T05:00:00Z", None)),
            ("created:<=2026-01-31", lasts(None, "2026-02-01T05:00:00Z")),
            ("created:2026-01..2026-02", lasts("2026-01-01T05:00:00Z", "2026-03-01T05:00:00Z")),
            ("created:*..2026-02", lasts(None, "2026-03-01T05:00:00Z")),
            ("created:2026-02..*", lasts("2026-02-01T05:00:00Z", None)),
            ("created:today", lasts("2026-03-10T04:00:00Z", "2026-03-11T04:00:00Z")),
            ("created:yesterday", lasts("2026-03-09T04:00:00Z", "2026-03-10T04:00:00Z")),
            ("created:>=now-7d", lasts("2026-03-03T15:30:00Z", None)),
            ("created:>=now-90m", lasts("2026-03-10T13:00:00Z", None)),
            ("created:>=now-2h", lasts("2026-03-10T12:30:00Z", None)),
            ("created:>=now-1w", lasts("2026-03-03T15:30:00Z", None)),
            (
                "received:2026-03-08T00:00:00-05:00",
                lasts("2026-03-08T05:00:00Z", "2026-03-08T05:00:01Z"),
            ),
        ),
    ),
    Rule(
        "Relative dates stay relative in a saved search; a permalink freezes them to instants",
        (
            ("created:>=now-7d", moves_with_the_clock),
            ("created:today", moves_with_the_clock),
            ("created:>=now-7d", frozen_to("created:>=2026-03-03T15:30:00Z")),
            ("created:today", frozen_to("created:2026-03-10T04:00:00Z..2026-03-11T03:59:59Z")),
            ("created:2026", frozen_to("created:2026-01-01T05:00:00Z..2027-01-01T04:59:59Z")),
        ),
    ),
    Rule(
        "What is not understood is an error with its position, what was expected, the nearest word",
        (
            ("x actr:a", refused(2, "no field 'actr'", LISTED, "actor")),
            ("user:a", refused(0, "no field 'user'", LISTED, "actor")),
            ("zzzz:a", refused(0, "no field 'zzzz'", "quotes around it")),
            ("created:2026-02-30", refused(8, "not a date", DATE)),
            ("created:tody", refused(8, "not a date", DATE, "today")),
            ("x created:>2026-3", refused(11, "not a date", DATE, "2026-03")),
            ("ip:10.0.0.0/33", refused(3, "not an address", "CIDR")),
            ("ip:10.*", refused(3, "not an address", "CIDR", "10.0.0.0/8")),
            ('x "y', refused(2, "quote is not closed", '"')),
            ('actor:"y', refused(6, "quote is not closed", '"')),
            ("x (y", refused(2, "bracket is not closed", ")")),
            ("x) y", refused(1, "bracket closes none", "(")),
            ("actor:", refused(6, "no value", "such as bob")),
            ('actor:""', refused(6, "empty value", "such as bob")),
            ("actor:a, b", refused(8, "no value", "such as bob")),
            ("is:exprt", refused(3, "no value of is", "export, permission", "export")),
            ("outcome:fail", refused(8, "no value of outcome", "success, failure", "failure")),
            ("source:mo*", refused(7, "takes no *", "the whole value")),
            ("a" * 2_001, refused(2_000, "1 character too long", "at most 2,000")),
            ("(" * 21 + "a" + ")" * 21, refused(20, "too deep", "at most 20")),
            ("a " * 51, refused(100, "too many terms", "at most 50")),
        ),
    ),
    Rule(
        "Lower-case and, or, not are text, with a hint; a bare address of the web must be quoted",
        (
            ("a or b", read_as(_terms(Text("a"), Text("or"), Text("b")))),
            ("a or b", hinted("“or” is searched as text", "a OR b")),
            ("a and b", hinted("Capital AND", "a b")),
            ("a not b", hinted("Capital NOT", "a -b")),
            ("see https://x.y/z?a", refused(4, "quote it", "quotes")),
            ('"https://x"', read_as(Query(Text("https://x", quoted=True)))),
        ),
    ),
    Rule(
        "A minus inside a word is a letter, and the star is the only wildcard",
        (
            ("a-b", read_as(Query(Text("a-b")))),
            ("actor:a-b", read_as(Query(Term("actor", (Atom("a-b"),))))),
            ("a -b", read_as(query_of((Text("a"), Not(Text("b")))))),
            ("actor:100%", read_as(Query(Term("actor", (Atom("100%"),))))),
            ('actor:"a*"', read_as(Query(Term("actor", (Atom("a*", quoted=True),))))),
        ),
    ),
    Rule(
        "Every word of free text must occur, as the beginning of a word; a phrase is contiguous",
        (
            ("a b", read_as(_terms(Text("a"), Text("b")))),
            ('"a b"', read_as(Query(Text("a b", quoted=True)))),
            ("f*o", refused(0, "* stands in free text", "beginning of a word")),
        ),
    ),
    Rule(
        "The empty query is everything in the period, and the period picker is created:",
        (
            ("", read_as(Query())),
            ("  \n", read_as(Query())),
            ("", described("All events")),
            (
                "x",
                edited(lambda text: edit.with_period(text, "2026", ""), "x created:>=2026"),
            ),
            ("created:2025 x", edited(lambda text: edit.with_period(text, "", ""), "x")),
        ),
    ),
    Rule(
        "A click on a facet, a bar or a cell edits the text, which gives the same view again",
        (
            ("x", edited(lambda text: edit.include(text, "actor", "a b"), 'x actor:"a b"')),
            ("actor:a", edited(lambda text: edit.include(text, "actor", "b"), "actor:a,b")),
            ("x", edited(lambda text: edit.exclude(text, "actor", "b"), "x -actor:b")),
            ("actor:b", edited(lambda text: edit.exclude(text, "actor", None), "actor:*")),
            ("actor:a,b", edited(lambda text: edit.without(text, "actor", "b"), "actor:a")),
            (
                "x",
                edited(
                    lambda text: edit.within(text, _period("created:2026-03-08", CLOCK), NEW_YORK),
                    "x created:2026-03-08",
                ),
            ),
        ),
    ),
    Rule(
        "Next to the box the query stands as an English sentence",
        (
            (
                "category:exports actor:bob created:2026-03-08..2026-03-09 -ip:10.0.0.0/8",
                described("Data exports by bob, 8–9 March 2026 (New York), not from 10.0.0.0/8"),
            ),
            (
                "is:late -is:off-hours",
                described("Events that came more than a day late, not outside office hours"),
            ),
            ("is:first-seen", described("Events done for the first time by their actor")),
            ("ua_family:curl", described("Events using curl")),
            ("-ua_family:*", described("Events, without a user agent")),
        ),
    ),
    Rule(
        "A facet's counts leave out its own field's filter",
        (
            ("actor:a x -actor:b", counted_without("actor", "x")),
            ("actor:a x", counted_without("action", "actor:a x")),
        ),
    ),
    Rule(
        "What the reader may see is never part of the text",
        (("workspace_id:1", not_scope), ("highest_seq:1", not_scope), ("seq:1", not_scope)),
    ),
    Rule(
        "A query and its negation add up to all, for every query",
        (
            ("a OR b c", negated_in_brackets),
            ("-a", negated_in_brackets),
            ("actor:a,b -ip:*", negated_in_brackets),
        ),
    ),
)


def test_there_are_fifteen_rules() -> None:
    assert len({rule.sentence for rule in RULES}) == len(RULES) == 15


@pytest.mark.parametrize(
    ("text", "check"),
    [
        pytest.param(text, check, id=f"{rule.sentence}: {text[:60]}")
        for rule in RULES
        for text, check in rule.cases
    ],
)
def test_the_language_is_exact(text: str, check: Check) -> None:
    check(text)


def test_a_clock_is_all_that_a_date_needs() -> None:
    assert _period("created:now..now", Clock(Instant(5), NEW_YORK)) == Period(
        Instant(5), Instant(6)
    )
