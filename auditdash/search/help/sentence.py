"""A query as an English sentence, to stand next to the box."""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from auditdash.events.catalogue import action_label, category_label
from auditdash.events.wording import printable
from auditdash.search.dates import resolve
from auditdash.search.fields import CONTEXT, FLAG_MEANINGS
from auditdash.search.period import period_text
from auditdash.search.query import (
    And,
    Atom,
    Compare,
    Node,
    Not,
    Or,
    Present,
    Query,
    Term,
    Text,
    Value,
)
from auditdash.search.scope import Clock

_PHRASES = {
    "actor": "by",
    "subject": "done to",
    "entity": "on",
    "entity_type": "on the type",
    "entity_id": "on the id",
    "role": "with the role",
    "ip": "from",
    "ua": "using",
    "ua_family": "using",
    "outcome": "with the outcome",
    "source": "from the source",
    "workspace": "in the workspace",
    "corr": "with the correlation id",
    "category": "in",
    "op": "of the kind",
}
_NOUNS = {
    "actor": "an actor",
    "subject": "a subject",
    "entity": "an entity",
    "entity_type": "an entity type",
    "entity_id": "an entity id",
    "role": "a role",
    "ip": "an address",
    "ua": "a user agent",
    "ua_family": "a user agent",
    "corr": "a correlation id",
    "workspace": "a workspace",
}
_SINCE = re.compile(r"now-(\d+)([mhdw])", re.IGNORECASE)
_UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}


def describe(query: Query, clock: Clock) -> str:
    """One line, such as `Data exports by bob, 8–9 March 2026 (New York), not from 10.0.0.0/8`."""
    texts = [part.text for part in query.parts if isinstance(part, Text)]
    head, parts = _head([part for part in query.parts if not isinstance(part, Text)])
    phrases = [_phrase(part, clock) for part in parts]
    if texts:
        phrases.append(_containing(texts))
    if not query.parts:
        head = "All events"
    if phrases and (not parts or _joins_head(parts[0])):
        head = f"{head} {phrases.pop(0)}"
    if query.order == "created-asc":
        phrases.append("oldest first")
    return ", ".join([head, *phrases])


def describe_part(part: Node, clock: Clock) -> str:
    """One part of a query alone: `by bob`, `not from 10.0.0.0/8`."""
    return _phrase(part, clock)


def _head(parts: Sequence[Node]) -> tuple[str, list[Node]]:
    """What is asked for, and the parts that narrow it: by whom first."""
    for part in parts:
        if isinstance(part, Term) and part.field == "category" and _is_named(part):
            rest = [other for other in parts if other is not part]
            return _category_names(part.values), sorted(rest, key=_rank)
    return "Events", sorted(parts, key=_rank)


def _is_named(term: Term) -> bool:
    return not any(isinstance(value, Present) for value in term.values)


def _rank(part: Node) -> bool:
    return not (isinstance(part, Term) and part.field == "actor" and _is_named(part))


def _joins_head(part: Node) -> bool:
    return isinstance(part, Or) or (
        isinstance(part, Term) and part.field not in {"created", "received"}
    )


def _phrase(node: Node, clock: Clock) -> str:
    match node:
        case Term(field, values):
            return _say(field, values, clock)
        case Text(text):
            return _containing([text])
        case Not(Not(inner)):
            return _phrase(inner, clock)
        case Not(Term(field, (Present(),))) if field in _NOUNS or field.startswith(CONTEXT):
            return f"without {_noun(field)}"
        case Not(And() | Or() as inner):
            return f"not ({_phrase(inner, clock)})"
        case Not(inner):
            return f"not {_phrase(inner, clock)}"
        case And(nodes):
            return " and ".join(_bracket(inner, clock) for inner in nodes)
        case Or(nodes):
            return " or ".join(_bracket(inner, clock) for inner in nodes)


def _bracket(node: Node, clock: Clock) -> str:
    phrase = _phrase(node, clock)
    return f"({phrase})" if isinstance(node, Or | And) else phrase


def _containing(texts: Sequence[str]) -> str:
    return "containing " + " and ".join(f"“{printable(text)}”" for text in texts)


def _say(field: str, values: Sequence[Value], clock: Clock) -> str:
    if field in {"created", "received"}:
        when = " or ".join(_when(value, clock) for value in values)
        return f"{'received ' if field == 'received' else ''}{when} ({zone_name(clock.zone)})"
    if any(isinstance(value, Present) for value in values):
        return f"with {_noun(field)}"
    if field == "category":
        return f"in {_category_names(values)}"
    atoms = [value for value in values if isinstance(value, Atom)]
    if field == "is":
        return " or ".join(FLAG_MEANINGS[atom.text] for atom in atoms)
    if field == "action":
        return f"of the action {_either([_action_name(atom) for atom in atoms])}"
    path = field.removeprefix(CONTEXT)
    phrase = _PHRASES[field] if path == field else f"with {printable(path)}"
    return f"{phrase} {_either([printable(atom.text) for atom in atoms])}"


def _noun(field: str) -> str:
    return _NOUNS.get(field) or f"any {printable(field.removeprefix(CONTEXT))}"


def _action_name(atom: Atom) -> str:
    """The label of a known action; a family is named as it is written."""
    label = action_label(atom.text)
    if label == atom.text:
        return printable(atom.text) if atom.quoted or atom.wild else f"{printable(label)}_…"
    return f"“{label}”"


def _category_names(values: Sequence[Value]) -> str:
    return _either([category_label(value.text) for value in values if isinstance(value, Atom)])


def _either(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _when(value: Value, clock: Clock) -> str:
    if isinstance(value, Compare) and value.op in {">", ">="}:
        ago = _SINCE.fullmatch(value.atom.text)
        if ago:
            count, unit = int(ago[1]), _UNITS[ago[2].lower()]
            return f"in the last {unit}" if count == 1 else f"in the last {count} {unit}s"
    return period_text(resolve(value, clock), clock.zone)


def zone_name(zone: ZoneInfo) -> str:
    """The city of a zone as people say it: `New York`; `UTC` itself."""
    return zone.key.rsplit("/", maxsplit=1)[-1].replace("_", " ")
