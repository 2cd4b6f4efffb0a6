"""GET /api/v1/events: the events of a question, a page at a time, as they come, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, current_app, request
from sqlalchemy import Connection
from werkzeug.exceptions import NotAcceptable, ServiceUnavailable

from auditdash.accounts.tokens import READ
from auditdash.api import door
from auditdash.api.asked import (
    Asked,
    Walk,
    following_address,
    read_request,
    seq_after,
    walk_of,
    walk_text,
)
from auditdash.api.reader import Reader, reader_of
from auditdash.downloads import csv, ndjson
from auditdash.downloads.objects import page_json
from auditdash.downloads.places import RETRY_SECONDS, TOO_MANY, iterate_file, take_place
from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.queries.stream import find_arrivals, find_page
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.store.installation import Installation

_Writer = Callable[[Connection, Query, Scope, Clock], Iterator[bytes]]
_JSON: Final = "application/json"
_VARY: Final = "Accept, Authorization"
_FILES: Final[dict[str, tuple[str, _Writer, str]]] = {
    "text/csv": ("csv", csv.iterate_csv, csv.MEDIA_TYPE),
    ndjson.MEDIA_TYPE: ("ndjson", ndjson.iterate_ndjson, ndjson.MEDIA_TYPE),
}

blueprint = Blueprint("api_reading", __name__, url_prefix="/api/v1")


@blueprint.get("/events")
def get_events() -> Response:
    """JSON: a page of them; CSV and NDJSON, by `Accept`: all of them, as the downloads are."""
    installation: Installation = current_app.extensions["auditdash"]
    token = door.admit(installation, READ)
    if isinstance(token, Response):
        return token
    accepted = request.accept_mimetypes
    form = accepted.best_match([_JSON, *_FILES]) if accepted else _JSON
    if form is None:
        raise NotAcceptable(f"There are {', '.join([_JSON, *_FILES])}.")
    reader, asked = reader_of(installation, token), read_request(installation.now())
    if form in _FILES:
        return _file(reader, asked, form)
    return _arrivals(reader, asked) if asked.by_arrival else _page(reader, asked)


def _page(reader: Reader, asked: Asked) -> Response:
    walk = walk_of(asked)
    clock = Clock(walk.now, asked.clock.zone) if walk else asked.clock
    with reading(reader.installation.engine) as connection:
        scope = reader.scope(connection, walk.highest_seq if walk else asked.highest_seq)
        place = walk.place if walk else None
        page = find_page(connection, asked.query, scope, clock, place, asked.limit)
    highest = scope.highest_seq or 0
    following = walk_text(Walk(page.following, highest, clock.now)) if page.following else None
    return _answer(reader, asked, page.events, following, highest)


def _arrivals(reader: Reader, asked: Asked) -> Response:
    """In the order of arrival: the last place is told even where there is no more, to ask again."""
    after = seq_after(asked)
    with reading(reader.installation.engine) as connection:
        scope = reader.scope(connection, asked.highest_seq)
        events, seen = find_arrivals(
            connection, asked.query, scope, asked.clock, after, asked.limit
        )
    return _answer(reader, asked, events, str(seen), scope.highest_seq or 0)


def _answer(
    reader: Reader, asked: Asked, events: Sequence[Event], following: str | None, highest: int
) -> Response:
    after = {"after": asked.after} if asked.after else {}
    reader.record_access("api-events", asked.text, form="json", highest_seq=str(highest), **after)
    body = page_json(events, next=following, highest_seq=highest)
    response = Response(body, content_type=_JSON)
    response.headers["Vary"] = _VARY
    if following is not None:
        response.headers["Link"] = f'<{following_address(following)}>; rel="next"'
    response.set_etag(sha256(body).hexdigest())
    response.make_conditional(request)
    return response


def _file(reader: Reader, asked: Asked, form: str) -> Response:
    if asked.is_page:
        raise BadInput(
            "a file is the whole result", where="Accept", expected=f"{_JSON} for pages of it"
        )
    name, write, media_type = _FILES[form]
    engine = reader.installation.engine
    with reading(engine) as connection:
        scope = reader.scope(connection, asked.highest_seq)
    reader.record_access("api-events", asked.text, form=name, highest_seq=str(scope.highest_seq))
    place = take_place(reader.installation.downloads)
    if place is None:
        raise ServiceUnavailable(TOO_MANY, retry_after=RETRY_SECONDS)

    def iterate(connection: Connection) -> Iterator[bytes]:
        return write(connection, asked.query, scope, asked.clock)

    response = Response(iterate_file(engine, iterate, place), content_type=media_type)
    response.headers["Vary"] = _VARY
    file_name = f"{reader.workspace.slug}-events-seq{scope.highest_seq}.{name}"
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    response.call_on_close(place.leave)
    return response
