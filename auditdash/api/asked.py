"""What a program asks to read: the only reader of the arguments of the API."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import request
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, is_instant, parse_zone, shorten
from auditdash.queries.timeline import Cursor
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock

MOST_ROWS: Final = 1_000
_ROWS: Final = 100
_KNOWN: Final = ("q", "limit", "after", "seq", "order", "zone")
_HIGHEST: Final = (1 << 63) - 1
_MOST_DIGITS: Final = 19


class Walk(Struct, frozen=True):
    """Where a walk through a result has come, and the moment and the number that freeze it."""

    place: Cursor
    highest_seq: int
    now: Instant


class Asked(Struct, frozen=True, kw_only=True):
    """One request. `after` and `highest_seq` are None where they were not given."""

    text: str
    query: Query
    clock: Clock
    limit: int
    highest_seq: int | None
    after: str | None
    by_arrival: bool

    @property
    def is_page(self) -> bool:
        """Whether it asks for a page rather than for everything."""
        return self.by_arrival or self.after is not None or "limit" in request.args


def read_request(now: Instant) -> Asked:
    """What was asked; BadInput where that is not clear, also of an argument that is unknown."""
    for name, given in request.args.lists():
        if name not in _KNOWN:
            raise BadInput(f"{shorten(name)} is unknown", where=name, expected=", ".join(_KNOWN))
        if len(given) > 1:
            raise BadInput("it is given twice", where=name, expected="each argument once")
    text = request.args.get("q", "").strip()
    order = request.args.get("order", "created")
    if order not in {"created", "seq"}:
        raise BadInput(f"{shorten(order)} is no order", where="order", expected="created or seq")
    return Asked(
        text=text,
        query=parse(text),
        clock=Clock(now, parse_zone(request.args.get("zone", "UTC"))),
        limit=_number("limit", 1, MOST_ROWS) or _ROWS,
        highest_seq=_number("seq", 0, _HIGHEST),
        after=request.args.get("after"),
        by_arrival=order == "seq",
    )


def seq_after(asked: Asked) -> int:
    """The number behind which a tail goes on."""
    return _number("after", 0, _HIGHEST) or 0


def walk_of(asked: Asked) -> Walk | None:
    """Where to go on; None: at the beginning. BadInput where it is no place of ours."""
    if asked.after is None:
        return None
    walk = parse_walk(asked.after)
    if walk is None:
        raise BadInput("this is not a place in a list of events", where="after", expected="`next`")
    # `seq` may be beyond the newest event; the cursor has what was there when the walk began.
    if asked.highest_seq is not None and asked.highest_seq < walk.highest_seq:
        raise BadInput(
            "it freezes an earlier moment than the cursor",
            where="seq",
            expected=str(walk.highest_seq),
        )
    return walk


def parse_walk(text: str) -> Walk | None:
    """The place that `walk_text` wrote; None where it did not."""
    parts = text.split(".")
    signed = [parts[0].removeprefix("-"), *parts[1:]]
    if len(parts) != 4 or not all(map(_is_number, signed)):
        return None
    at, seq, highest, now = map(int, parts)
    if not (is_instant(at) and is_instant(now)):
        return None
    return Walk(Cursor(Instant(at), seq), highest, Instant(now))


def walk_text(walk: Walk) -> str:
    """A place as an address carries it."""
    return f"{walk.place.occurred_at}.{walk.place.seq}.{walk.highest_seq}.{walk.now}"


def following_address(after: str) -> str:
    """The same request, behind that place."""
    kept = {name: value for name, value in request.args.items() if name != "after"}
    return f"{request.path}?{urlencode({**kept, 'after': after})}"


def _number(name: str, low: int, high: int) -> int | None:
    given = request.args.get(name)
    if given is None:
        return None
    if not _is_number(given) or not low <= int(given) <= high:
        raise BadInput(
            f"{shorten(given)} does not fit",
            where=name,
            expected=f"a whole number from {low} to {high}",
        )
    return int(given)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= _HIGHEST
