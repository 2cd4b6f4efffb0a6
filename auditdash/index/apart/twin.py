"""What stands apart for one kind of readers of an index.

What such a reader is told is made of the rows that they may see, and of nothing else: questions
get segments that have no other rows, and memories of their own for what they keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

from auditdash.index.adopt import PATHS, VALUES, Dictionaries
from auditdash.index.apart.narrow import Rows, narrow
from auditdash.index.batch import Entry
from auditdash.index.files.segment import Described, Segment
from auditdash.records.conceal import HIDDEN, redact


class Apart:
    """One kind of readers of one index: their dictionaries, and the segments that they see."""

    def __init__(self, real: Dictionaries, *, addresses: bool) -> None:
        self.dictionaries = real.apart(() if addresses else _HIDING)
        self._segments: dict[Described, Segment | None] = {}
        self._lock = Lock()

    def narrowed(
        self, segments: Iterable[Segment], choose: Callable[[Segment], Rows]
    ) -> tuple[Segment, ...]:
        """The segments with the rows that `choose` names, rising; one without any is left out."""
        found: dict[Described, Segment | None] = {}
        for segment in segments:
            known = self._segments.get(segment.described, segment)
            if known is segment:
                known = narrow(segment, choose(segment))
            found[segment.described] = known
        with self._lock:
            self._segments = found
        return tuple(segment for segment in found.values() if segment is not None)


def _no_ip(entry: Entry) -> Entry:
    return (entry[0] and HIDDEN,)


def _redacted(entry: Entry) -> Entry:
    return tuple(text and redact(text) for text in entry)


_NAMES: Final = ("actor", "entity", "subject", "role", "workspace", PATHS, VALUES)
_HIDING: Final = (("ip", _no_ip), *((name, _redacted) for name in _NAMES))
