"""Files of whatever a search shows: the whole result, the same rows, streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.csv import iterate_csv
from auditdash.downloads.ndjson import MEDIA_TYPE as NDJSON
from auditdash.downloads.ndjson import iterate_ndjson
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web import params, readers
from auditdash.web.frame.files import CSV, frozen_scope, stream_file

_Writer = Callable[[Connection, Query, Scope, Clock], Iterator[bytes]]
_FORMS: Final[dict[str, tuple[_Writer, str]]] = {
    "csv": (iterate_csv, CSV),
    "ndjson": (iterate_ndjson, NDJSON),
}

blueprint = Blueprint("downloads", __name__, url_prefix="/downloads")


@blueprint.get("/events.<form>")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def events(form: str) -> Response:
    """All events of `?q=` up to `?seq=`; without it, up to the newest one now."""
    if form not in _FORMS:
        abort(404)
    query, clock = params.query(), readers.clock()
    scope = frozen_scope()
    readers.record_access(
        "download", params.query_text(), form=form, highest_seq=str(scope.highest_seq)
    )
    write, media_type = _FORMS[form]
    return stream_file(
        "events", form, media_type, scope, lambda connection: write(connection, query, scope, clock)
    )
