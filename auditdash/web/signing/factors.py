"""Second factors of one's own: an authenticator app, passkeys, recovery codes."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from markupsafe import Markup

from auditdash.accounts import sessions
from auditdash.accounts.factors import passkeys, totp
from auditdash.accounts.factors.ceremonies import ask_for_new, read_new
from auditdash.accounts.factors.held import find_factors
from auditdash.accounts.factors.recovery import hash_codes, make_codes
from auditdash.accounts.factors.steps import Kind, take_step
from auditdash.accounts.people import Person, parse_name
from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.management import signing as management
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door
from auditdash.web.signing import acts, confirm, cookies, mine, passkey, required
from auditdash.web.signing.cookies import Cookie
from auditdash.web.signing.parties import installation_name, relying_party

blueprint = Blueprint("factors", __name__, url_prefix="/account")

_ADDED: Final = {
    "app": "Your authenticator app is set up. Other browsers are signed out.",
    "passkey": "Your passkey is added. Other browsers are signed out.",
}
_WRONG: Final = "That is not the code that the app shows now. Check that its clock is right."


@blueprint.get("/app")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def app_page() -> Response:
    """The QR code that an app reads, and the field for its first code."""
    return _app_page()


@blueprint.post("/app")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def add_app() -> Response:
    """The first code: from now on the app counts."""
    person = mine.own_person()
    instance = readers.settings().instance
    with writing(readers.engine()) as connection:
        right = totp.confirm_authenticator(
            connection, instance, person.id, params.field("code"), readers.now()
        )
        if right:
            management.tell_app(connection, acts.by(person), person)
    return _added(person, "app") if right else _app_page(_WRONG)


@blueprint.post("/app/remove")
@readers.needs(Permission.OWN)
@confirm.first
def remove_app() -> Response:
    """The app is no second factor any more."""
    person = mine.own_person()
    with writing(readers.engine()) as connection:
        if not management.remove_app(connection, acts.by(person), person):
            abort(404)
        _refuse_without(find_factors(connection, person.id).any)
    return fragments.see_other(f"{mine.PAGE}?done=app-removed#factors")


@blueprint.get("/passkeys/new")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def passkey_page() -> Response:
    """Where a passkey gets its name, and the browser is asked for it."""
    template = "account/passkey.html"
    return fragments.render(template, template, possible=relying_party() is not None)


@blueprint.post("/passkeys/options")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def passkey_options() -> Response:
    """What the browser's script asks the device."""
    person = mine.own_person()
    asked = ask_for_new(passkey.party(), person, passkey.passkeys_of(person.id))
    return passkey.keep_challenge(Kind.NEW_PASSKEY, person.id, asked, alone=False)


@blueprint.post("/passkeys")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def add_passkey() -> Response:
    """What the device has made."""
    person = mine.own_person()
    token = cookies.token_of(Cookie.CHALLENGE)
    with writing(readers.engine()) as connection:
        step = take_step(connection, token, Kind.NEW_PASSKEY, readers.now())
    if step is None or step.person_id != person.id:
        raise BadInput("that took too long", where="passkey", expected="another try")
    made = read_new(passkey.party(), params.secret_field(passkey.FIELD), step.data["challenge"])
    name = parse_name(params.field("name") or "Passkey")
    with writing(readers.engine()) as connection:
        management.keep_passkey(connection, acts.by(person), person, name, made)
    return _added(person, "passkey")


@blueprint.post("/passkeys/<int:passkey_id>/name")
@readers.needs(Permission.OWN)
@required.while_missing
def name_passkey(passkey_id: int) -> Response:
    """Call a passkey otherwise."""
    person_id = readers.reader().person_id
    with writing(readers.engine()) as connection:
        name = params.field("name")
        if not passkeys.rename_passkey(connection, person_id, passkey_id, name):
            abort(404)
    return fragments.see_other(f"{mine.PAGE}?done=passkey-named#factors")


@blueprint.post("/passkeys/<int:passkey_id>/remove")
@readers.needs(Permission.OWN)
@confirm.first
def remove_passkey(passkey_id: int) -> Response:
    """A passkey that opens nothing any more."""
    person = mine.own_person()
    with writing(readers.engine()) as connection:
        if not management.drop_passkey(connection, acts.by(person), person, passkey_id):
            abort(404)
        _refuse_without(find_factors(connection, person.id).any)
    return fragments.see_other(f"{mine.PAGE}?done=passkey-removed#factors")


@blueprint.post("/recovery-codes")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def new_codes() -> Response:
    """Ten new recovery codes, shown once; the ones before open nothing any more."""
    person = mine.own_person()
    with reading(readers.engine()) as connection:
        if not find_factors(connection, person.id).any:
            raise BadInput(
                "recovery codes stand for a second factor", expected="an app or a passkey first"
            )
    return _codes_page(person, "")


blueprint.register_error_handler(BadInput, mine.answer_bad_input)


def _added(person: Person, proof: str) -> Response:
    """Other sessions end: they were begun without it. The first factor brings recovery codes."""
    session = readers.reader().session
    method = session.method if session.is_strong else f"{session.method}+{proof}"
    with writing(readers.engine()) as connection:
        sessions.end_sessions_of(connection, person.id, but=session)
        renewed = sessions.renew_session(connection, session, readers.now(), method)
        has_codes = find_factors(connection, person.id).codes > 0
    if renewed is not None:
        door.go_on_with(*renewed)
    if has_codes:
        return fragments.see_other(f"{mine.PAGE}?done={proof}#factors")
    return _codes_page(person, _ADDED[proof])


def _codes_page(person: Person, done: str) -> Response:
    codes = make_codes()
    hashed = hash_codes(codes)
    with writing(readers.engine()) as connection:
        management.replace_codes(connection, acts.by(person), person, hashed)
    template = "account/codes.html"
    return fragments.render(
        template,
        template,
        notices=[("ok", done)] if done else [],
        codes=codes,
        installation=installation_name(),
        username=person.username,
    )


def _app_page(error: str = "") -> Response:
    person = mine.own_person()
    instance = readers.settings().instance
    with writing(readers.engine()) as connection:
        if totp.find_authenticator(connection, person.id) is not None:
            return fragments.see_other(f"{mine.PAGE}#factors")
        secret = totp.begin_authenticator(connection, instance, person.id, readers.now())
    address = totp.setup_address(secret, person.username, installation_name())
    template = "account/app.html"
    return fragments.render(
        template,
        template,
        400 if error else 200,
        drawn=Markup(totp.draw_qr(address)),  # noqa: S704 - drawn by segno from numbers alone
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        address=address,
        error=error,
    )


def _refuse_without(has_another: bool) -> None:
    """Where a second factor is required, the last one stays: the transaction is undone."""
    if not has_another and required.is_wanted():
        raise BadInput(
            "a second factor is required here", where="factor", expected="another one first"
        )
