"""The grammar, as a table: what a text means, and where one that means nothing goes wrong."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from auditdash.search.errors import QueryError
from auditdash.search.help.complete import where
from auditdash.search.parse import LONGEST, parse
from auditdash.search.print import print_query
from auditdash.search.query import (
    And,
    Atom,
    Compare,
    Node,
    Not,
    Or,
    Present,
    Query,
    Range,
    Term,
    Text,
)

A, B, C = Text("a"), Text("b"), Text("c")
BOB = Term("actor", (Atom("bob"),))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a (b OR c)", And((A, Or((B, C))))),
        ("(a b) c", And((A, B, C))),
        ("((a))", A),
        ("-a b", And((Not(A), B))),
        ("NOT a OR b", Or((Not(A), B))),
        ("NOT(a OR b)", Not(Or((A, B)))),
        ("-(a b)", Not(And((A, B)))),
        ("--a", Not(Not(A))),
        ("a-b", Text("a-b")),
        ("a or b", And((A, Text("or"), B))),
        ("ANDy ORb NOTc", And((Text("ANDy"), Text("ORb"), Text("NOTc")))),
        ('"OR"', Text("OR", quoted=True)),
        ('"a \\"b\\" \\\\ \\c"', Text('a "b" \\ \\c', quoted=True)),
        ("a,b", Text("a,b")),
        ("100%", Text("100%")),
        ("\u00a0a\u2003b\n", And((A, B))),
        ("x\x00", Text("x\ufffd")),
    ],
)
def test_a_text_means_a_tree(text: str, node: Node) -> None:
    assert parse(text) == Query(node)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("actor:bob", BOB),
        ("ACTOR:bob", BOB),
        ("actor:bob,al*", Term("actor", (Atom("bob"), Atom("al*")))),
        ('actor:"a,b*",c', Term("actor", (Atom("a,b*", quoted=True), Atom("c")))),
        ("actor:*", Term("actor", (Present(),))),
        ("ip:2001:db8::1", Term("ip", (Atom("2001:db8::1"),))),
        ("category:EXPORTS", Term("category", (Atom("exports"),))),
        ("context.Deep.er:x", Term("context.Deep.er", (Atom("x"),))),
        ('context."a b:c":x', Term("context.a b:c", (Atom("x"),))),
        ("created:2026-03", Term("created", (Atom("2026-03"),))),
        ("created:>=2026-03", Term("created", (Compare(">=", Atom("2026-03")),))),
        ("created:<now-7d", Term("created", (Compare("<", Atom("now-7d")),))),
        ("created:*..today", Term("created", (Range(Atom("*"), Atom("today")),))),
        ("received:*", Term("received", (Present(),))),
    ],
)
def test_a_term_has_a_field_and_values(text: str, term: Term) -> None:
    assert parse(text) == Query(term)


def test_the_order_stands_beside_the_question() -> None:
    assert parse("a sort:created-asc OR b") == Query(Or((A, B)), "created-asc")
    assert parse("sort:created-asc") == Query(None, "created-asc")
    assert parse("sort:created-desc  ") == parse("") == Query()


def test_nodes_know_where_they_stand() -> None:
    node = parse("  a -actor:bob,x").node
    assert isinstance(node, And)
    negated = node.nodes[1]
    assert isinstance(negated, Not)
    assert (negated.span.start, negated.span.end) == (4, 16)
    assert isinstance(negated.node, Term)
    spans = [value.span for value in negated.node.values]
    assert [(span.start, span.end) for span in spans] == [(11, 14), (15, 16)]


@pytest.mark.parametrize(
    ("text", "position", "length", "said", "nearest"),
    [
        ("a actr:x", 2, 4, "no field 'actr'", "actor"),
        ("user:x", 0, 4, "no field", "actor"),
        ("context.:x", 0, 8, "has no path", None),
        ("contxt.role:x", 0, 11, "no field", "context."),
        ("see https://x.y/z?a", 4, 15, "an address of the web", None),
        ("14:05", 0, 2, "no field '14'", None),
        (":x", 0, 1, "a field's name is missing", None),
        ("actor:", 6, 1, "no value", None),
        ("actor: bob", 6, 1, "no value", None),
        ("actor:a, b", 8, 1, "no value", None),
        ('actor:""', 6, 2, "empty value", None),
        ("actor:>5", 6, 2, "not a date, so it has no range", None),
        ("entity:a..b", 7, 4, "not a date, so it has no range", None),
        ("actor:f(x)", 7, 1, "stands inside a term", None),
        ('actor:"a"b', 9, 1, "stands inside a term", None),
        ("category:export", 9, 6, "no value of category", "exports"),
        ("op:*x", 3, 2, "no value of op", None),
        ("is:lte", 3, 3, "expected export, permission, own-access, sensitive, off-", "late"),
        ("is:*", 3, 1, "no value of is", None),
        ("source:mo*", 7, 3, "takes no *", None),
        ("ip:10.0.0", 3, 6, "not an address", "10.0.0.0/24"),
        ("ip:10.*", 3, 4, "CIDR", "10.0.0.0/8"),
        ("ip:300.*", 3, 5, "CIDR", None),
        ("created:tody", 8, 4, "not a date", "today"),
        ("created:2026-02-30", 8, 10, "day", None),
        ("created:2026-13", 8, 7, "month must be in 1..12", None),
        ("created:2026-00", 8, 7, "month must be in 1..12", None),
        ("created:0000", 8, 4, "a year from 1901", None),
        ("created:>=2026-3", 10, 6, "not a date", "2026-03"),
        ("created:8.3.2026", 8, 8, "not a date", "2026-03-08"),
        ("created:2026/3/8", 8, 8, "not a date", "2026-03-08"),
        ("created:2026/3/80", 8, 9, "not a date", None),
        ("created:7d", 8, 2, "not a date", ">=now-7d"),
        ("created:>=7d", 10, 2, "not a date", "now-7d"),
        ("created:2026..x", 14, 1, "not a date", None),
        ("created:2026..", 14, 1, "a date is missing", None),
        ("created:now-7d", 8, 6, "a single moment", ">=now-7d"),
        ("created:now", 8, 3, "a single moment", "<=now"),
        ("created:>now-99999999w", 9, 13, "too long ago", None),
        ("created:2026-03-08T10:00:00", 8, 19, "RFC 3339 timestamp with a zone", None),
        ('x "y', 2, 1, "this quote is not closed", None),
        ("x (y", 2, 1, "this bracket is not closed", None),
        ("x) y", 1, 1, "this bracket closes none", None),
        ("()", 1, 1, "nothing before this bracket", None),
        ("a OR", 4, 1, "ends too early", None),
        ("OR a", 0, 2, "OR has nothing before it", None),
        ("a AND OR b", 6, 2, "OR has nothing before it", None),
        ("NOT", 3, 1, "ends too early", None),
        ("- a", 0, 1, "a term right behind it", None),
        ("!!", 0, 2, "a letter or a digit", None),
        ('"..."', 0, 5, "a letter or a digit", None),
        ("f*o", 0, 3, "* stands in free text", None),
        ("sort:up", 5, 2, "no value of sort", None),
        ("sort:asc", 5, 3, "no value of sort", "created-asc"),
        ("sort:created-asc sort:created-asc", 17, 16, "two orders", None),
        ("-sort:created-asc", 1, 16, "inside a bracket or a negation", None),
        ("(a sort:created-asc)", 3, 16, "inside a bracket or a negation", None),
        ("-" * 21 + "a", 20, 1, "too deep", None),
        ("(" * 21 + "a" + ")" * 21, 20, 1, "too deep", None),
        ("a " * 51, 100, 1, "at most 50", None),
        ("actor:" + "a," * 200 + "a", 406, 1, "at most 200", None),
        ("a" * 2003, 2000, 3, "3 characters too long", None),
        ("\ufdfa" * 500, 0, 500, "too long", None),
    ],
)
def test_what_is_not_understood_is_refused_at_its_place(
    text: str, position: int, length: int, said: str, nearest: str | None
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    error = caught.value
    assert (error.position, error.length, error.nearest) == (position, length, nearest)
    assert said in str(error)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("  a   AND  NOT (b)", "a -b"),
        ("(a OR b) (c d)", "(a OR b) c d"),
        ("NOT (a OR b) sort:created-desc", "-(a OR b)"),
        ('actor:"x\\\\"', 'actor:"x\\\\"'),
        ("a OR b sort:created-asc", "a OR b sort:created-asc"),
        ('context."role":x', "context.role:x"),
        ('context."a b":x', 'context."a b":x'),
    ],
)
def test_a_query_is_printed_shortly(text: str, printed: str) -> None:
    assert print_query(parse(text)) == printed


def test_the_longest_query_stays_a_query_when_printed() -> None:
    text = '"' + "\\a" * 999 + '"'
    assert parse(print_query(parse(text))) == parse(text)


_UNITS = (
    "a",
    "(",
    "((a))",
    "-",
    '"',
    "\\",
    "a* ",
    "a OR ",
    "actor:",
    "1.",
    "\u0301",
    "\x00",
    "(-",
    " ",
)


@pytest.mark.parametrize("length", [LONGEST, 1 << 16])
def test_no_text_takes_long_to_read_or_to_refuse(length: int) -> None:
    began = time.process_time()
    for unit in _UNITS:
        text = (unit * length)[:length]
        with suppress(QueryError):
            parse(text)
        where(text, length)
    assert time.process_time() - began < 2
