"""From the proof of who somebody is to their session: the one way in, whatever the proof was."""

from __future__ import annotations

from typing import Final

from flask import Response, request
from sqlalchemy import Connection
from werkzeug.exceptions import TooManyRequests

from auditdash.accounts.attempts import (
    begin_attempt,
    begin_nameless,
    end_attempt,
    end_nameless,
)
from auditdash.accounts.browsers import know_browser
from auditdash.accounts.factors.held import find_factors
from auditdash.accounts.factors.steps import Kind, begin_step
from auditdash.accounts.memberships import find_memberships, touch_membership
from auditdash.accounts.people import Person
from auditdash.accounts.sessions import PASSWORD, Entrance, start_session
from auditdash.accounts.workspaces import first_workspace
from auditdash.events.instants import SECOND, Instant
from auditdash.management.signing import tell_failure, tell_sign_in
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, readers
from auditdash.web.entry import door
from auditdash.web.signing import acts, cookies
from auditdash.web.signing.cookies import Cookie

SECOND_STEP: Final = "/login/second"
SECOND_NAME: Final = "second:"  # no person can have a name with a colon


def address() -> str:
    """From where the request comes."""
    return request.remote_addr or ""


def may_try(name: str) -> Instant | None:
    """Count an attempt at this name before it is made; until when to wait, if one must."""
    with writing(readers.engine()) as connection:
        return begin_attempt(
            connection, name, readers.now(), address(), cookies.token_of(Cookie.BROWSER)
        )


def count_nameless() -> None:
    """Count an attempt that names nobody before it is made; 429 while this network must wait."""
    with writing(readers.engine()) as connection:
        until = begin_nameless(connection, readers.now(), address())
    if until is not None:
        text, seconds = wait_text(until)
        raise TooManyRequests(text, retry_after=seconds)


def give_back() -> None:
    """That attempt was right: it costs this network nothing."""
    with writing(readers.engine()) as connection:
        end_nameless(connection, address())


def wait_text(until: Instant) -> tuple[str, int]:
    """How it is said, and the seconds."""
    seconds = -(-(until - readers.now()) // SECOND)
    return f"Too many attempts. Try again in {seconds} seconds.", seconds


def fail(person: Person | None, reason: str) -> None:
    """Keep that somebody could not sign in."""
    with writing(readers.engine()) as connection:
        tell_failure(connection, acts.by_nobody(), person, reason)


def after_first(person: Person, method: str, next_path: str) -> Response:
    """The password was right: on to the second factor, where the person has one."""
    with reading(readers.engine()) as connection:
        needs_second = find_factors(connection, person.id).any
    if not needs_second:
        return finish(person, method, next_path)
    with writing(readers.engine()) as connection:
        data = {"next": next_path, "method": method}
        token = begin_step(connection, Kind.SECOND, readers.now(), person.id, data)
    return cookies.keep(fragments.see_other(SECOND_STEP), Cookie.STEP, token)


def finish(person: Person, method: str, next_path: str, *, is_fresh: bool = True) -> Response:
    """Begin the session: always with a new token, so that one that somebody planted in the browser
    never becomes a session."""
    browser = cookies.token_of(Cookie.BROWSER)
    with writing(readers.engine()) as connection:
        for name in _counted(person, method):
            end_attempt(connection, name, readers.now(), address(), browser)
        browser = know_browser(connection, browser, person.id, readers.now())
        token = _begin_session(connection, person, method, is_fresh=is_fresh)
        tell_sign_in(connection, acts.by(person), person, method)
    response = door.keep_session(fragments.see_other(next_path), token)
    cookies.keep(response, Cookie.BROWSER, browser)
    return cookies.drop(response, Cookie.STEP, Cookie.CHALLENGE, Cookie.PROVIDER)


def end_tries(connection: Connection, person: Person) -> None:
    """An attempt that `may_try` has counted was right."""
    browser = cookies.token_of(Cookie.BROWSER)
    end_attempt(connection, person.username, readers.now(), address(), browser)


def workspace_names(person_id: int) -> list[str]:
    """How the workspaces of a person are called: no password may have them in it."""
    with reading(readers.engine()) as connection:
        found = find_memberships(connection, person_id, readers.now())
    return [each.workspace.name for each in found if each.workspace.kind == "real"]


def _counted(person: Person, method: str) -> list[str]:
    """The names of the attempts that were begun on this way: what can be guessed is counted."""
    first, *second = method.split("+")
    tried = [person.username] if first == PASSWORD else []
    return tried + ([SECOND_NAME + person.username] if {"app", "recovery"} & set(second) else [])


def _begin_session(connection: Connection, person: Person, method: str, *, is_fresh: bool) -> str:
    workspace = first_workspace(connection, person.id, readers.now())
    if workspace is not None:
        touch_membership(connection, person.id, workspace.id, readers.now())
    entrance = Entrance(
        method=method,
        ip=address(),
        user_agent=request.headers.get("User-Agent", ""),
        is_fresh=is_fresh,
    )
    return start_session(
        connection,
        person.id,
        readers.now(),
        workspace.id if workspace else None,
        replaces=door.session_token(),
        entrance=entrance,
        limits=readers.session_limits(),
    )
