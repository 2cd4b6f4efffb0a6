"""Answers that are files: streamed, named after what is in them, the same again at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore
from typing import Final

from flask import Response
from sqlalchemy import Connection, Engine
from werkzeug.exceptions import ServiceUnavailable

from auditdash.events.instants import to_datetime
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, streaming
from auditdash.web import params, readers

CSV: Final = "text/csv; charset=utf-8; header=present"
_TOO_MANY: Final = "Other downloads are under way. Try again in a moment."
_RETRY_SECONDS: Final = 10
_HIGHEST: Final = (1 << 63) - 1


def frozen_scope() -> Scope:
    """The reader's scope up to `?seq=`, else up to the newest event now: a file does not change."""
    scope = readers.scope()
    with reading(readers.engine()) as connection:
        newest = find_highest_seq(connection, scope)
    highest = min(params.number("seq", newest, 0, _HIGHEST), newest)
    return Scope(workspace_id=scope.workspace_id, highest_seq=highest)


def stream_file(
    what: str,
    form: str,
    media_type: str,
    scope: Scope,
    iterate: Callable[[Connection], Iterator[bytes]],
) -> Response:
    """What `iterate` makes of a connection, as `acme-events-2026-03-08-seq42.csv`.

    503 while as many files as may be are on their way.
    """
    place = _Place(readers.installation().downloads)
    clock = readers.clock()
    day = to_datetime(clock.now, clock.zone).date().isoformat()
    name = f"{readers.reader().workspace.slug}-{what}-{day}-seq{scope.highest_seq}.{form}"
    response = Response(_stream(readers.engine(), iterate, place), content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.call_on_close(place.leave)  # also of an answer that nobody reads
    return response


class _Place:
    """One of the places for downloads, taken at once and left once."""

    def __init__(self, places: BoundedSemaphore) -> None:
        if not places.acquire(blocking=False):
            raise ServiceUnavailable(_TOO_MANY, retry_after=_RETRY_SECONDS)
        self._places: BoundedSemaphore | None = places

    def leave(self) -> None:
        """Give it to others; a second time changes nothing."""
        places, self._places = self._places, None
        if places is not None:
            places.release()


def _stream(
    engine: Engine, iterate: Callable[[Connection], Iterator[bytes]], place: _Place
) -> Iterator[bytes]:
    """The answer outlives the view: its iterator owns the connection until the last line."""
    with streaming(engine) as connection:
        yield from iterate(connection)
    place.leave()
