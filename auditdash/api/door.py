"""The door for programs: a workspace token, and what it may do."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from auditdash.accounts.tokens import Token, find_token, mark_used
from auditdash.api.problems import problem
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation

_DOES: Final = {"ingest": "send", "read": "read"}


def admit(installation: Installation, scope: str) -> Token | Response:
    """The token of the request, if it may do this; else the answer that says what is missing."""
    token = _find_token(installation)
    if token is None:
        return _unauthorized()
    if not token.may(scope):
        return problem(
            403,
            "Forbidden",
            f"This token may not {_DOES[scope]} events: make one with the scope {scope}"
            " (Settings → Tokens for programs).",
            scope=scope,
        )
    return token


def _find_token(installation: Installation) -> Token | None:
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    with reading(installation.engine) as connection:
        token = find_token(connection, presented.strip())
    if token is not None and token.needs_mark(installation.now()):
        with writing(installation.engine) as connection:
            mark_used(connection, token, installation.now())
    return token


def _unauthorized() -> Response:
    response = problem(
        401,
        "Unauthorized",
        "A workspace token is needed: Authorization: Bearer adt_…"
        " (Settings → Tokens for programs).",
    )
    response.headers["WWW-Authenticate"] = 'Bearer realm="auditdash"'
    return response
