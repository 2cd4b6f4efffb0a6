"""Does this event answer the question? Told of one event at a time, without any store.

Means exactly what `queries/compile.py` means for all events at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from auditdash.events.addresses import ip_key
from auditdash.events.event import Event
from auditdash.events.folding import bounded, fold_case, fold_words
from auditdash.events.leaves import leaves, texts
from auditdash.events.periods import is_night, is_off_hours
from auditdash.events.user_agents import ua_family
from auditdash.search.checks import action_check, address_check, has_word, key_check, name_check
from auditdash.search.dates import resolve
from auditdash.search.fields import CONTEXT
from auditdash.search.query import And, Atom, Node, Not, Or, Term, Text, Value
from auditdash.search.scope import Clock

Marks = frozenset[str]  # what was decided when the event came: "late", "first-seen"
Predicate = Callable[[Event, Marks], bool]

UTC = ZoneInfo("UTC")
NO_MARKS: Marks = frozenset()


def matches(
    node: Node | None, event: Event, clock: Clock, marks: Marks = NO_MARKS, home: ZoneInfo = UTC
) -> bool:
    """Whether the event is one that the node asks for; None asks for all.

    `marks` are those that were stored with the event, `home` is the zone of its workspace.
    """
    return matcher(node, clock, home)(event, marks)


def matcher(node: Node | None, clock: Clock, home: ZoneInfo = UTC) -> Predicate:
    """The same for many events: what can be read from the node is read once."""
    match node:
        case None:
            return lambda event, marks: True
        case And(nodes):
            every = [matcher(inner, clock, home) for inner in nodes]
            return lambda event, marks: all(holds(event, marks) for holds in every)
        case Or(nodes):
            some = [matcher(inner, clock, home) for inner in nodes]
            return lambda event, marks: any(holds(event, marks) for holds in some)
        case Not(inner):
            negated = matcher(inner, clock, home)
            return lambda event, marks: not negated(event, marks)
        case Text(text):
            wanted = fold_words(text).rstrip()
            return lambda event, marks: any(wanted in fold_words(found) for found in texts(event))
        case Term(field, values):
            return _term(field, values, clock, home)


def keys_of(event: Event, field: str) -> list[str]:
    """The folded values of a text field or a path of the context; one that is missing has none."""
    if field.startswith(CONTEXT):
        path = bounded(field.removeprefix(CONTEXT))
        return [fold_case(text) for found, text in leaves(event.context) if found == path]
    return [fold_case(text) for text in _values[field](event) if text is not None]


def is_own(event: Event) -> bool:
    """Whether the member whom the event was done to is the one who did it."""
    actor, subject = event.actor, event.subject
    same_id = _is_same(actor.id, subject.id)
    return subject.type == "member" and (same_id or _is_same(actor.username, subject.name))


def _is_same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and fold_case(one) == fold_case(other)


_values: dict[str, Callable[[Event], tuple[str | None, ...]]] = {
    "actor": lambda event: (event.actor.username, event.actor.id),
    "subject": lambda event: (event.subject.name, event.subject.id),
    "entity": lambda event: (event.entity.name, event.entity.id),
    "entity_type": lambda event: (event.entity.type,),
    "entity_id": lambda event: (event.entity.id,),
    "role": lambda event: (event.role,),
    "ua": lambda event: (event.actor.user_agent,),
    "ua_family": lambda event: (_family(event.actor.user_agent),),
    "workspace": lambda event: (event.workspace,),
}
_names: dict[str, Callable[[Event], str | None]] = {
    "source": lambda event: event.source,
    "outcome": lambda event: event.outcome,
    "corr": lambda event: event.correlation_id,
}


def _family(user_agent: str | None) -> str | None:
    return ua_family(user_agent) if user_agent else None


def _term(field: str, values: Sequence[Value], clock: Clock, home: ZoneInfo) -> Predicate:
    atoms = [value for value in values if isinstance(value, Atom)]
    present = len(atoms) < len(values)
    if field in {"created", "received"}:
        return _dated(field, values, clock)
    if field == "ip":
        return _placed(atoms, present=present)
    if field in _names:
        return _named(_names[field], atoms, present=present)
    if field in _values or field.startswith(CONTEXT):
        return _keyed(field, atoms, present=present)
    if present:  # each event has an action, and with it a category and an op
        return lambda event, marks: True
    if field == "action":
        asked = action_check(atoms)
        return lambda event, marks: asked(event.action)
    flags = [_flag(field, atom.text, home) for atom in atoms]
    return lambda event, marks: any(holds(event, marks) for holds in flags)


def _dated(field: str, values: Sequence[Value], clock: Clock) -> Predicate:
    periods = [resolve(value, clock) for value in values]

    def holds(event: Event, marks: Marks) -> bool:
        instant = event.occurred_at if field == "created" else event.received_at
        return any(period.contains(instant) for period in periods)

    return holds


def _placed(atoms: Sequence[Atom], *, present: bool) -> Predicate:
    lies_in = address_check(atoms)

    def holds(event: Event, marks: Marks) -> bool:
        address = event.actor.ip
        if address is None or present:
            return address is not None
        key = ip_key(address)
        return key is not None and lies_in(key)

    return holds


def _named(
    name_of: Callable[[Event], str | None], atoms: Sequence[Atom], *, present: bool
) -> Predicate:
    asked = name_check(atoms)

    def holds(event: Event, marks: Marks) -> bool:
        name = name_of(event)
        return name is not None and (present or asked(name))

    return holds


def _keyed(field: str, atoms: Sequence[Atom], *, present: bool) -> Predicate:
    asked = key_check(atoms)
    if not present:
        return lambda event, marks: any(map(asked, keys_of(event, field)))
    if field.startswith(CONTEXT):  # a leaf is there, even if it is an empty text
        return lambda event, marks: bool(keys_of(event, field))
    return lambda event, marks: any(keys_of(event, field))


def _flag(field: str, word: str, home: ZoneInfo) -> Predicate:
    """`category:`, `op:` and most of `is:` follow from the action through the catalogue."""
    match word:
        case "late" | "first-seen":
            return lambda event, marks: word in marks
        case "off-hours":
            return lambda event, marks: is_off_hours(event.occurred_at, home)
        case "night":
            return lambda event, marks: is_night(event.occurred_at, home)
        case "own-access":
            return lambda event, marks: has_word("is", "permission", event.action) and is_own(event)
    return lambda event, marks: has_word(field, word, event.action)
