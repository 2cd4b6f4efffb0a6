"""The door for programs: a token, what it may do, and how often."""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, current_app, g, request

from auditdash.accounts.tokens import INGEST, Token, find_token, mark_used, why_refused
from auditdash.api.problems import problem
from auditdash.events.instants import to_rfc3339
from auditdash.operation.limits import RequestLimits, Taken
from auditdash.store.engine import reading, writing
from auditdash.store.installation import Installation

_DOES: Final = {"ingest": "send", "read": "read"}
_KEPT: Final = "auditdash.limits"
ANY: Final = ""  # whatever may come in may do it


def install(app: Flask) -> None:
    """Say in each answer to a token how much more it may ask, and when it ends."""
    app.after_request(_tell)


def admit(installation: Installation, scope: str) -> Token | Response:
    """The token of the request, if it may do this; else the answer that says what is missing."""
    presented = _presented()
    token = use_token(installation, presented)
    if token is None:
        return _unauthorized(installation, presented)
    if refusal := limit(installation, token, scope):
        return refusal
    if scope != ANY and not token.may(scope):
        return problem(
            403,
            "Forbidden",
            f"This token may not {_DOES[scope]} events: make one with the scope {scope}"
            " (Settings → Tokens).",
            scope=scope,
        )
    return token


def limit(installation: Installation, token: Token, scope: str) -> Response | None:
    """The refusal of one request too many, which says when to come again; else None."""
    settings = installation.settings
    name, most = ("send", settings.api_sends) if scope == INGEST else ("read", settings.api_reads)
    g.token = token
    if not most:
        return None
    key = 2 * token.id + (scope == INGEST)
    taken = _limits(installation).take(key, most, installation.now())
    g.rate = name, taken
    if not taken.wait:
        return None
    refusal = problem(
        429,
        "Too Many Requests",
        f"This token may {name} {most:,} times a minute. Come again in {taken.wait} s.",
    )
    refusal.headers["Retry-After"] = str(taken.wait)
    return refusal


def _limits(installation: Installation) -> RequestLimits:
    found: RequestLimits | None = current_app.extensions.get(_KEPT)
    if found is None:
        found = RequestLimits(installation.settings.instance)
        current_app.extensions[_KEPT] = found
    return found


def _tell(response: Response) -> Response:
    told: tuple[str, Taken] | None = g.pop("rate", None)
    if told is not None:
        name, taken = told
        response.headers["RateLimit-Policy"] = f'"{name}";q={taken.limit};w=60'
        response.headers["RateLimit"] = f'"{name}";r={taken.left};t={taken.reset}'
    token: Token | None = g.pop("token", None)
    if token is not None and token.expires_at is not None:
        response.headers["Auditdash-Token-Expires"] = to_rfc3339(token.expires_at)
    return response


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
