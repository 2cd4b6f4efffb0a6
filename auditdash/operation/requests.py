"""Requests counted by all workers together, in one shared file of fixed places.

Each worker can tell the sums of all, and one that ends takes no counts with it. The layout is part
of the file's name: another version of auditdash counts in another file, also while both serve.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from auditdash.operation.shared import SharedFile

NO_ENDPOINT: Final = "none"  # an address that nothing stands at
OTHER: Final = 0
STATUSES: Final = (
    OTHER,
    200,
    204,
    206,
    301,
    302,
    303,
    304,
    308,
    *range(400, 432),
    *range(500, 506),
)
BUCKETS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # seconds, at most
_NUMBER: Final = Layout("<Q")
_SLOTS: Final = len(BUCKETS) + 2  # also those that took longer, and the sum in microseconds


class Counted(Struct, frozen=True):
    """The requests of one endpoint: by status, by bucket (not added up), and their microseconds."""

    endpoint: str
    by_status: dict[int, int]
    by_bucket: tuple[int, ...]
    microseconds: int


class RequestCounts:
    """The counts of an installation, opened by one process; threads may share it."""

    def __init__(self, folder: Path, endpoints: Iterable[str]) -> None:
        """Raises OSError where the file cannot be made."""
        names = (NO_ENDPOINT, *sorted(set(endpoints) - {NO_ENDPOINT}))
        self._names = {name: number for number, name in enumerate(names)}
        self._statuses = {status: number for number, status in enumerate(STATUSES)}
        self._width = len(STATUSES) + _SLOTS
        layout = sha256(repr((names, STATUSES, BUCKETS)).encode()).hexdigest()[:12]
        path = folder / f"requests-{layout}.counts"
        self._shared = SharedFile(path, len(names) * self._width * _NUMBER.size)
        for other in folder.glob("requests-*.counts"):
            if other != path:
                other.unlink(missing_ok=True)

    def add(self, endpoint: str | None, status: int, seconds: float) -> None:
        """Count a request that was answered after so long."""
        row = self._names.get(endpoint or NO_ENDPOINT, 0) * self._width
        bucket = len(STATUSES) + bisect_left(BUCKETS, seconds)
        with self._shared.changing() as places:
            _increase(places, row + self._statuses.get(status, OTHER), 1)
            _increase(places, row + bucket, 1)
            _increase(places, row + self._width - 1, round(seconds * 1_000_000))

    def counted(self) -> list[Counted]:
        """What all workers have counted so far, of each endpoint that was asked for."""
        numbers = [number for (number,) in _NUMBER.iter_unpack(self._shared.read())]
        found = []
        for name, number in self._names.items():
            row = numbers[number * self._width : (number + 1) * self._width]
            by_status = {status: row[place] for status, place in self._statuses.items()}
            asked = {status: count for status, count in by_status.items() if count}
            if asked:
                found.append(Counted(name, asked, tuple(row[len(STATUSES) : -1]), row[-1]))
        return found


def _increase(places: mmap.mmap, place: int, more: int) -> None:
    start = place * _NUMBER.size
    (before,) = _NUMBER.unpack_from(places, start)
    _NUMBER.pack_into(places, start, before + more)
