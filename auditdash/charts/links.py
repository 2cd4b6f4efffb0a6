"""The query that finds the events behind one number: what was asked, narrowed to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from auditdash.events.periods import Period
from auditdash.search.edit import atom_of
from auditdash.search.parse import LONGEST, MOST_TERMS
from auditdash.search.period import local_value, overlap, period_of
from auditdash.search.print import print_query, print_value
from auditdash.search.query import (
    And,
    Atom,
    Node,
    Not,
    Or,
    Present,
    Query,
    Term,
    conjunction,
    query_of,
)
from auditdash.search.scope import Clock

_MARK = "\0"  # in the place of a value that is written later: no query has one


def within(query: Query, period: Period, clock: Clock) -> Query:
    """Narrowed to a period, without leaving the one that was asked for."""
    kept = (part for part in query.parts if not _is_one(part, "created"))
    narrow = local_value(overlap(period_of(query, clock), period), clock.zone)
    return query_of((*kept, Term("created", (narrow,))), query.order)


def link_within_each(
    query: Query, periods: Sequence[Period], clock: Clock, **fields: str | None
) -> list[str]:
    """`link(within(…))` for the bars of a picture, and `having` these values: what they share is
    written once."""
    kept = (part for part in query.parts if not _is_one(part, "created"))
    marked = query_of((*kept, Term("created", (Atom(_MARK),))), query.order)
    marked = having(marked, **fields) if fields else marked
    before, _, after = print_query(marked).rpartition(_MARK)
    fits = _terms(marked.node) <= MOST_TERMS
    texts = (f"{before}{value}{after}" for value in _values(query, tuple(periods), clock))
    return [text if fits and len(text) <= LONGEST else "" for text in texts]


@lru_cache(maxsize=4)  # the bars of one picture have links in each of their colours
def _values(query: Query, periods: tuple[Period, ...], clock: Clock) -> tuple[str, ...]:
    asked = period_of(query, clock)
    return tuple(print_value(local_value(overlap(asked, each), clock.zone)) for each in periods)


def having(query: Query, **fields: str | None) -> Query:
    """Narrowed to events whose fields have these values; None: the field is missing."""
    kept = (part for part in query.parts if not any(_is_one(part, name) for name in fields))
    more = (_term(name, value) for name, value in fields.items())
    return query_of((*kept, *more), query.order)


def having_others(query: Query, field: str, known: Sequence[Mapping[str, str | None]]) -> Query:
    """Narrowed to events in which the field is there and that none of the others finds."""
    others = (
        Not(conjunction(tuple(_term(name, value) for name, value in fields.items())))
        for fields in known
    )
    return query_of((*query.parts, Term(field, (Present(),)), *others), query.order)


def link(query: Query) -> str:
    """The text of a query; "" when it is larger than a query may be."""
    text = print_query(query)
    return text if len(text) <= LONGEST and _terms(query.node) <= MOST_TERMS else ""


def _terms(node: Node | None) -> int:
    match node:
        case None:
            return 0
        case And(nodes) | Or(nodes):
            return sum(map(_terms, nodes))
        case Not(inner):
            return _terms(inner)
    return 1


def _is_one(part: Node, field: str) -> bool:
    """Whether a part says one thing about a field, so that a narrower one can stand for it."""
    return isinstance(part, Term) and part.field == field and len(part.values) == 1


def _term(field: str, value: str | None) -> Node:
    if value is None:
        return Not(Term(field, (Present(),)))
    return Term(field, (_atom(field, value),))


@lru_cache(maxsize=64)
def _atom(field: str, text: str) -> Atom:
    """The value, quoted where it must be; a category stands in the links of a hundred bars."""
    return atom_of(field, text)
