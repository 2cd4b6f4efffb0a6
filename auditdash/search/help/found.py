"""What an event has where a term asks for something else, in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.catalogue import action_label, category_label, category_of, op_of
from auditdash.events.event import Event
from auditdash.events.folding import bounded, fold_words
from auditdash.events.instants import Instant, to_datetime
from auditdash.events.leaves import leaves, texts
from auditdash.events.user_agents import ua_family
from auditdash.events.wording import day_text, printable, time_text
from auditdash.search.fields import CONTEXT
from auditdash.search.help.sentence import zone_name
from auditdash.search.match import Marks
from auditdash.search.query import Atom, Term, Text
from auditdash.search.scope import Clock

_LONGEST_SHOWN = 80
_MOST_SHOWN = 3
_NOUNS = {
    "op": "kind",
    "entity_type": "entity type",
    "entity_id": "entity id",
    "ip": "address",
    "ua": "user agent",
    "ua_family": "user agent",
    "corr": "correlation id",
}
# What an event that has the mark is, and one that has it not.
_FLAGS = {
    "export": ("it exports data", "it does not export data"),
    "permission": ("it changes permissions", "it does not change permissions"),
    "own-access": (
        "it changes its actor’s own access",
        "it does not change its actor’s own access",
    ),
    "sensitive": ("its action is marked sensitive", "its action is not marked sensitive"),
    "first-seen": ("its actor had not done this before", "its actor had done this before"),
    "late": ("it came more than a day late", "it did not come more than a day late"),
    "unmapped": ("the catalogue does not know its action", "the catalogue knows its action"),
}
# Written out because strftime("%A") speaks the language of the locale.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOBODY = "it has no actor who could be seen for the first time"


class Facts(Struct, frozen=True, kw_only=True):
    """An event with what was decided when it came (`marks`), the zone of its workspace (`home`),
    and the reader's clock."""

    event: Event
    clock: Clock
    marks: Marks
    home: ZoneInfo


def found_instead(node: Term | Text, facts: Facts, *, wanted: bool) -> str:
    """Half a sentence, such as `this event’s actor is “alice”`. `wanted`: whether the event was to
    match the node and does not, or the other way round."""
    match node:
        case Text(text):
            return _text_found(text, facts.event, wanted=wanted)
        case Term("created", _):
            return f"it happened {_moment(facts.event.occurred_at, facts.clock.zone)}"
        case Term("received", _):
            return f"it came here {_moment(facts.event.received_at, facts.clock.zone)}"
        case Term("is", values):
            flags = [value.text for value in values if isinstance(value, Atom)]
            told = (_flag_found(flag, facts, wanted=wanted) for flag in flags)
            return "; ".join(dict.fromkeys(told))
        case Term(field, _):
            return _values_found(field, facts.event)


def _text_found(text: str, event: Event, *, wanted: bool) -> str:
    words = fold_words(text).rstrip()
    if wanted:
        begins = "" if " " in words.strip() else "a word that begins with "
        return f"no text of this event has {begins}{_quoted(text)}"
    place = next((found for found in texts(event) if words in fold_words(found)), "")
    return f"this event has the text {_quoted(place)}"


def _flag_found(flag: str, facts: Facts, *, wanted: bool) -> str:
    if flag == "off-hours":
        local = to_datetime(facts.event.occurred_at, facts.home)
        hours = "within" if wanted else "outside"
        day = _DAYS[local.weekday()]
        return f"it happened on a {day} at {_clock_text(local, facts)}, {hours} office hours"
    if flag == "night":
        local = to_datetime(facts.event.occurred_at, facts.home)
        return f"it happened at {_clock_text(local, facts)}, {'by day' if wanted else 'at night'}"
    actor = facts.event.actor
    if wanted and flag == "first-seen" and actor.id is None and actor.username is None:
        return _NOBODY
    has, has_not = _FLAGS[flag]
    return has_not if wanted else has


def _clock_text(local: datetime, facts: Facts) -> str:
    return f"{local:%H:%M:%S} ({zone_name(facts.home)})"


def _values_found(field: str, event: Event) -> str:
    noun = printable(field) if field.startswith(CONTEXT) else _NOUNS.get(field, field)
    shown = _shown(field, event)
    if not shown:
        return f"this event has no {noun}"
    if len(shown) > _MOST_SHOWN:
        shown = [*shown[:_MOST_SHOWN], f"{len(shown) - _MOST_SHOWN:,} more"]
    return f"this event’s {noun} is {' and '.join(shown)}"


def _shown(field: str, event: Event) -> list[str]:
    """The values of a field as a sentence shows them."""
    actor, entity, subject = event.actor, event.entity, event.subject
    match field:
        case "actor":
            return _known_as(actor.username, actor.id)
        case "entity":
            return _known_as(entity.name, entity.id)
        case "subject":
            return _known_as(subject.name, subject.id)
        case "action":
            label = action_label(event.action)
            return [_quoted(event.action) + (f" ({label})" if label != event.action else "")]
        case "category":
            return [_quoted(category_label(category_of(event.action)))]
        case _ if field.startswith(CONTEXT):
            path = bounded(field.removeprefix(CONTEXT))
            return [_quoted(text) for found, text in leaves(event.context) if found == path]
    text = _text(field, event)
    return [_quoted(text)] if text else []


def _known_as(name: str | None, identity: str | None) -> list[str]:
    if name and identity:
        return [f"{_quoted(name)}, id {_quoted(identity)}"]
    return [_quoted(text) for text in (name, identity) if text]


def _text(field: str, event: Event) -> str | None:
    match field:
        case "ua_family":
            return ua_family(event.actor.user_agent) if event.actor.user_agent else None
        case "op":
            return op_of(event.action)
    return {
        "entity_type": event.entity.type,
        "entity_id": event.entity.id,
        "role": event.role,
        "ip": event.actor.ip,
        "ua": event.actor.user_agent,
        "outcome": event.outcome,
        "source": event.source,
        "workspace": event.workspace,
        "corr": event.correlation_id,
    }[field]


def _moment(instant: Instant, zone: ZoneInfo) -> str:
    return f"{day_text(instant, zone)}, {time_text(instant, zone)} ({zone_name(zone)})"


def _quoted(text: str) -> str:
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f"“{printable(cut)}”"
