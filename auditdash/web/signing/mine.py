"""What a person sees of their own account: password, second factors, sessions, single sign-on."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct

from auditdash.accounts import sessions
from auditdash.accounts.factors.held import find_factors
from auditdash.accounts.passwords import check_strength, hash_password, verify_password
from auditdash.accounts.people import Person, find_person_by_id
from auditdash.accounts.roles import Permission
from auditdash.accounts.sessions import Session
from auditdash.accounts.sso.identities import list_identities
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, HOUR, MINUTE
from auditdash.events.user_agents import ua_family, ua_system
from auditdash.management import signing as management
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.signing import acts, confirm, entrance, required
from auditdash.web.signing.parties import relying_party

blueprint = Blueprint("account", __name__, url_prefix="/account")

PAGE: Final = "/account"
METHODS: Final = {
    "password": "password",
    "link": "one-time link",
    "passkey": "passkey",
    "sso": "single sign-on",
    "app": "app",
    "recovery": "recovery code",
}
_UNITS: Final = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
_DONE: Final = {
    "password": "Your password is changed. Other browsers are signed out.",
    "ended": "That session is ended.",
    "others": "You are signed out everywhere else.",
    "app": "Your authenticator app is set up. Other browsers are signed out.",
    "app-removed": "Your authenticator app is removed.",
    "passkey": "Your passkey is added.",
    "passkey-removed": "The passkey is removed.",
    "passkey-named": "The passkey has its new name.",
    "linked": "That account signs you in from now on.",
    "unlinked": "That account signs you in no longer.",
}


class SessionLine(Struct, frozen=True):
    """A session as a page shows it; `system` is empty where nobody can tell."""

    session: Session
    browser: str
    system: str
    how: str
    is_this: bool


@blueprint.get("")
@readers.needs(Permission.OWN)
@required.while_missing
def page() -> Response:
    """Everything of this person's own."""
    done = _DONE.get(params.text("done"), "")
    return account_page(notices=[("ok", done)] if done else [])


@blueprint.post("/password")
@readers.needs(Permission.OWN)
@required.while_missing
def change_password() -> Response:
    """A new password for this reader; every other session of theirs ends."""
    reader = readers.reader()
    until = entrance.may_try(reader.username)
    if until is not None:
        raise BadInput(entrance.wait_text(until)[0].rstrip("."))
    with reading(readers.engine()) as connection:
        person = find_person_by_id(connection, reader.person_id)
    if person is None or not verify_password(person.password_hash, params.secret_field("current")):
        entrance.fail(person, "wrong current password")
        raise BadInput("that is not your current password", where="current password")
    password = params.secret_field("password")
    check_strength(password, reader.username, entrance.workspace_names(reader.person_id))
    if password != params.secret_field("password_again"):
        raise BadInput("the new password differs from the one typed again", where="password")
    password_hash = hash_password(password)
    with writing(readers.engine()) as connection:
        entrance.end_tries(connection, person)
        management.change_password(
            connection, acts.by(person), person, password_hash, reader.session
        )
    return fragments.see_other(f"{PAGE}?done=password")


@blueprint.post("/sessions/<handle>/end")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def end(handle: str) -> Response:
    """Sign out one other browser."""
    person = own_person()
    with writing(readers.engine()) as connection:
        if not management.end_session(connection, acts.by(person), person, handle):
            abort(404)
    return fragments.see_other(f"{PAGE}?done=ended#sessions")


@blueprint.post("/sessions/end-others")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def end_others() -> Response:
    """Sign out everywhere but here; browsers of before are strangers again."""
    person = own_person()
    with writing(readers.engine()) as connection:
        management.end_sessions(connection, acts.by(person), person, readers.reader().session)
    return fragments.see_other(f"{PAGE}?done=others#sessions")


@blueprint.errorhandler(BadInput)
def answer_bad_input(error: BadInput) -> Response:
    """The account again, with what was wrong."""
    return account_page(notices=[("error", f"{error}.")], status=400)


def own_person() -> Person:
    """The account of who reads."""
    with reading(readers.engine()) as connection:
        person = find_person_by_id(connection, readers.reader().person_id)
    if person is None:
        abort(404)
    return person


def session_lines(person_id: int) -> list[SessionLine]:
    """The live sessions of a person."""
    here = readers.reader().session.token_hash
    with reading(readers.engine()) as connection:
        found = sessions.list_sessions(
            connection, person_id, readers.now(), readers.session_limits()
        )
    return [
        SessionLine(
            session=each,
            browser=ua_family(each.user_agent),
            system=ua_system(each.user_agent),
            how=" and ".join(METHODS.get(word, word) for word in each.method.split("+")),
            is_this=each.token_hash == here,
        )
        for each in found
    ]


def account_page(notices: list[tuple[str, str]], status: int = 200) -> Response:
    """The page, with what there is to be said."""
    person = own_person()
    with reading(readers.engine()) as connection:
        factors = find_factors(connection, person.id)
        identities = list_identities(connection, person.id)
    template = "account/page.html"
    return fragments.render(
        template,
        template,
        status,
        notices=notices,
        person=person,
        factors=factors,
        identities=identities,
        sessions=session_lines(person.id),
        idle=_span(readers.session_limits().idle),
        longest=_span(readers.session_limits().absolute),
        can_have_passkeys=relying_party() is not None,
        sso=readers.settings().sso,
        missing=required.is_missing(),
    )


def _span(length: int) -> str:
    """A span of time in its largest whole unit: 30 minutes, 12 hours, 7 days."""
    unit, word = next(each for each in _UNITS if length % each[0] == 0)
    count = length // unit
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
