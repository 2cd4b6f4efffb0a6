"""What a client of Mode asks: two required moments, seven filters, and where to go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from msgspec import Struct
from msgspec.json import encode

from auditdash.api.asked import Walk, parse_walk, walk_text
from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.search.edit import atom_of
from auditdash.search.period import frozen
from auditdash.search.query import Query, Term, query_of

_MOMENTS: Final = ("start_timestamp", "end_timestamp")
# Flat on the way in, nested on the way out: the field of our language, and where an event has it.
FILTERS: Final[Mapping[str, tuple[str, Callable[[Event], str | None]]]] = {
    "action": ("action", lambda event: event.action),
    "entity_id": ("entity_id", lambda event: event.entity.id),
    "entity_type": ("entity_type", lambda event: event.entity.type),
    "entity_name": ("entity", lambda event: event.entity.name),
    "username": ("actor", lambda event: event.actor.username),
    "ip": ("ip", lambda event: event.actor.ip),
    "event_source": ("source", lambda event: event.source),
}
_CURSOR: Final = "next_token"


class BadParameters(BadInput):
    """What is wrong with which parameters, as Mode says it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name} {what}" for name, what in errors.items()))
        self.errors = errors


class Asked(Struct, frozen=True, kw_only=True):
    """One request: `walk` is where it goes on, None at the beginning. `mark` tells its parameters
    from others, so that a cursor is good only with those that it was given for."""

    query: Query
    filters: Mapping[str, str]
    walk: Walk | None
    mark: str

    def is_answered_by(self, event: Event) -> bool:
        """Whether the event has just what the filters say: our language reads some of them wider,
        an actor's name also as an id."""
        for name, wanted in self.filters.items():
            if fold_case(storable(FILTERS[name][1](event) or "")) != fold_case(wanted):
                return False
        return True

    def next_token(self, walk: Walk) -> str:
        """A place as a client gives it back."""
        return f"{walk_text(walk)}.{self.mark}"


def read_asked(given: Mapping[str, str]) -> Asked:
    """What the parameters ask; others are ignored, as by Mode. Raises BadParameters."""
    errors: dict[str, str] = {}
    moments = [_read_moment(name, given, errors) for name in _MOMENTS]
    filters = {name: storable(given[name]) for name in FILTERS if given.get(name)}
    if "ip" in filters and not _is_address(filters["ip"]):
        errors["ip"] = "is not an address"
    start, end = moments
    if start is not None and end is not None and start > end:
        errors["end_timestamp"] = "is before start_timestamp"
    mark = sha256(encode([*moments, sorted(filters.items())])).hexdigest()[:16]
    walk = _read_walk(given.get(_CURSOR, ""), mark, errors)
    if errors:
        raise BadParameters(errors)
    terms = [Term("created", (frozen(Period(start, end)),))]
    for name, text in filters.items():
        field = FILTERS[name][0]
        terms.append(Term(field, (atom_of(field, text),)))
    return Asked(query=query_of(tuple(terms), "created-asc"), filters=filters, walk=walk, mark=mark)


def _read_moment(name: str, given: Mapping[str, str], errors: dict[str, str]) -> Instant | None:
    """ISO 8601; what names no zone is UTC, and a day begins at its midnight."""
    text = given.get(name, "").strip()
    if not text:
        errors[name] = "is missing"
        return None
    for completed in (text, f"{text}Z", f"{text}T00:00:00Z"):
        try:
            return parse_instant(completed)
        except BadInput:
            continue
    errors[name] = "is not a timestamp of ISO 8601"
    return None


def _read_walk(text: str, mark: str, errors: dict[str, str]) -> Walk | None:
    if not text:
        return None
    place, _, for_these = text.rpartition(".")
    walk = parse_walk(place)
    if walk is None or for_these != mark:
        errors[_CURSOR] = "does not fit the other parameters"
        return None
    return walk


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
