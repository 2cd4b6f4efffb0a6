"""Who reached what, as of any moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response
from msgspec import Struct
from sqlalchemy import Connection
from werkzeug.exceptions import NotFound

from auditdash.api.answers import answer_json, answer_table, objects
from auditdash.api.arguments import MOST_ROWS, PAGED, ROWS, one_of, text
from auditdash.api.call import Call, is_number
from auditdash.api.operations import CSV, JSON, NDJSON, Argument, Operation, operation
from auditdash.api.shapes import AccessAnswer
from auditdash.downloads.access_rows import WAYS, way_cells
from auditdash.downloads.cells import Value
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.access import paths as ways
from auditdash.queries.access.narrow import narrow
from auditdash.queries.access.paths import Paths
from auditdash.queries.access.rows import Sight, find_of_one, iterate_ways, open_sight
from auditdash.search.dates import read_date
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from auditdash.store.engine import reading

blueprint = Blueprint("api_access", __name__, url_prefix="/api/v1")

_KINDS: Final = (
    *("member", "group", "connection", "collection", "workspace", "default", "everyone"),
)


class _Place(Struct, frozen=True):
    """Where a walk through rows has come: the row, and what freezes it."""

    row: int
    highest_seq: int
    at: Instant


class _Asked(Struct, frozen=True):
    """Which ways are asked for, told without the request: a file is read when that is over. `kind`
    is "" for all of them."""

    kind: str
    key: tuple[str | None, str | None]
    query: Query
    clock: Clock
    at: Instant


@blueprint.get("/access")
@operation(
    Operation(
        name="getAccess",
        tag="Summaries",
        summary="Who reached what at a moment, through what, and which event gave it",
        says="`q` narrows as on the page *Access*: subject, entity, entity_id, entity_type, role,"
        " actor, created, and words. CSV and NDJSON have all rows.",
        arguments=(
            *PAGED,
            text("at", "the end of this day, month or moment; now if left out", "2026-03-31"),
            Argument(
                name="kind",
                says="of one person or thing, named by `id` or `name`",
                schema=one_of(*_KINDS),
            ),
            text("id", "the id of that one"),
            text("name", "the name of that one, where it has no id"),
        ),
        answer=AccessAnswer,
        files=(CSV, NDJSON),
        refusals=(404,),
    )
)
def get_access(call: Call) -> Response:
    """All of it, or that of one person or thing."""
    limit = call.number("limit", 1, MOST_ROWS) or ROWS
    place, form, reader = _place(call), call.form, call.reader
    at = place.at if place else _moment(call)
    kind = call.choice("kind", ("", *_KINDS), "")
    asked = _Asked(kind, (call.name("id"), call.name("name")), call.query, call.clock, at)
    with reading(reader.installation.engine) as connection:
        scope = reader.scope(connection, place.highest_seq) if place else call.scope(connection)
        sight = open_sight(connection, scope)
        found = _find(asked, sight)
        start = min(place.row if place else 0, len(found))
        shown = found.take(slice(start, start + limit))
        rows = objects(WAYS, map(way_cells, iterate_ways(sight, shown)))
    call.record("api-access", form=form, moment=to_rfc3339(at))
    if form != JSON:

        def every(connection: Connection) -> Iterator[tuple[Value, ...]]:
            sight = open_sight(connection, scope)
            return map(way_cells, iterate_ways(sight, _find(asked, sight)))

        return answer_table(call, "access", WAYS, every)
    highest = scope.highest_seq or 0
    more = start + limit < len(found)
    following = f"{start + limit}.{highest}.{at}" if more else None
    answer = AccessAnswer(
        at=to_rfc3339(at), total=len(found), access=rows, next=following, highest_seq=highest
    )
    return answer_json(answer, following=following)


def _find(asked: _Asked, sight: Sight) -> Paths:
    if asked.kind:
        number = sight.picture.nodes.find(asked.kind, *asked.key)
        if number is None:
            raise NotFound("No event in sight is about the access of that one.")
        found = find_of_one(sight, number, asked.at)
    else:
        found = ways.find_all(sight.picture, asked.at)
    return narrow(asked.query, sight.view, sight.picture, asked.clock, found)


def _moment(call: Call) -> Instant:
    """The end of what `at` names: a day means its end, as on the page."""
    given = call.word("at").strip()
    if not given:
        return call.clock.now
    try:
        end = read_date(given).period(call.clock).end
    except BadInput as error:
        raise BadInput(error.what, where="at", expected=error.expected) from None
    return call.clock.now if end is None else Instant(end - 1)


def _place(call: Call) -> _Place | None:
    given = call.word("after")
    if not given:
        return None
    parts = given.split(".")
    if len(parts) != 3 or not all(is_number(each.removeprefix("-")) for each in parts):
        raise BadInput("this is not a place in a list", where="after", expected="`next`")
    row, highest, at = map(int, parts)
    return _Place(max(row, 0), max(highest, 0), Instant(at))
