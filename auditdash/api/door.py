"""The door for programs: a workspace token, and what it may do."""

from __future__ import annotations

from typing import Final

from flask import Response, request

from auditdash.accounts.tokens import Token, find_token, mark_used, why_refused
from auditdash.api.problems import problem
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation

_DOES: Final = {"ingest": "send", "read": "read"}


def admit(installation: Installation, scope: str) -> Token | Response:
    """The token of the request, if it may do this; else the answer that says what is missing."""
    presented = _presented()
    token = use_token(installation, presented)
    if token is None:
        return _unauthorized(installation, presented)
    if not token.may(scope):
        return problem(
            403,
            "Forbidden",
            f"This token may not {_DOES[scope]} events: make one with the scope {scope}"
            " (Settings → Tokens).",
            scope=scope,
        )
    return token


def use_token(installation: Installation, presented: str) -> Token | None:
    """The live token that was presented, marked as used."""
    with reading(installation.engine) as connection:
        token = find_token(connection, presented, installation.now())
    if token is not None and token.needs_mark(installation.now()):
        with writing(installation.engine) as connection:
            mark_used(connection, token, installation.now())
    return token


def _presented() -> str:
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    return presented.strip() if scheme.lower() == "bearer" else ""


def _unauthorized(installation: Installation, presented: str) -> Response:
    """Whoever has a token that was one of ours is told why it is none any more."""
    with reading(installation.engine) as connection:
        why = why_refused(connection, presented, installation.now())
    response = problem(
        401,
        "Unauthorized",
        f"This token opens nothing: {why}."
        if why
        else "A workspace token is needed: Authorization: Bearer adt_… (Settings → Tokens).",
    )
    response.headers["WWW-Authenticate"] = 'Bearer realm="auditdash"'
    return response
