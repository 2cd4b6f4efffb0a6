"""Answers that are files: streamed, named after what is in them, the same again at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flask import Response
from msgspec import structs
from sqlalchemy import Connection
from werkzeug.exceptions import ServiceUnavailable

from auditdash.downloads import csv
from auditdash.downloads.places import RETRY_SECONDS, TOO_MANY, iterate_file, take_place
from auditdash.events.instants import to_datetime
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.scope import Scope
from auditdash.store.engine import reading
from auditdash.web import params, readers

CSV: Final = csv.MEDIA_TYPE
_HIGHEST: Final = (1 << 63) - 1


def frozen_scope() -> Scope:
    """The reader's scope up to `?seq=`, else up to the newest event now: a file does not change."""
    scope = readers.scope()
    with reading(readers.engine()) as connection:
        newest = find_highest_seq(connection, scope)
    highest = min(params.number("seq", newest, 0, _HIGHEST), newest)
    return structs.replace(scope, highest_seq=highest)


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
    place = take_place(readers.installation().downloads)
    if place is None:
        raise ServiceUnavailable(TOO_MANY, retry_after=RETRY_SECONDS)
    clock = readers.clock()
    day = to_datetime(clock.now, clock.zone).date().isoformat()
    name = f"{readers.reader().workspace.slug}-{what}-{day}-seq{scope.highest_seq}.{form}"
    response = Response(iterate_file(readers.engine(), iterate, place), content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.call_on_close(place.leave)  # also of an answer that nobody reads
    return response
