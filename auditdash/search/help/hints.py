"""What a reader may have meant instead, where a query is right but finds less than expected."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.search.dates import read_date, resolve
from auditdash.search.fields import find_field
from auditdash.search.print import print_node, print_query
from auditdash.search.query import (
    And,
    Node,
    Not,
    Or,
    Query,
    Range,
    Term,
    Text,
    conjunction,
    disjunction,
    query_of,
    walk,
)
from auditdash.search.scope import Clock

_ANY_CLOCK = Clock(Instant(0), ZoneInfo("UTC"))
# An event has one of each of these; an address or a date can satisfy two terms at once.
_SINGLE = frozenset({"text", "action", "exact", "choice"})


class Hint(Struct, frozen=True):
    """`text` is for people; `suggestion` is the query that may be meant, or ""."""

    text: str
    suggestion: str = ""


def hints(query: Query) -> list[Hint]:
    """At most one hint of each kind, the likeliest first."""
    found = [_keywords(query) or _repeated(query), _reversed(query)]
    return [hint for hint in found if hint]


def _keywords(query: Query) -> Hint | None:
    """Lower-case and, or, not between terms are searched as words."""
    words = sorted({word for node in walk(query.node) for word in _lower_keywords(node)})
    if not words or query.node is None:
        return None
    capitals = " and ".join(word.upper() for word in words)
    searched = " and ".join(f"\u201c{word}\u201d" for word in words)
    suggestion = print_query(Query(_capitalise(query.node), query.order))
    verb = "is" if len(words) == 1 else "are"
    text = f"{searched} {verb} searched as text. Capital {capitals} would join or negate terms."
    return Hint(text, suggestion)


def _lower_keywords(node: Node) -> Iterator[str]:
    if not isinstance(node, And):
        return
    for place, inner in enumerate(node.nodes):
        last = place == len(node.nodes) - 1
        if not last and (_is_word(inner, "not") or (place and _is_word(inner, "and", "or"))):
            yield print_node(inner).lower()


def _is_word(node: Node, *words: str) -> bool:
    return isinstance(node, Text) and not node.quoted and node.text.lower() in words


def _capitalise(node: Node) -> Node:
    """The tree as it would be with its lower-case keywords in capitals."""
    match node:
        case Not(inner):
            return Not(_capitalise(inner))
        case Or(nodes):
            return disjunction(tuple(_capitalise(inner) for inner in nodes))
        case And(nodes):
            return disjunction(tuple(conjunction(group) for group in _groups(nodes)))
        case Term() | Text():
            return node


def _groups(nodes: tuple[Node, ...]) -> list[tuple[Node, ...]]:
    """The parts of an And, divided at each `or`."""
    groups: list[list[Node]] = [[]]
    negated = False
    for place, node in enumerate(nodes):
        last = place == len(nodes) - 1
        joins = bool(groups[-1]) and not last and not negated
        if joins and _is_word(node, "or"):
            groups.append([])
        elif joins and _is_word(node, "and"):
            continue
        elif not last and not negated and _is_word(node, "not"):
            negated = True
        else:
            inner = _capitalise(node)
            groups[-1].append(Not(inner) if negated else inner)
            negated = False
    return [tuple(group) for group in groups if group]


def _repeated(query: Query) -> Hint | None:
    """`actor:a actor:b` asks for one event with two actors."""
    merged: dict[str, Term] = {}
    repeated: str | None = None
    parts: list[Node] = []
    for part in query.parts:
        if not isinstance(part, Term) or not _is_single(part.field):
            parts.append(part)
        elif part.field in merged:
            repeated = repeated or part.field
            known = merged[part.field]
            merged[part.field] = Term(part.field, tuple(dict.fromkeys(known.values + part.values)))
        else:
            merged[part.field] = part
            parts.append(part)
    if repeated is None:
        return None
    joined = tuple(
        merged.get(part.field, part) if isinstance(part, Term) else part for part in parts
    )
    meant = print_node(merged[repeated])
    text = f"Only an event that matches both {repeated}: terms is shown. Did you mean {meant}?"
    return Hint(text, print_query(query_of(joined, query.order)))


def _is_single(field: str) -> bool:
    known = find_field(field)
    return known is not None and known.kind in _SINGLE and "." not in field


def _reversed(query: Query) -> Hint | None:
    """A range that ends before it begins has nothing in it."""
    for node in walk(query.node):
        for value in node.values if isinstance(node, Term) else ():
            if isinstance(value, Range) and _is_reversed(value):
                first, last = value.first.text, value.last.text
                return Hint(f"{first} is later than {last}: nothing lies between them.")
    return None


def _is_reversed(value: Range) -> bool:
    sides = (value.first.text, value.last.text)
    if "*" in sides or any(read_date(side).relative for side in sides):
        return False
    period = resolve(value, _ANY_CLOCK)
    return period.start is not None and period.end is not None and period.start >= period.end
