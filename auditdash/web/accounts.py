"""Coming in and going out: login, logout, and the one-time links with which a person begins."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.passwords import (
    check_strength,
    hash_password,
    needs_rehash,
    verify_password,
)
from auditdash.accounts.people import (
    Person,
    count_people,
    find_person,
    find_person_by_id,
    parse_name,
    parse_username,
    set_password_hash,
)
from auditdash.accounts.roles import Permission
from auditdash.accounts.sessions import LINK, PASSWORD, end_session
from auditdash.accounts.setup import SetupLink, find_setup_link, use_setup_link
from auditdash.accounts.workspaces import found_workspace, is_founded
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.management import signing as management
from auditdash.management.members import add_first_person
from auditdash.management.signing import tell_sign_out
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door
from auditdash.web.signing import acts, entrance, required, sso
from auditdash.web.signing.parties import relying_party

blueprint = Blueprint("accounts", __name__)

_NO_PASSKEY: Final = "That passkey was not accepted. Use another one, or your password."
_WRONG: Final = "The username or the password is wrong."
_USED_UP: Final = "This link was used already, or is older than a day. Ask for a new one."


class _Setup(Struct, frozen=True, kw_only=True):
    """What somebody who opens a one-time link wrote, checked."""

    username: str
    name: str
    workspace: str
    password_hash: str


@blueprint.get("/login")
@readers.public
def login() -> Response:
    """The form; whoever is signed in goes on at once."""
    if readers.reader_or_none() is not None:
        return fragments.see_other(params.next_path())
    return _login_page()


@blueprint.post("/login")
@readers.public
def log_in() -> Response:
    """Sign in, or say that it did not work: the same whether or not the name exists."""
    if readers.settings().sso.only:
        abort(403, f"Passwords let nobody in here: use {readers.settings().sso.name}.")
    username, password = params.field("username"), params.secret_field("password")
    locked_until = entrance.may_try(username)
    if locked_until is not None:
        return _too_many(locked_until)
    with reading(readers.engine()) as connection:
        person = find_person(connection, username)
    right = verify_password(person.password_hash if person else None, password)
    if person is None or not right or person.disabled_at is not None:
        entrance.fail(person, "disabled" if right else "wrong password")
        return _login_page(_WRONG, 401)
    _keep_newer(person, password)
    return entrance.after_first(person, PASSWORD, params.next_path())


@blueprint.post("/logout")
@readers.needs(Permission.OWN)
@readers.without_workspace
@required.while_missing
def log_out() -> Response:
    """End the session, in the database and in the browser."""
    session = door.current_session()
    came_by_provider = session is not None and session.method == "sso"
    with writing(readers.engine()) as connection:
        person = find_person_by_id(connection, session.person_id) if session else None
        end_session(connection, door.session_token() or "")
        if person is not None:
            tell_sign_out(connection, acts.by(person), person)
    left = "/login?left=1" if came_by_provider else "/login"
    return door.drop_session(fragments.see_other(left))


@blueprint.get("/setup/<token>")
@readers.public
def setup(token: str) -> Response:
    """The form of a one-time link."""
    with reading(readers.engine()) as connection:
        link = find_setup_link(connection, token, readers.now())
        return _setup_page(connection, token, link)


@blueprint.post("/setup/<token>")
@readers.public
def set_up(token: str) -> Response:
    """Keep the password, make the first person and workspace if there are none, and sign in."""
    with reading(readers.engine()) as connection:
        link = find_setup_link(connection, token, readers.now())
        try:
            form = _read_setup(connection, link)
        except BadInput as error:
            return _setup_page(connection, token, link, error)
    with writing(readers.engine()) as connection:
        person = _finish_setup(connection, token, form)
    return entrance.after_first(person, LINK, "/")


def _login_page(error: str = "", status: int = 200) -> Response:
    with reading(readers.engine()) as connection:
        nobody = count_people(connection) == 0
    if params.text("failed") == "passkey":
        error = _NO_PASSKEY
    return fragments.render(
        "accounts/login.html",
        "accounts/login.html",
        status,
        error=error,
        username=params.field("username"),
        next_path=params.next_path(),
        nobody=nobody,
        sso=readers.settings().sso,
        with_passkey=relying_party() is not None,
        left_sso=sso.leave_address() if params.text("left") else "",
    )


def _too_many(locked_until: Instant) -> Response:
    text, seconds = entrance.wait_text(locked_until)
    response = _login_page(text, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _keep_newer(person: Person, password: str) -> None:
    """A hash with older parameters is made anew while its password is at hand."""
    if person.password_hash is not None and needs_rehash(person.password_hash):
        newer = hash_password(password)
        with writing(readers.engine()) as connection:
            was = person.password_hash  # it may be that of another password by now
            set_password_hash(connection, person.id, newer, instead_of=was)


def _setup_page(
    connection: Connection, token: str, link: SetupLink | None, error: BadInput | None = None
) -> Response:
    if link is None:
        abort(410, _USED_UP)
    person = _person_of(connection, link)
    return fragments.render(
        "accounts/setup.html",
        "accounts/setup.html",
        400 if error else 200,
        token=token,
        person=person,
        asks_workspace=person is None and not is_founded(connection),
        given={name: params.field(name) for name in ("username", "name", "workspace")},
        errors={error.where: str(error.what) for error in [error] if error},
    )


def _person_of(connection: Connection, link: SetupLink) -> Person | None:
    """Whose link it is; None for the first admin."""
    if link.person_id is None:
        return None
    person = find_person_by_id(connection, link.person_id)
    if person is None or person.disabled_at is not None:
        abort(410, _USED_UP)
    return person


def _read_setup(connection: Connection, link: SetupLink | None) -> _Setup:
    if link is None:
        abort(410, _USED_UP)
    person = _person_of(connection, link)
    username = person.username if person else parse_username(params.field("username"))
    name = person.name if person else parse_name(params.field("name") or username)
    asks_workspace = person is None and not is_founded(connection)
    workspace = params.field("workspace") if asks_workspace else ""
    if asks_workspace:
        _check_workspace(workspace)
    password = params.secret_field("password")
    own = entrance.workspace_names(person.id) if person else [workspace]
    check_strength(password, username, own)
    if password != params.secret_field("password_again"):
        raise BadInput("it differs from the first", where="password_again")
    return _Setup(
        username=username, name=name, workspace=workspace, password_hash=hash_password(password)
    )


def _check_workspace(name: str) -> None:
    try:
        parse_name(name)
    except BadInput as error:
        raise BadInput(error.what, where="workspace", expected=error.expected) from None


def _finish_setup(connection: Connection, token: str, form: _Setup) -> Person:
    link = use_setup_link(connection, token, readers.now())
    if link is None:
        abort(410, _USED_UP)
    if form.workspace and not is_founded(connection):
        found_workspace(connection, form.workspace, readers.settings().zone, readers.now())
    if link.person_id is None:
        return add_first_person(
            connection,
            acts.by_nobody().actor,
            readers.now(),
            username=form.username,
            name=form.name,
            password_hash=form.password_hash,
        )
    person = _known(connection, link.person_id)
    management.change_password(connection, acts.by(person), person, form.password_hash, None)
    return person


def _known(connection: Connection, person_id: int) -> Person:
    person = find_person_by_id(connection, person_id)
    if person is None:
        abort(410, _USED_UP)
    return person
