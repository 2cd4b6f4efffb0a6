"""How often each token may ask, counted by all workers together, in one shared file.

Each token has one number: the moment at which all that it asked for so far would be paid, if each
request cost its share of the minute. So there is no window at whose edge twice as much gets
through, and whoever waits as long as they were told is served.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from auditdash.events.instants import MINUTE, SECOND, Instant
from auditdash.operation.shared import SharedFile

_SLOT: Final = Layout("<QQ")  # key (0: free), paid until
_SLOTS: Final = 8_192
_PROBES: Final = 32
_MIX: Final = 0x9E3779B97F4A7C15


class Taken(Struct, frozen=True):
    """What became of one request: `left` more may follow at once, all of `limit` again after
    `reset` seconds. A refused one may come again after `wait` seconds, else that is 0."""

    limit: int
    left: int
    reset: int
    wait: int


class RequestLimits:
    """The limits of an installation, opened by one process; threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where the file cannot be made."""
        self._shared = SharedFile(folder / "limits-1.counts", _SLOTS * _SLOT.size)

    def take(self, key: int, limit: int, now: Instant) -> Taken:
        """One request of this key (from 1) out of `limit` a minute, unless they are used up."""
        cost = MINUTE // limit
        with self._shared.changing() as slots:
            slot, paid = _find(slots, key, now)
            paid = max(paid, now) + cost
            over = paid - now - MINUTE
            if over > 0:
                paid -= cost
            _SLOT.pack_into(slots, slot, key, paid)
        return Taken(
            limit=limit,
            left=max(0, (MINUTE - (paid - now)) // cost),
            reset=_seconds(paid - now),
            wait=_seconds(over) if over > 0 else 0,
        )


def _find(slots: mmap.mmap, key: int, now: Instant) -> tuple[int, int]:
    """The place of a key and what stands there; of a new one a free place, or that of the key
    which has been quiet for longest."""
    start = (key * _MIX & (1 << 64) - 1) % _SLOTS
    quiet: tuple[int, int] | None = None
    for step in range(_PROBES):
        slot = (start + step) % _SLOTS * _SLOT.size
        known, paid = _SLOT.unpack_from(slots, slot)
        if known == key:
            # A clock that was set back must not shut anybody out for longer than a minute.
            return slot, min(paid, now + MINUTE)
        if quiet is None or paid < quiet[1]:
            quiet = slot, paid
        if known == 0:
            break
    return (quiet[0] if quiet else 0), 0


def _seconds(micros: int) -> int:
    """Whole seconds, rather more than less."""
    return max(0, -(-micros // SECOND))
