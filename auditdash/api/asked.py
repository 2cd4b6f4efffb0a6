"""Where a walk through a result has come, as the cursor of an address carries it."""

from __future__ import annotations

from msgspec import Struct

from auditdash.api.call import is_number
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, is_instant
from auditdash.queries.timeline import Cursor


class Walk(Struct, frozen=True):
    """Where a walk through a result has come, and the moment and the number that freeze it."""

    place: Cursor
    highest_seq: int
    now: Instant


def check_walk(after: str, highest_seq: int | None) -> Walk | None:
    """Where to go on; None: at the beginning. BadInput where it is no place of ours."""
    if not after:
        return None
    walk = parse_walk(after)
    if walk is None:
        raise BadInput("this is not a place in a list of events", where="after", expected="`next`")
    # `seq` may be beyond the newest event; the cursor has what was there when the walk began.
    if highest_seq is not None and highest_seq < walk.highest_seq:
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
    if len(parts) != 4 or not all(map(is_number, signed)):
        return None
    at, seq, highest, now = map(int, parts)
    if not (is_instant(at) and is_instant(now)):
        return None
    return Walk(Cursor(Instant(at), seq), highest, Instant(now))


def walk_text(walk: Walk) -> str:
    """A place as an address carries it."""
    return f"{walk.place.occurred_at}.{walk.place.seq}.{walk.highest_seq}.{walk.now}"
