"""The document for programs, and the same as a page to read. Whoever asks may have them: they tell
nothing of anybody."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from flask import Blueprint, Response, current_app, render_template

from auditdash.api.answers import answer_bytes
from auditdash.api.document.document import find_operations, make_document
from auditdash.api.operations import JSON, Operation, spoken

blueprint = Blueprint("api_document", __name__, url_prefix="/api/v1")

_KEPT: Final = "auditdash.openapi"
_HTML: Final = "text/html"


@blueprint.get("/openapi.json")
@spoken(
    Operation(
        name="getDocument",
        tag="Description",
        summary="This description, as OpenAPI 3.1",
        scope=None,
        answer=dict[str, Any],
    )
)
def get_document() -> Response:
    """Made once: it says what this version can do."""
    return answer_bytes(_document(), JSON)


@blueprint.get("/reference")
@spoken(
    Operation(
        name="getReference",
        tag="Description",
        summary="This description, as a page",
        scope=None,
        files=(_HTML,),
    )
)
def get_reference() -> Response:
    """Without scripts."""
    document = msgspec.json.decode(_document())
    spoken_here = find_operations(current_app)
    page = render_template("api/reference.html", document=document, operations=spoken_here)
    return answer_bytes(page.encode(), f"{_HTML}; charset=utf-8")


def _document() -> bytes:
    made: bytes | None = current_app.extensions.get(_KEPT)
    if made is None:
        made = msgspec.json.encode(make_document(current_app))
        current_app.extensions[_KEPT] = made
    return made
