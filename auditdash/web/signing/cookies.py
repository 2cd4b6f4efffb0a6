"""The tokens that a browser keeps for the room of signing in, beside its session."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from flask import Response, request

from auditdash.accounts.browsers import KNOWN_FOR
from auditdash.events.instants import SECOND
from auditdash.web import readers

_LONGEST: Final = 200  # ours are 43 letters; nothing longer is looked for in the database


class Cookie(StrEnum):
    """What for. Lax where a request that begins elsewhere must bring it along."""

    STEP = "step"  # a sign-in that is half done
    CHALLENGE = "challenge"  # what a passkey is to sign
    PROVIDER = "provider"  # the answer of the provider belongs to this browser
    BROWSER = "browser"  # somebody has signed in here before


_CROSSING: Final = {Cookie.PROVIDER}


def token_of(cookie: Cookie) -> str:
    """What the browser sent; empty if nothing of ours."""
    given = request.cookies.get(_name(cookie), "")
    return given if given.isascii() and len(given) <= _LONGEST else ""


def keep(response: Response, cookie: Cookie, token: str) -> Response:
    """Give the browser a token: for as long as it runs, or half a year for its own."""
    response.set_cookie(
        _name(cookie),
        token,
        max_age=KNOWN_FOR // SECOND if cookie is Cookie.BROWSER else None,
        path="/",
        secure=readers.settings().secure_cookies,
        httponly=True,
        samesite="Lax" if cookie in _CROSSING else "Strict",
    )
    return response


def drop(response: Response, *cookies: Cookie) -> Response:
    """Take tokens from the browser that it has."""
    for cookie in cookies:
        if _name(cookie) in request.cookies:
            response.delete_cookie(
                _name(cookie),
                secure=readers.settings().secure_cookies,
                httponly=True,
                samesite="Lax" if cookie in _CROSSING else "Strict",
            )
    return response


def _name(cookie: Cookie) -> str:
    prefix = "__Host-" if readers.settings().secure_cookies else ""
    return f"{prefix}auditdash-{cookie.value}"
