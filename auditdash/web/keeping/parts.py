"""What was written out, kept as long as it is true: until an event comes that has a part in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from sys import getsizeof
from threading import Lock
from typing import Final, Generic, TypeVar

from markupsafe import Markup
from msgspec import Struct

from auditdash.events.instants import Instant

_MOST_BYTES: Final = 16 << 20  # of one index
_OVERHEAD: Final = 4 << 10  # of an entry: its key, its structures


class Part(Struct, frozen=True):
    """HTML that is the same whether the events 1 … `first` are in sight or 1 … `last`."""

    html: Markup
    first: int
    last: int

    def until(self, seq: int) -> Part:
        """The same, known to hold up to this number as well."""
        return self if seq <= self.last else Part(self.html, self.first, seq)


class Kept(Struct, frozen=True, kw_only=True):
    """The parts of a page by their names, as a reader saw them who saw the events 1 … `seq`. True
    for clocks that show `made_at` or later, up to `until`."""

    seq: int
    parts: Mapping[str, Part]
    made_at: Instant
    until: Instant | None

    def is_on_time(self, now: Instant) -> bool:
        """Whether the clock says that it holds."""
        return self.made_at <= now and (self.until is None or now <= self.until)

    @property
    def size(self) -> int:
        """In bytes."""
        return _OVERHEAD + sum(getsizeof(part.html) for part in self.parts.values())


Page = TypeVar("Page", bound=Kept)


class Memory(Generic[Page]):
    """Pages by what was asked; the least used ones are forgotten first. It lies with the codes of
    an index, so that it knows one workspace, and goes when the index is made anew."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._kept: OrderedDict[Hashable, Page] = OrderedDict()
        self._lock = Lock()
        self._most_bytes = most_bytes
        self.size = 0

    def get(self, key: Hashable) -> Page | None:
        """What is kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, kept: Page) -> None:
        """Keep it, in the place of what was kept for the same."""
        with self._lock:
            self._take_away(key)
            self._kept[key] = kept
            self.size += kept.size
            while self.size > self._most_bytes:
                self._take_away(next(iter(self._kept)))

    def _take_away(self, key: Hashable) -> None:
        known = self._kept.pop(key, None)
        if known is not None:
            self.size -= known.size
