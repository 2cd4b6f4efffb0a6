"""GET /api/{workspace}/audit_logs, as the clients of Mode's log know it."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, request
from msgspec import Raw, Struct, json
from werkzeug.exceptions import HTTPException, NotFound

from auditdash.accounts.tokens import READ, WORKSPACE, Token, prefix_of
from auditdash.api import door
from auditdash.api.arguments import text
from auditdash.api.asked import Walk
from auditdash.api.dialect.asked import FILTERS, Asked, BadParameters, read_asked
from auditdash.api.operations import Argument, Operation, spoken
from auditdash.api.reader import Reader, reader_of
from auditdash.index.files.damage import IndexBehind
from auditdash.queries.stream import find_page
from auditdash.search.print import print_query
from auditdash.search.scope import Clock
from auditdash.store.engine import DatabaseTrouble, reading
from auditdash.store.feeds import connections
from auditdash.store.installation import Installation

ROWS: Final = 1_000  # on a page
_SOURCE: Final = "mode"
_UTC: Final = ZoneInfo("UTC")
_JSON: Final = "application/json"
_RETRY_SECONDS: Final = "60"

blueprint = Blueprint("dialect", __name__)


class AuditLogs(Struct, omit_defaults=True):
    """`next_token` is missing on the last page."""

    audit_logs: list[Raw]
    next_token: str | None = None


def _moment(name: str, says: str) -> Argument:
    schema = {"type": "string", "format": "date-time"}
    return Argument(name=name, says=says, schema=schema, required=True)


@blueprint.get("/api/<workspace>/audit_logs")
@spoken(
    Operation(
        name="listAuditLogs",
        tag="Mode",
        summary="Events as the clients of Mode's audit log ask for them",
        says="Oldest first, 1,000 on a page, the records to the byte as they came. Unknown"
        " parameters are ignored, as by Mode. 401 and 406 are no JSON, 400 has `errors`.",
        arguments=(
            _moment("start_timestamp", "from this moment on"),
            _moment("end_timestamp", "before this moment"),
            *(text(name, f"only events whose {name} is this") for name in FILTERS),
            text("next_token", "go on: `next_token` of the page before, with all else the same"),
        ),
        answer=AuditLogs,
        refusals=(404,),
    )
)
def audit_logs(workspace: str) -> Response:
    """The events between two moments, oldest first, a page at a time; each page is recorded.

    The order of refusals is Mode's: the form before the token, the token before the parameters.
    """
    if request.accept_mimetypes and not request.accept_mimetypes.best_match([_JSON]):
        return Response("Not Acceptable\n", 406, content_type="text/plain; charset=utf-8")
    installation: Installation = current_app.extensions["auditdash"]
    token = _find_token(installation)
    if token is None:
        answer = Response("HTTP Basic: Access denied.\n", 401, mimetype="text/plain")
        answer.headers["WWW-Authenticate"] = 'Basic realm="auditdash"'
        return answer
    if refusal := door.limit(installation, token, READ):
        return _refuse(429, refusal.headers["Retry-After"])
    reader = reader_of(installation, token)
    if not token.may(READ):
        reader.record_refusal(READ)
        return _refuse(403)
    if not _is_called(reader, workspace):
        raise NotFound
    return _page(reader, read_asked(request.args))


def _page(reader: Reader, asked: Asked) -> Response:
    walk = asked.walk
    clock = Clock(walk.now if walk else reader.installation.now(), _UTC)
    with reading(reader.installation.engine) as connection:
        scope = reader.scope(connection, walk.highest_seq if walk else None)
        place = walk.place if walk else None
        page = find_page(connection, asked.query, scope, clock, place, ROWS)
    found = AuditLogs(
        [Raw(event.record.encode()) for event in page.events if asked.is_answered_by(event)]
    )
    if page.following is not None:
        there = Walk(page.following, scope.highest_seq or 0, clock.now)
        found.next_token = asked.next_token(there)
    reader.record_access("mode-audit-logs", print_query(asked.query), form="json")
    return Response(json.encode(found), content_type=_JSON)


def _find_token(installation: Installation) -> Token | None:
    """A live workspace token: its beginning is the user's name, the whole of it the password."""
    given = request.authorization
    if given is None or given.type != "basic":
        return None
    secret = given.password or ""
    if given.username != prefix_of(secret):
        return None
    token = door.use_token(installation, secret)
    return token if token is not None and token.kind == WORKSPACE else None


def _is_called(reader: Reader, name: str) -> bool:
    """By its name here, or by that of the workspace at Mode which feeds it."""
    if name == reader.workspace.slug:
        return True
    with reading(reader.installation.engine) as connection:
        feed = connections.find(connection, reader.workspace.id, _SOURCE)
    return feed is not None and feed.remote_workspace == name


def _refuse(status: int, retry_after: str = "") -> Response:
    """As the rest of Mode's API says no."""
    word, message = _SAID.get(status, _SAID[500])
    answer = Response(json.encode({"id": word, "message": message}), status, content_type=_JSON)
    if retry_after:
        answer.headers["Retry-After"] = retry_after
    return answer


_SAID: Final = {
    403: ("forbidden", "This token may not read: make one with the scope read."),
    404: ("not_found", "There is no such workspace for this token."),
    429: ("too_many_requests", "Too many requests. Try again later."),
    500: ("internal_error", "Something broke. Try again later."),
    503: ("service_unavailable", "Not all events can be read just now. Try again later."),
}


@blueprint.errorhandler(BadParameters)
def answer_bad_parameters(error: BadParameters) -> Response:
    """400, without a `message`, as Mode does it."""
    said = {"errors": {name: [what] for name, what in error.errors.items()}}
    return Response(json.encode(said), 400, content_type=_JSON)


@blueprint.errorhandler(HTTPException)
def answer_http(error: HTTPException) -> Response:
    """Any other refusal."""
    return _refuse(error.code or 500)


@blueprint.errorhandler(DatabaseTrouble)
@blueprint.errorhandler(IndexBehind)
def answer_trouble(_: Exception) -> Response:
    """The archive cannot answer: never a part of it."""
    return _refuse(503, _RETRY_SECONDS)
