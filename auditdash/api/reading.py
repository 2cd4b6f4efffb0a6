"""GET /api/v1/events: the events of a question, a page at a time, as they come, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy import Connection
from werkzeug.exceptions import NotAcceptable, NotFound, ServiceUnavailable

from auditdash.api.answers import address
from auditdash.api.arguments import MOST_ROWS, PAGED, ROWS, one_of
from auditdash.api.asked import Walk, check_walk, walk_text
from auditdash.api.call import HIGHEST, Call
from auditdash.api.operations import CSV, JSON, NDJSON, Argument, Operation, operation
from auditdash.api.shapes import EventObject, EventPage
from auditdash.downloads import csv, ndjson
from auditdash.downloads.forms.form import FORMS, write_lines
from auditdash.downloads.forms.lines import lines_in
from auditdash.downloads.objects import event_json, page_json
from auditdash.downloads.places import RETRY_SECONDS, TOO_MANY, iterate_file, take_place
from auditdash.events.errors import BadInput
from auditdash.events.event import Event
from auditdash.queries.stream import find_arrivals, find_page
from auditdash.queries.timeline import find_event
from auditdash.reports.build import auditdash_version
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading

_Writer = Callable[[Connection, Query, Scope, Clock], Iterator[bytes]]
_VARY: Final = "Accept, Authorization"
_FILES: Final[dict[str, tuple[str, _Writer, str]]] = {
    CSV: ("csv", csv.iterate_csv, csv.MEDIA_TYPE),
    NDJSON: ("ndjson", ndjson.iterate_ndjson, ndjson.MEDIA_TYPE),
}

blueprint = Blueprint("api_reading", __name__, url_prefix="/api/v1")


@blueprint.get("/events")
@operation(
    Operation(
        name="listEvents",
        tag="Events",
        summary="Search events",
        says="As JSON a page, newest first; with `order=seq` a tail in the order of arrival, whose"
        " `next` is always there: ask again with it later. There is no lag: an event whose receipt"
        " was answered is in the next answer. As CSV or NDJSON everything, as the downloads are."
        " With `format` everything as NDJSON in that form, or with `order=seq` a page of it, whose"
        " next one stands in the header `Link`.",
        arguments=(
            *PAGED,
            Argument(
                name="order",
                says="by their clock, or as they came",
                schema=one_of("created", "seq", default="created"),
            ),
            Argument(
                name="format",
                says="NDJSON of this form: objects of this API, CloudEvents 1.0, OCSF 1.8, ECS 9",
                schema=one_of(*FORMS),
                example="ocsf",
            ),
        ),
        answer=EventPage,
        files=(CSV, NDJSON),
    )
)
def get_events(call: Call) -> Response:
    """JSON: a page of them; CSV and NDJSON, by `Accept`: all of them."""
    by_arrival = call.choice("order", ("created", "seq"), "created") == "seq"
    limit = call.number("limit", 1, MOST_ROWS) or ROWS
    name = call.choice("format", ("", *FORMS), "")
    if name and not _takes_lines():
        raise NotAcceptable(f"A format comes as {NDJSON}.")
    if name and by_arrival:
        return _arrivals(call, limit, name)
    if name or call.form in _FILES:
        if by_arrival or "after" in request.args or "limit" in request.args:
            expected = f"{JSON} for pages of it"
            raise BadInput("a file is the whole result", where="Accept", expected=expected)
        return _file(call, name)
    return _arrivals(call, limit) if by_arrival else _page(call, limit)


@blueprint.get("/events/<int:seq>")
@operation(
    Operation(
        name="getEvent",
        tag="Events",
        summary="One event, by its number",
        answer=EventObject,
        refusals=(404,),
    )
)
def get_event(call: Call, seq: int) -> Response:
    """The same object as in a page."""
    with reading(call.reader.installation.engine) as connection:
        event = find_event(connection, call.reader.scope(connection, None), seq)
    if event is None:
        raise NotFound("There is no event of this number.")
    call.record("api-event", seq=str(seq))
    return _marked(Response(event_json(event), content_type=JSON), [event], is_last=True)


def _page(call: Call, limit: int) -> Response:
    asked_seq = call.number("seq", 0, HIGHEST)
    walk = check_walk(call.word("after"), asked_seq)
    clock = Clock(walk.now, call.clock.zone) if walk else call.clock
    with reading(call.reader.installation.engine) as connection:
        scope = call.reader.scope(connection, walk.highest_seq if walk else asked_seq)
        place = walk.place if walk else None
        page = find_page(connection, call.query, scope, clock, place, limit)
    highest = scope.highest_seq or 0
    following = walk_text(Walk(page.following, highest, clock.now)) if page.following else None
    return _answer(call, page.events, following, highest)


def _takes_lines() -> bool:
    """Whether NDJSON is accepted: a format comes as nothing else."""
    accepted = request.accept_mimetypes
    return not accepted or accepted.best_match((NDJSON,)) is not None


def _arrivals(call: Call, limit: int, form: str = "") -> Response:
    """In the order of arrival: the last place is told even where there is no more, to ask again."""
    after = call.number("after", 0, HIGHEST) or 0
    with reading(call.reader.installation.engine) as connection:
        scope = call.scope(connection)
        events, seen = find_arrivals(connection, call.query, scope, call.clock, after, limit)
    return _answer(call, events, str(seen), scope.highest_seq or 0, form)


def _answer(
    call: Call, events: Sequence[Event], following: str | None, highest: int, form: str = ""
) -> Response:
    after = {"after": call.word("after")} if call.word("after") else {}
    call.record("api-events", form=form or "json", highest_seq=str(highest), **after)
    if form:
        response = Response(write_lines(FORMS[form], events), content_type=NDJSON)
    else:
        body = page_json(events, next=following, highest_seq=highest)
        response = Response(body, content_type=JSON)
    if following is not None:
        response.headers["Link"] = f'<{address(after=following)}>; rel="next"'
    return _marked(response, events, is_last=following is None)


def _marked(response: Response, events: Sequence[Event], *, is_last: bool) -> Response:
    """With a mark of which events it has, so that they need not be sent again. Where it goes on
    and `highest_seq` are left out: each reading moves them, and those of before still hold. It is
    weak, for it is the same packed."""
    response.headers["Vary"] = _VARY
    told = f"{auditdash_version()} {is_last} {[event.seq for event in events]}"
    response.set_etag(sha256(told.encode()).hexdigest(), weak=True)
    response.make_conditional(request)
    return response


def _file(call: Call, form: str) -> Response:
    name, write, media_type = _FILES[NDJSON if form else call.form]
    if form:
        name, write = f"{form}.{name}", lines_in(FORMS[form])
    engine = call.reader.installation.engine
    query, clock = call.query, call.clock
    with reading(engine) as connection:
        scope = call.scope(connection)
    call.record("api-events", form=name, highest_seq=str(scope.highest_seq))
    place = take_place(call.reader.installation.downloads)
    if place is None:
        raise ServiceUnavailable(TOO_MANY, retry_after=RETRY_SECONDS)

    def iterate(connection: Connection) -> Iterator[bytes]:
        return write(connection, query, scope, clock)

    response = Response(iterate_file(engine, iterate, place), content_type=media_type)
    response.headers["Vary"] = _VARY
    file_name = f"{call.reader.workspace.slug}-events-seq{scope.highest_seq}.{name}"
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    response.call_on_close(place.leave)
    return response
