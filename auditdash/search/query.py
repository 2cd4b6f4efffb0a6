"""What was asked, as a frozen tree. Two queries are equal when they ask the same in the same words,
wherever those words stand in the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

CompareOp: TypeAlias = Literal[">=", "<=", ">", "<"]
Order: TypeAlias = Literal["created-desc", "created-asc"]
DATES: Final = frozenset({"created", "received"})
_OF_OTHERS: Final = "own-access"  # told by the events around it


class Span(Struct, frozen=True, eq=False):
    """Where a node stands in its text. All spans are equal: they do not tell queries apart."""

    start: int = 0
    end: int = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span)

    def __hash__(self) -> int:
        return 0


class Atom(Struct, frozen=True):
    """One value as it is meant (escapes undone). Quoted, it has no wildcard and no family."""

    text: str
    quoted: bool = False
    span: Span = Span()

    @property
    def wild(self) -> bool:
        """Whether `*` stands for any text here."""
        return not self.quoted and "*" in self.text


class Compare(Struct, frozen=True):
    """`>=2026-01-31`; dates only."""

    op: CompareOp
    atom: Atom
    span: Span = Span()


class Range(Struct, frozen=True):
    """`a..b`, both units in; an open side is an Atom `*`. Dates only."""

    first: Atom
    last: Atom
    span: Span = Span()


class Present(Struct, frozen=True):
    """`field:*`: the field is there."""

    span: Span = Span()


Value: TypeAlias = Atom | Compare | Range | Present


class Term(Struct, frozen=True):
    """`field:value,value`: one of the values. `field` is named in fields.py."""

    field: str
    values: tuple[Value, ...]
    span: Span = Span()


class Text(Struct, frozen=True):
    """Free text: a word, or a phrase when quoted. Both are contiguous and begin at a word."""

    text: str
    quoted: bool = False
    span: Span = Span()


class Not(Struct, frozen=True):
    """Every event that the node does not match, also those in which its field is missing."""

    node: Node
    span: Span = Span()


class And(Struct, frozen=True):
    """All of two or more nodes; none of them is itself an And."""

    nodes: tuple[Node, ...]
    span: Span = Span()


class Or(Struct, frozen=True):
    """Any of two or more nodes; none of them is itself an Or."""

    nodes: tuple[Node, ...]
    span: Span = Span()


Node: TypeAlias = Term | Text | Not | And | Or


class Query(Struct, frozen=True):
    """A whole question; `node` None is everything."""

    node: Node | None = None
    order: Order = "created-desc"

    @property
    def parts(self) -> tuple[Node, ...]:
        """The nodes that must all match."""
        if self.node is None:
            return ()
        return self.node.nodes if isinstance(self.node, And) else (self.node,)


def query_of(parts: tuple[Node, ...], order: Order = "created-desc") -> Query:
    """The query whose parts must all match; nested Ands are opened."""
    return Query(conjunction(parts) if parts else None, order)


def conjunction(nodes: tuple[Node, ...]) -> Node:
    """All of one or more nodes, as the parser would make it."""
    flat = tuple(
        inner for node in nodes for inner in (node.nodes if isinstance(node, And) else (node,))
    )
    return flat[0] if len(flat) == 1 else And(flat, _around(flat))


def disjunction(nodes: tuple[Node, ...]) -> Node:
    """Any of one or more nodes, as the parser would make it."""
    flat = tuple(
        inner for node in nodes for inner in (node.nodes if isinstance(node, Or) else (node,))
    )
    return flat[0] if len(flat) == 1 else Or(flat, _around(flat))


def walk(node: Node | None) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    if node is None:
        return
    yield node
    for inner in node.nodes if isinstance(node, And | Or) else ():
        yield from walk(inner)
    if isinstance(node, Not):
        yield from walk(node.node)


def find_moving(query: Query) -> str:
    """The first thing in it that depends on a clock or on other events: a field of dates, or
    `is:own-access`; "" where there is none."""
    for node in walk(query.node):
        if not isinstance(node, Term):
            continue
        if node.field in DATES:
            return node.field
        if any(isinstance(value, Atom) and value.text == _OF_OTHERS for value in node.values):
            return f"is:{_OF_OTHERS}"
    return ""


def _around(nodes: tuple[Node, ...]) -> Span:
    return Span(nodes[0].span.start, nodes[-1].span.end)
