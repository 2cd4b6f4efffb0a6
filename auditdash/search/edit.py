"""Text to text: what a click on a facet, a bar or the period picker does to a query.

Each function raises QueryError when the text is no query, and keeps what it does not speak of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo

from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import shorten
from auditdash.events.periods import Period
from auditdash.search.dates import EXPECTED, resolve
from auditdash.search.errors import QueryError
from auditdash.search.fields import find_field
from auditdash.search.parse import parse
from auditdash.search.period import frozen, local_value
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
    Text,
    Value,
    query_of,
)
from auditdash.search.scope import Clock

_LONGEST_WRITTEN = 512
_MARK = "\0"  # in the place of a value that is written later: no query has one
_read = lru_cache(maxsize=256)(parse)  # each link of a page edits the same text


def include(text: str, field: str, value: str | None) -> str:
    """Ask for events that have this value, or one of those of the field asked for already.

    None asks for events in which the field is missing.
    """
    if value is None:
        return _add(_drop_field(_read(text), field), Not(Term(field, (Present(),))))
    query = _drop_value(_read(text), field, value, excluded=True)
    return _merge(query, field, atom_of(field, value), excluded=False)


def only(text: str, field: str, value: str | None) -> str:
    """Ask for this value of the field alone."""
    return include(print_query(_drop_field(_read(text), field)), field, value)


def exclude(text: str, field: str, value: str | None) -> str:
    """Ask for no events that have this value; None: for none in which the field is missing."""
    if value is None:
        return _add(_drop_field(_read(text), field), Term(field, (Present(),)))
    query = _drop_value(_read(text), field, value, excluded=False)
    return _merge(query, field, atom_of(field, value), excluded=True)


def adder(
    text: str, field: str, *, excluded: bool = False
) -> Callable[[str], tuple[str, str, str]]:
    """`include` (or `exclude`) of one value after the other, each of which the query does not name:
    what comes before it, the value as it is written, what comes after it."""
    marked = _merge(_read(text), field, Atom(_MARK), excluded=excluded)
    before, _, after = marked.rpartition(_MARK)
    return lambda value: (before, print_value(atom_of(field, value)), after)


def without(text: str, field: str, value: str | None = None) -> str:
    """Ask no longer about this value, or not at all about the field."""
    query = _read(text)
    if value is None:
        return print_query(_drop_field(query, field))
    query = _drop_value(query, field, value, excluded=False)
    return print_query(_drop_value(query, field, value, excluded=True))


def without_field(query: Query, field: str) -> Query:
    """The query that a facet counts by: all but what it asks about the facet's own field."""
    return _drop_field(query, field)


def chosen(query: Query, field: str, *, excluded: bool = False) -> frozenset[str]:
    """The values, folded, that the query's parts ask for (or exclude) by name."""
    return frozenset(
        fold_case(value.text)
        for part in query.parts
        for value in _values(part, field, excluded)
        if isinstance(value, Atom) and not value.wild
    )


def with_period(text: str, start_text: str, end_text: str) -> str:
    """Ask for `created` from one date to another, both in; "" leaves a side open.

    The dates are written as in a query: 2026-03-08, 2026-03, today, now-7d.
    """
    query = _drop(_read(text), lambda part: bool(_values(part, "created", excluded=False)))
    start, end = start_text.strip(), end_text.strip()
    if not start and not end:
        return print_query(query)
    if start == end:
        return _add(query, _created(start))
    if not end:
        return _add(query, _created(f">={start}"))
    return _add(query, _created(f"{start}..{end}" if start else f"<={end}"))


def _created(value: str) -> Term:
    node = parse(f"created:{value}").node
    if isinstance(node, Term) and len(node.values) == 1:
        return node
    raise QueryError(f"{shorten(value)} is not a date", position=0, expected=EXPECTED)


def within(text: str, period: Period, zone: ZoneInfo) -> str:
    """Ask for `created` in this period; written in whole days of the zone where it has such."""
    query = _drop(_read(text), lambda part: bool(_values(part, "created", excluded=False)))
    if period == Period():
        return print_query(query)
    return _add(query, Term("created", (local_value(period, zone),)))


def freeze(text: str, clock: Clock) -> str:
    """The same question with every date as instants: it stays the same for all readers, always."""
    query = _read(text)
    if query.node is None:
        return print_query(query)
    return print_query(Query(_freeze(query.node, clock), query.order))


def _freeze(node: Node, clock: Clock) -> Node:
    match node:
        case Not(inner):
            return Not(_freeze(inner, clock))
        case And(nodes):
            return And(tuple(_freeze(inner, clock) for inner in nodes))
        case Or(nodes):
            return Or(tuple(_freeze(inner, clock) for inner in nodes))
        case Term("created" | "received" as field, values):
            return Term(field, tuple(frozen(resolve(value, clock)) for value in values))
        case Term() | Text():
            return node


def atom_of(field: str, value: str) -> Atom:
    """A value as it was found in an event, quoted where it would be read as something else."""
    text = storable(value)
    if len(text) > _LONGEST_WRITTEN:
        text = fold_case(text)  # its key, which is short, and finds the same events
    return _written(field, text)


@lru_cache(maxsize=4096)  # the facets of a page after the other offer the same values
def _written(field: str, text: str) -> Atom:
    known = find_field(field)
    bare = Query(Term(field, (Atom(text),)))
    special = known is None or known.kind == "action" or "*" in text  # families, wildcards
    return Atom(text, quoted=special or not _reads_as(print_query(bare), bare))


def _reads_as(text: str, query: Query) -> bool:
    try:
        return parse(text) == query
    except QueryError:
        return False


def _add(query: Query, node: Node) -> str:
    return print_query(query_of((*query.parts, node), query.order))


def _drop(query: Query, unwanted: Callable[[Node], bool]) -> Query:
    return query_of(tuple(part for part in query.parts if not unwanted(part)), query.order)


def _drop_field(query: Query, field: str) -> Query:
    return _drop(
        query,
        lambda part: bool(
            _values(part, field, excluded=False) or _values(part, field, excluded=True)
        ),
    )


def _drop_value(query: Query, field: str, value: str, *, excluded: bool) -> Query:
    parts = []
    for part in query.parts:
        values = _values(part, field, excluded)
        left = tuple(kept for kept in values if not _is_same(kept, value))
        if len(left) == len(values):
            parts.append(part)
        elif left:
            parts.append(_term(field, left, excluded))
    return query_of(tuple(parts), query.order)


def _merge(query: Query, field: str, atom: Atom, *, excluded: bool) -> str:
    """Add a value to the first term of its field; a term of its own if there is none."""
    parts = list(query.parts)
    for place, part in enumerate(parts):
        values = tuple(kept for kept in _values(part, field, excluded) if isinstance(kept, Atom))
        if not values:
            continue
        if not any(_is_same(kept, atom.text) for kept in values):
            values = (*values, atom)
        parts[place] = _term(field, values, excluded)
        return print_query(query_of(tuple(parts), query.order))
    return _add(query, _term(field, (atom,), excluded))


def _term(field: str, values: tuple[Value, ...], excluded: bool) -> Node:
    term = Term(field, values)
    return Not(term) if excluded else term


def _values(part: Node, field: str, excluded: bool) -> tuple[Value, ...]:
    """The values of a part that is a term of this field, or the negation of one."""
    if excluded:
        return _values(part.node, field, excluded=False) if isinstance(part, Not) else ()
    return part.values if isinstance(part, Term) and part.field == field else ()


def _is_same(value: Value, text: str) -> bool:
    return (
        isinstance(value, Atom)
        and not value.wild
        and fold_case(value.text) == fold_case(storable(text))
    )
