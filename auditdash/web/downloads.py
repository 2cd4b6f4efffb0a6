"""Files of whatever a search shows: the whole result, the same rows, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection, Engine

from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.events.instants import to_datetime
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from auditdash.web import params, readers

_Writer = Callable[[Connection, Query, Scope, Clock], Iterator[bytes]]
_FORMS: Final[dict[str, tuple[_Writer, str]]] = {
    "csv": (iterate_csv, "text/csv; charset=utf-8; header=present"),
    "ndjson": (iterate_ndjson, "application/x-ndjson"),
}
_HIGHEST: Final = (1 << 63) - 1

blueprint = Blueprint("downloads", __name__, url_prefix="/downloads")


@blueprint.get("/events.<form>")
def events(form: str) -> Response:
    """All events of `?q=` up to `?seq=`; without it, up to the newest one now."""
    if form not in _FORMS:
        abort(404)
    query, clock = params.query(), readers.clock()
    scope = _frozen(readers.scope())
    readers.record_access(
        "download", params.query_text(), form=form, highest_seq=str(scope.highest_seq)
    )
    write, media_type = _FORMS[form]
    body = _stream(readers.engine(), lambda connection: write(connection, query, scope, clock))
    day = to_datetime(clock.now, clock.zone).date().isoformat()
    name = f"{readers.reader().workspace.slug}-events-{day}-seq{scope.highest_seq}.{form}"
    response = Response(body, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _frozen(scope: Scope) -> Scope:
    """The scope up to one number, so that the same address gives the same file again."""
    with reading(readers.engine()) as connection:
        newest = find_highest_seq(connection, scope)
    highest = min(params.number("seq", newest, 0, _HIGHEST), newest)
    return Scope(workspace_id=scope.workspace_id, highest_seq=highest)


def _stream(engine: Engine, iterate: Callable[[Connection], Iterator[bytes]]) -> Iterator[bytes]:
    """The answer outlives the view: its iterator owns the connection until the last line."""
    with reading(engine) as connection:
        yield from iterate(connection)
