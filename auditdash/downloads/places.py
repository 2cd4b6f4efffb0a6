"""Files on their way: as many at once as may be, each from a snapshot of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from sqlalchemy import Connection, Engine

from auditdash.store.engine import streaming

TOO_MANY = "Other downloads are under way. Try again in a moment."
RETRY_SECONDS = 10


class Place:
    """One of the places for downloads, taken at once and left once."""

    def __init__(self, places: BoundedSemaphore) -> None:
        self._places: BoundedSemaphore | None = places

    def leave(self) -> None:
        """Give it to others; a second time changes nothing."""
        places, self._places = self._places, None
        if places is not None:
            places.release()


def take_place(places: BoundedSemaphore) -> Place | None:
    """A place, if one is free."""
    return Place(places) if places.acquire(blocking=False) else None


def iterate_file(
    engine: Engine, iterate: Callable[[Connection], Iterator[bytes]], place: Place
) -> Iterator[bytes]:
    """The answer outlives the view: its iterator owns the connection until the last line."""
    with streaming(engine) as connection:
        yield from iterate(connection)
    place.leave()
