"""Query to text: what the parser reads as the same query."""

from __future__ import annotations

import re

from auditdash.search.fields import CONTEXT
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
    Value,
)

_PLAIN_PATH = re.compile(r'[^\s()":]+')


def print_query(query: Query) -> str:
    """The text of a query; "" is everything."""
    text = "" if query.node is None else print_node(query.node)
    if query.order == "created-desc":
        return text
    return f"{text} sort:{query.order}".strip()


def print_node(node: Node) -> str:
    """The text of one node, as it stands alone."""
    match node:
        case Or(nodes):
            return " OR ".join(print_node(inner) for inner in nodes)
        case And(nodes):
            return " ".join(_bracket(inner, Or) for inner in nodes)
        case Not(inner):
            return f"-{_bracket(inner, Or, And)}"
        case Text(text, quoted):
            return quote(text) if quoted else text
        case Term(field, values):
            return f"{print_field(field)}:{','.join(print_value(value) for value in values)}"


def _bracket(node: Node, *looser: type[Node]) -> str:
    text = print_node(node)
    return f"({text})" if isinstance(node, looser) else text


def print_value(value: Value) -> str:
    """The text of one value."""
    match value:
        case Atom(text, quoted):
            return quote(text) if quoted else text
        case Compare(op, atom):
            return f"{op}{print_value(atom)}"
        case Range(first, last):
            return f"{print_value(first)}..{print_value(last)}"
        case Present():
            return "*"


def quote(text: str) -> str:
    """The text in quotes; a backslash is doubled only where it would be read as an escape."""
    return '"' + re.sub(r'"|\\(?=["\\]|$)', r"\\\g<0>", text) + '"'


def print_field(field: str) -> str:
    """The name of a field; a path of the context that has spaces and the like in quotes."""
    path = field.removeprefix(CONTEXT)
    if path == field or _PLAIN_PATH.fullmatch(path):
        return field
    return CONTEXT + quote(path)
