"""Errors of the API: application/problem+json, RFC 9457."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from auditdash.events.errors import BadInput
from auditdash.search.errors import QueryError


def problem(status: int, title: str, detail: str, **members: Any) -> Response:
    """A problem; `members` are its extension members."""
    response = jsonify(type="about:blank", status=status, title=title, detail=detail, **members)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def answer_bad_input(error: BadInput, status: int = 400, **members: Any) -> Response:
    """What was wrong, where, and what was expected; of a query also the place in its text."""
    if isinstance(error, QueryError):
        members |= {
            "position": error.position,
            "length": error.length,
            "nearest": error.nearest,
        }
    return problem(
        status, "Bad input", error.what, where=error.where, expected=error.expected, **members
    )


def answer_http(error: HTTPException) -> Response:
    """Any HTTP error; its own headers (Allow, Retry-After) stay."""
    response = problem(error.code or 500, error.name, error.description or "")
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response
