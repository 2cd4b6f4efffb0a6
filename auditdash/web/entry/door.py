"""The door: who is signed in, and whether a form was sent from our own page."""

from __future__ import annotations

import hmac
import secrets
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, current_app, g, make_response, redirect, request
from msgspec import structs

from auditdash.accounts.memberships import Membership, find_memberships, touch_membership
from auditdash.accounts.roles import ADMIN, Permission
from auditdash.accounts.sessions import Session, find_session, touch_session
from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_zone
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.readers import Reader
from auditdash.web.signing import required

_API: Final = "/api/"
_MONITORED: Final = {"/healthz", "/readyz", "/metrics"}
THEMES: Final = ("auto", "light", "dark")
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_YEAR: Final = 365 * 24 * 3600
_NEEDS_ALL: Final = (
    "This page is made of all events: of some of them it would say what is not so. It is not shown."
)
_NO_WORKSPACE: Final = (
    "You are no member of a workspace, or no longer one. Ask an admin of it to invite you."
)


def install(app: Flask) -> None:
    """Stand before every view of the pages; the API keeps its own door."""
    app.before_request(_stand_at_the_door)
    app.after_request(_leave_tokens)
    app.after_request(_record_guest)
    app.teardown_request(readers.end_work)


def is_for_programs() -> bool:
    """Whether what is asked for is no page: it keeps its own door, and its own errors."""
    return request.path.startswith(_API) or request.path in _MONITORED


def session_token() -> str | None:
    """The session token that the browser sent."""
    return request.cookies.get(_session_cookie())


def keep_session(response: Response, token: str) -> Response:
    """Give the browser its session token, for as long as the browser runs."""
    _set_cookie(response, _session_cookie(), token, samesite="Lax")
    return response


def drop_session(response: Response) -> Response:
    """Take the session token from the browser."""
    secure = readers.settings().secure_cookies
    response.delete_cookie(_session_cookie(), secure=secure, httponly=True, samesite="Lax")
    return response


def go_on_with(token: str, session: Session) -> None:
    """The session of this request has another token from now on: the answer will bring it."""
    g.session = session
    g.reader = structs.replace(readers.reader(), session=session)
    g.new_session_token = token


def confirm_address(path: str) -> str:
    """Where one proves again who one is, to go on to this path."""
    return "/confirm?" + urlencode({"next": params.local_path(path)})


def keep_choice(response: Response, name: str, value: str) -> Response:
    """Remember a reader's choice (zone, theme) for a year."""
    _set_cookie(response, _named(name), value, samesite="Lax", max_age=_YEAR)
    return response


def choice_of(name: str) -> str:
    """What this browser remembers; empty if nothing."""
    return request.cookies.get(_named(name), "")


def csrf_token() -> str:
    """What forms must send back: of the session, or of this browser before anyone signed in."""
    reader = readers.reader_or_none()
    if reader is not None:
        return reader.csrf_token
    if "form_token" not in g:
        g.form_token = request.cookies.get(_form_cookie()) or secrets.token_urlsafe(32)
        g.new_form_token = True
    token: str = g.form_token
    return token


def _stand_at_the_door() -> Response | None:
    if is_for_programs() or request.endpoint == "static":
        return None
    _find_reader()
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None  # 404 and 405 tell a stranger nothing
    is_open = getattr(view, "is_public", False) or (
        is_signed_in() and getattr(view, "without_workspace", False)
    )
    if readers.reader_or_none() is None and not is_open:
        return _turn_away()
    if request.method not in _SAFE:
        _check_origin()
        _check_form_token()
    if not is_open:
        _check_role(getattr(view, "needs", None), is_scoped=getattr(view, "is_scoped", False))
    if (elsewhere := required.turn_away(view)) is not None:
        return elsewhere
    readers.begin_work()
    return None


def _check_role(permission: Permission | None, *, is_scoped: bool) -> None:
    """Whether the reader's role allows it; what says nothing of itself is for admins alone."""
    role = readers.reader().membership.role
    if permission not in role.may if permission else role is not ADMIN:
        abort(403, f"Your role in this workspace ({role.label.lower()}) does not allow this.")
    if readers.reader().is_limited and not is_scoped and permission is not Permission.OWN:
        limits = " · ".join(readers.locked())
        abort(403, f"What you may see of this workspace is limited ({limits}). {_NEEDS_ALL}")


def is_signed_in() -> bool:
    """Whether somebody is signed in; they may be a member of no workspace, and then no reader."""
    return current_session() is not None


def current_session() -> Session | None:
    """The session of this request, of a reader or not."""
    found: Session | None = g.get("session")
    return found


def _find_reader() -> None:
    token = session_token()
    if not token:
        return
    now = readers.now()
    with reading(readers.engine()) as connection:
        session = find_session(connection, token, now, readers.session_limits())
        memberships = find_memberships(connection, session.person_id, now) if session else []
    if session is None:
        return
    g.session = session
    membership = choose(memberships, session.workspace_id)
    if membership is None:
        return
    if session.needs_touch(now):
        with writing(readers.engine()) as connection:
            agent = request.headers.get("User-Agent", "")
            touch_session(connection, session, now, request.remote_addr or "", agent)
            touch_membership(connection, session.person_id, membership.workspace.id, now)
    g.workspaces = [each.workspace for each in memberships]
    g.reader = _reader(session, membership)


def choose(memberships: list[Membership], chosen: int | None) -> Membership | None:
    """In the chosen workspace, else in the first: real ones come first."""
    of_chosen = (each for each in memberships if each.workspace.id == chosen)
    return next(of_chosen, memberships[0] if memberships else None)


def _reader(session: Session, membership: Membership) -> Reader:
    theme = choice_of("theme")
    return Reader(
        person_id=session.person_id,
        username=session.username,
        name=session.name,
        membership=membership,
        zone=_zone(choice_of("zone") or "UTC"),
        theme=theme if theme in THEMES else THEMES[0],
        csrf_token=session.csrf_token,
        session=session,
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return parse_zone(name)
    except BadInput:  # an old or invented cookie must not lock anyone out
        return ZoneInfo("UTC")


def _turn_away() -> Response:
    if is_signed_in():
        abort(403, _NO_WORKSPACE)
    return _send_to_login()


def _send_to_login() -> Response:
    wanted = fragments.current_path() if request.method == "GET" else "/"
    location = "/login?" + urlencode({"next": params.local_path(wanted)})
    if fragments.is_fragment():
        response = make_response("", 401)
        response.headers["HX-Redirect"] = location
        return response
    return make_response(redirect(location, 303))


def is_from_our_pages() -> bool:
    """Whether the browser came by a page of ours, or because somebody typed the address; taken to
    be so where it does not say."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def _check_origin() -> None:
    origin = request.headers.get("Origin")
    if not is_from_our_pages():
        abort(403, "This form was sent from another site.")
    if origin is not None and origin.partition("://")[2] != request.host:
        abort(403, "This form was sent from another site.")


def _check_form_token() -> None:
    reader = readers.reader_or_none()
    expected = reader.csrf_token if reader else request.cookies.get(_form_cookie(), "")
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        abort(403, "This form is out of date. Open the page again and send it once more.")


def _record_guest(response: Response) -> Response:
    """Each view of a guest is recorded, before it is sent: also of what tells of no event."""
    reader = readers.reader_or_none()
    if reader is None or not reader.is_guest or request.endpoint == "static":
        return response
    if not g.get("is_recorded", False):
        readers.record_access("page", path=request.path[:500], status=str(response.status_code))
    return response


def _leave_tokens(response: Response) -> Response:
    if (token := g.pop("new_session_token", None)) is not None:
        keep_session(response, token)
    if g.pop("new_form_token", False):
        _set_cookie(response, _form_cookie(), g.form_token, samesite="Strict")
    return response


def _session_cookie() -> str:
    return _named("auditdash")


def _form_cookie() -> str:
    return _named("auditdash-form")


def _named(cookie: str) -> str:
    """With the prefix by which browsers take it from this host alone, where there is https."""
    return f"__Host-{cookie}" if readers.settings().secure_cookies else cookie


def _set_cookie(
    response: Response, name: str, value: str, *, samesite: str, max_age: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path="/",
        secure=readers.settings().secure_cookies,
        httponly=True,
        samesite=samesite,
    )
