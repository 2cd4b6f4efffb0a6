"""Query and Scope to SQL: the only translator. What it builds is true in the same rows on SQLite
and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.elements import Grouping

from auditdash.events.addresses import ip_range
from auditdash.events.catalogue import Action, actions
from auditdash.events.folding import bounded, fold_case, fold_words
from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.search.dates import resolve
from auditdash.search.fields import CONTEXT
from auditdash.search.query import And, Atom, Node, Not, Or, Present, Query, Term, Text, Value
from auditdash.search.scope import Clock, Scope
from auditdash.store.schema import event_context, event_fields

Condition = ColumnElement[bool]
_Texts = Sequence[Column[Any]]

_c = event_fields.c
_KEYS: dict[str, _Texts] = {
    "actor": (_c.actor_username_key, _c.actor_id_key),
    "subject": (_c.subject_name_key, _c.subject_id_key),
    "entity": (_c.entity_name_key, _c.entity_id_key),
    "entity_type": (_c.entity_type_key,),
    "entity_id": (_c.entity_id_key,),
    "role": (_c.role_key,),
    "ua": (_c.user_agent_key,),
    "workspace": (_c.workspace_key,),
}
_INSTANTS = {"created": _c.occurred_at, "received": _c.received_at}
# Names that systems give, kept as they came: found as they are written or in lower case.
_NAMES = {"source": _c.source, "corr": _c.correlation_id, "outcome": _c.outcome}


def compile_query(query: Query, scope: Scope, clock: Clock) -> Condition:
    """The condition on `event_fields` for all that was asked within what may be seen."""
    conditions = [_c.workspace_id == scope.workspace_id]
    if scope.highest_seq is not None:
        conditions.append(_c.seq <= scope.highest_seq)
    if query.node is not None:
        conditions.append(_compile(query.node, clock))
    return and_(*conditions)


def order_of(query: Query) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """What to order by; seq tells events of the same microsecond apart."""
    if query.order == "created-asc":
        return _c.occurred_at.asc(), _c.seq.asc()
    return _c.occurred_at.desc(), _c.seq.desc()


def _compile(node: Node, clock: Clock) -> Condition:
    match node:
        case And(nodes):
            return and_(*(_compile(inner, clock) for inner in nodes))
        case Or(nodes):
            return or_(*(_compile(inner, clock) for inner in nodes))
        case Not(inner):
            # NOT alone would drop the rows in which the field is missing. The two databases bind
            # IS differently, so what it asks stands in brackets.
            return Grouping(_compile(inner, clock)).is_not(true())
        case Text(text):
            return _like(_c.words, f"%{_escape(fold_words(text).rstrip())}%")
        case Term(field, values):
            return _term(field, values, clock)


def _term(field: str, values: Sequence[Value], clock: Clock) -> Condition:
    if field in _INSTANTS:
        return or_(*(_within(_INSTANTS[field], resolve(value, clock)) for value in values))
    present = any(isinstance(value, Present) for value in values)
    atoms = [value for value in values if isinstance(value, Atom)]
    if field.startswith(CONTEXT):
        return _context(field.removeprefix(CONTEXT), atoms, present)
    if field in _KEYS:
        return _texts(_KEYS[field], atoms, present)
    if field == "ip":
        return _c.actor_ip.is_not(None) if present else or_(*(_address(atom) for atom in atoms))
    if field in _NAMES:
        return _names(_NAMES[field], atoms, present)
    if present:  # each event has an action, and with it a category and an op
        return true()
    return or_(*(_action(atom) if field == "action" else _flag(field, atom) for atom in atoms))


def _within(column: Column[int], period: Period) -> Condition:
    conditions = []
    if period.start is not None:
        conditions.append(column >= period.start)
    if period.end is not None:
        conditions.append(column < period.end)
    return and_(true(), *conditions)


def _texts(columns: _Texts, atoms: Iterable[Atom], present: bool) -> Condition:
    """Any of the columns has any of the values."""
    if present:
        return or_(*(column > "" for column in columns))
    plain, patterns = _split(atoms)
    conditions: list[Condition] = [column.in_(plain) for column in columns if plain]
    conditions += [_like(column, pattern) for column in columns for pattern in patterns]
    return or_(*conditions)


def _context(path: str, atoms: Iterable[Atom], present: bool) -> Condition:
    row = event_context.c
    here = and_(row.workspace_id == _c.workspace_id, row.seq == _c.seq, row.path == bounded(path))
    found = true() if present else _texts((row.value_key,), atoms, present=False)
    return exists().where(here, found).correlate(event_fields)


def _split(atoms: Iterable[Atom]) -> tuple[list[str], list[str]]:
    """Folded values to compare, and LIKE patterns."""
    plain: list[str] = []
    patterns: list[str] = []
    for atom in atoms:
        if atom.wild:
            pieces = (_escape(fold_case(piece)) for piece in atom.text.split("*"))
            patterns.append("%".join(pieces))
        else:
            plain.append(fold_case(atom.text))
    return plain, patterns


def _address(atom: Atom) -> Condition:
    first, last = ip_range(atom.text)
    return _c.actor_ip_key == first if first == last else _c.actor_ip_key.between(first, last)


def _names(column: Column[str], atoms: Iterable[Atom], present: bool) -> Condition:
    if present:
        return column.is_not(None)
    return column.in_([name for atom in atoms for name in _cases(bounded(atom.text))])


def _cases(name: str) -> list[str]:
    return sorted({name, name.lower()})


def _action(atom: Atom) -> Condition:
    """The action of that name and, not quoted, its family: `collection` and `collection_…`."""
    if atom.wild:
        # Of a text in code point order, both databases lower the letters of ASCII and no other.
        lower = atom.text.encode().lower().decode()
        return _like(func.lower(_c.action), "%".join(map(_escape, lower.split("*"))))
    names = _cases(atom.text)
    exact = _c.action.in_(names)
    if atom.quoted:
        return exact
    # In code point order, which both databases keep, "`" follows "_".
    families = (and_(_c.action >= f"{name}_", _c.action < f"{name}`") for name in names)
    return or_(exact, *families)


def _flag(field: str, atom: Atom) -> Condition:
    """`category:`, `op:` and most of `is:` follow from the action through the catalogue."""
    if atom.text == "own-access":
        return and_(_c.action.in_(_marked("is", "permission")), is_own())
    if atom.text in {"other", "unmapped"}:
        return _c.action.not_in([action.name for action in actions()])
    return _c.action.in_(_marked(field, atom.text))


def is_own() -> Condition:
    """Whether the member whom an event was done to is the one who did it; NULL is no."""
    same_id = _c.actor_id_key == _c.subject_id_key
    same_name = _c.actor_username_key == _c.subject_name_key
    return and_(_c.subject_type == "member", or_(same_id, same_name))


@cache
def _marked(field: str, word: str) -> tuple[str, ...]:
    return tuple(action.name for action in actions() if word in _words(field, action))


def _words(field: str, action: Action) -> set[str]:
    if field == "category":
        return {action.category}
    if field == "op":
        return {action.op}
    flags = {
        "export": action.op == "export",
        "permission": action.permission,
        "sensitive": action.sensitive,
    }
    return {name for name, marked in flags.items() if marked}


def _like(text: ColumnElement[str], pattern: str) -> Condition:
    return text.like(pattern, escape="\\")


def _escape(text: str) -> str:
    for letter in "\\%_":
        text = text.replace(letter, f"\\{letter}")
    return text


def find_bounds(
    connection: Connection, condition: ColumnElement[bool]
) -> tuple[Instant, Instant] | None:
    """When the first matching event happened and a microsecond after the last, or None."""
    # Two statements: each walks the index from its own end, where min and max in one would not.
    moment = event_fields.c.occurred_at
    wanted = select(moment).where(condition).limit(1)
    first = connection.execute(wanted.order_by(moment)).scalar()
    last = connection.execute(wanted.order_by(moment.desc())).scalar()
    return None if first is None or last is None else (Instant(first), Instant(last + 1))


def follows(query: Query, cursor: tuple[int, int]) -> ColumnElement[bool]:
    """What stands behind the cursor in the order of the query."""
    place = tuple_(_c.occurred_at, _c.seq)
    edge = tuple_(*cursor)
    return place > edge if query.order == "created-asc" else place < edge
