"""How an event and a moment are said: the same words on page, CSV and paper."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.catalogue import catalogue, find_action
from auditdash.events.event import Event
from auditdash.events.instants import Instant, to_datetime
from auditdash.events.subjects import text_of

# Written out because strftime("%B") speaks the language of the locale.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_KINDS = frozenset({"actor", "entity", "subject", "role"})
_UNKNOWN = frozenset({"actor", "role"})
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::([^{}]+))?\}")
# Controls, and whatever turns or hides the text around it: marks, overrides, isolates, tags.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class Part(Struct, frozen=True):
    """A piece of a sentence. `kind`: actor, entity, subject, role or text; `text` is printable."""

    kind: str
    text: str


class Slot(Struct, frozen=True):
    """A piece of a template: literal `text`, or the place of `value` with the noun before it."""

    text: str = ""
    value: str = ""
    noun: str = ""


class Run(Struct, frozen=True):
    """Slots that stand or fall together: an optional run needs all of its values."""

    optional: bool
    slots: tuple[Slot, ...]


def sentence_parts(event: Event) -> list[Part]:
    """What happened, in pieces that a page can link and emphasise.

    A name that reads from right to left is not isolated here: a page puts each part in its own bdi.
    """
    parts: list[Part] = []
    for run in parse_template(_template(event)):
        if run.optional and not all(_value(event, slot) for slot in run.slots if slot.value):
            continue
        for slot in run.slots:
            parts.extend(_say(event, slot))
    return _join_texts(parts)


def sentence(event: Event) -> str:
    """What happened, as one line of plain text."""
    return "".join(part.text for part in sentence_parts(event))


@lru_cache(maxsize=256)
def parse_template(template: str) -> tuple[Run, ...]:
    """`{value}`, `{value:noun}` and `[an optional run]`, in the order of the text."""
    pieces = _OPTIONAL.split(template)
    return tuple(
        Run(optional=number % 2 == 1, slots=_parse_slots(piece))
        for number, piece in enumerate(pieces)
        if piece
    )


def _parse_slots(text: str) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        slots.append(Slot(text=text[at : found.start()]))
        slots.append(Slot(value=found[1], noun=found[2] or ""))
        at = found.end()
    slots.append(Slot(text=text[at:]))
    return tuple(slot for slot in slots if slot != Slot())


def _template(event: Event) -> str:
    action = find_action(event.action)
    if action is None:
        return catalogue().unmapped_sentence
    what = event.context.get("what") if event.source == "auditdash" else None
    reading = catalogue().readings.get(what) if isinstance(what, str) else None
    if reading is None:
        return action.sentence
    asked = reading.asked and text_of(event.context.get("query"))
    return reading.asked if asked else reading.sentence


def _say(event: Event, slot: Slot) -> list[Part]:
    if not slot.value:
        return [Part("text", slot.text)]
    value = _value(event, slot)
    if value is None:
        return [Part("text", _missing(event, slot))]
    kind = slot.value if slot.value in _KINDS else "text"
    noun = [Part("text", f"the {slot.noun} ")] if slot.noun else []
    return [*noun, Part(kind, printable(value))]


def _value(event: Event, slot: Slot) -> str | None:
    match slot.value:
        case "actor":
            return _first(event.actor.username, event.actor.id)
        case "entity":
            return _entity(event, slot.noun)
        case "subject":
            return _first(event.subject.name, event.subject.id)
        case "role":
            return _first(event.role)
        case "action":
            return _first(event.action)
    return text_of(event.context.get(slot.value))


def _entity(event: Event, noun: str) -> str | None:
    """The entity; the context's `<noun>_name` where the entity is missing or is the subject."""
    entity, subject = event.entity, event.subject
    named = text_of(event.context.get(f"{noun}_name")) if noun else None
    if named and (entity.name, entity.id) == (subject.name, subject.id):
        return named
    return _first(entity.name, entity.id, named)


def _missing(event: Event, slot: Slot) -> str:
    action = find_action(event.action)
    if slot.value == "subject" and not slot.noun and action and action.subject:
        return catalogue().subjects[action.subject].missing
    adjective = "unknown" if slot.value in _UNKNOWN else "unnamed"
    return f"an {adjective} {slot.noun or slot.value}"


def _first(*texts: str | None) -> str | None:
    return next((text for text in texts if text and not text.isspace()), None)


def _join_texts(parts: list[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        if joined and part.kind == joined[-1].kind == "text":
            joined[-1] = Part("text", joined[-1].text + part.text)
        else:
            joined.append(part)
    return joined


def printable(text: str) -> str:
    """The text with every control shown as its picture and every hidden or turning mark as U+FFFD.

    Nothing is cut, so two names that differ still look different.
    """
    return _UNPRINTABLE.sub(lambda found: _picture(found[0]), text)


def _picture(letter: str) -> str:
    if letter < " ":
        return chr(0x2400 + ord(letter))
    return "\u2421" if letter == "\x7f" else "\ufffd"


def day_text(instant: Instant, zone: ZoneInfo) -> str:
    """`8 March 2026`, the local day."""
    day = to_datetime(instant, zone)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def time_text(instant: Instant, zone: ZoneInfo) -> str:
    """`14:05:09`, local."""
    return f"{to_datetime(instant, zone):%H:%M:%S}"


def zone_text(instant: Instant, zone: ZoneInfo) -> str:
    """The zone's abbreviation at that instant: `CET`, or `UTC+03` where it has only a number."""
    name = to_datetime(instant, zone).tzname() or zone.key
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def moment_text(instant: Instant, zone: ZoneInfo) -> str:
    """`8 March 2026, 14:05:09 CET`."""
    return f"{day_text(instant, zone)}, {time_text(instant, zone)} {zone_text(instant, zone)}"
