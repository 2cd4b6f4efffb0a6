"""Where one arrives: the first address, the welcome of an empty workspace, and a sign of life."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from auditdash.store.engine import reading
from auditdash.store.workspaces import list_workspaces
from auditdash.web import readers

blueprint = Blueprint("home", __name__)


@blueprint.get("/healthz")
@readers.public
def healthz() -> Response:
    """200 when the database answers."""
    with reading(readers.engine()) as connection:
        list_workspaces(connection)
    return make_response("ok\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
