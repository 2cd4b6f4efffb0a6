"""Signs of life for whoever starts, watches and balances. Anybody may ask; nothing is recorded."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from auditdash.operation.readiness import find_obstacle
from auditdash.store.installation import Installation

blueprint = Blueprint("signs", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 while this process lives; it asks nothing else, so that a slow database ends nobody."""
    return _plain(200, "ok")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when questions can be answered, else 503 with the reason."""
    installation: Installation = current_app.extensions["auditdash"]
    obstacle = find_obstacle(installation.engine)
    return _plain(503, obstacle) if obstacle else _plain(200, "ready")


def _plain(status: int, text: str) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8")
