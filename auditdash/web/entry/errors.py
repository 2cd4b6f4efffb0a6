"""Errors in kind: a page for a browser, a notice for HTMX."""

from __future__ import annotations

from typing import Final

from flask import Response
from werkzeug.exceptions import HTTPException

from auditdash.events.errors import BadInput
from auditdash.web import fragments, readers

_TITLES: Final = {
    400: "This cannot be read",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    410: "No longer here",
    413: "Too large",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "Not possible just now",
}
_MESSAGES: Final = {
    401: "This page needs a login.",
    404: "There is nothing at this address, or it belongs to another workspace.",
    405: "This address does not take such a request.",
    413: "The file is larger than this installation accepts.",
    500: "It was written to the server's log. Nothing was lost; try again.",
}


def answer_bad_input(error: BadInput) -> Response:
    """400, with what was wrong, where, and what was expected."""
    return _answer(400, str(error), error=error)


def answer_http(error: HTTPException) -> Response:
    """The page or notice of any HTTP error; its own headers (Allow, Retry-After) stay."""
    status = error.code or 500
    own = error.description if status in {400, 403, 410, 429} else None
    if status == 403 and readers.reader_or_none() is not None:
        readers.record_refusal(own or "")
    message = own or _MESSAGES.get(status) or error.description or ""
    response = _answer(status, message)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _answer(status: int, message: str, error: BadInput | None = None) -> Response:
    return fragments.render(
        "errors/page.html",
        "errors/_notice.html",
        status,
        code=status,
        title=_TITLES.get(status, "Something went wrong"),
        message=message,
        error=error,
    )
