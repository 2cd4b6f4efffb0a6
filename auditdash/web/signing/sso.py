"""Single sign-on: to the provider and back, to come in, to prove it again, and to link."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, abort

from auditdash.accounts.factors.steps import Kind, Step, begin_step, take_step
from auditdash.accounts.roles import Permission
from auditdash.accounts.sessions import renew_session
from auditdash.accounts.sso import provider
from auditdash.accounts.sso.claims import Claims, read_claims
from auditdash.accounts.sso.identities import find_identity, list_identities
from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND
from auditdash.management import signing as management
from auditdash.management.single_sign_on import arrive
from auditdash.settings import SingleSignOn
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door
from auditdash.web.signing import acts, confirm, cookies, entrance, mine, required
from auditdash.web.signing.cookies import Cookie

blueprint = Blueprint("sso", __name__)

METHOD: Final = "sso"
_CALLBACK: Final = "/login/sso/callback"
_LOST: Final = "This sign-in was begun in another browser, took too long, or was finished already."
_FRESH: Final = 120  # seconds since the provider asked who somebody is, when it was to ask again
_LOGIN, _AGAIN, _LINK = "login", "again", "link"


@blueprint.get("/login/sso")
@readers.public
def begin() -> Response:
    """To the provider; `again=1`: the person is to prove themselves although it knows them.

    A page elsewhere that sends a browser here is answered by the login: whom the provider knows
    would be signed in without having asked for it.
    """
    if not door.is_from_our_pages():
        return fragments.see_other("/login?" + urlencode({"next": params.next_path()}))
    reader = readers.reader_or_none()
    if params.text("again") and reader is not None:
        return _leave(_AGAIN, params.next_path(), reader.person_id)
    return _leave(_LOGIN, params.next_path(), None)


@blueprint.get("/account/sso")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def begin_link() -> Response:
    """To the provider, to link an account there to this one."""
    return _leave(_LINK, mine.PAGE, readers.reader().person_id)


@blueprint.get(_CALLBACK)
@readers.public
def come_back() -> Response:
    """From the provider: what it says is verified before anything else is looked at."""
    sso = _sso()
    step = _taken_step()
    entrance.count_nameless()
    try:
        answer = _believed(sso, step)
    except BadInput as error:
        entrance.fail(None, "single sign-on")
        return fragments.render(
            "accounts/sso_error.html", "accounts/sso_error.html", 403, error=str(error), sso=sso
        )
    entrance.give_back()
    return answer


@blueprint.post("/account/sso")
@readers.needs(Permission.OWN)
@required.while_missing
@confirm.first
def link() -> Response:
    """Yes, this account is mine."""
    person = mine.own_person()
    with writing(readers.engine()) as connection:
        token = cookies.token_of(Cookie.PROVIDER)
        step = take_step(connection, token, Kind.LINK, readers.now())
        if step is None or step.person_id != person.id:
            abort(409, _LOST)
        given = step.data
        management.link_account(
            connection, acts.by(person), person, given["issuer"], given["subject"], given["shown"]
        )
    return fragments.see_other(f"{mine.PAGE}?done=linked#identities")


@blueprint.post("/account/sso/<int:identity_id>/unlink")
@readers.needs(Permission.OWN)
@confirm.first
def unlink(identity_id: int) -> Response:
    """An account of the provider that signs in here no longer."""
    person = mine.own_person()
    with writing(readers.engine()) as connection:
        if not management.unlink_account(connection, acts.by(person), person, identity_id):
            abort(404)
        left = list_identities(connection, person.id)
        if not left and (_sso_only() or person.password_hash is None):
            raise BadInput(
                "it is your only way in",
                where="account",
                expected="another account linked first"
                if _sso_only()
                else "a password from an admin first",
            )
    return fragments.see_other(f"{mine.PAGE}?done=unlinked#identities")


blueprint.register_error_handler(BadInput, mine.answer_bad_input)


def leave_address() -> str:
    """Where somebody who came by the provider also leaves it; empty if nowhere."""
    sso = readers.settings().sso
    return provider.sign_out_address(sso, readers.settings().url + "/login") if sso.issuer else ""


def _leave(purpose: str, next_path: str, person_id: int | None) -> Response:
    sso = _sso()
    try:
        begun = provider.begin(sso, _redirect_uri(), again=purpose == _AGAIN)
    except BadInput as error:
        return fragments.render(
            "accounts/sso_error.html", "accounts/sso_error.html", 502, error=str(error), sso=sso
        )
    data = {
        "purpose": purpose,
        "next": next_path,
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
    }
    with writing(readers.engine()) as connection:
        token = begin_step(connection, Kind.PROVIDER, readers.now(), person_id, data)
    return cookies.keep(fragments.see_other(begun.address), Cookie.PROVIDER, token)


def _taken_step() -> Step:
    token, state = cookies.token_of(Cookie.PROVIDER), params.text("state")
    with writing(readers.engine()) as connection:
        step = take_step(connection, token, Kind.PROVIDER, readers.now()) if token else None
    if step is None or not hmac.compare_digest(step.data["state"].encode(), state.encode()):
        abort(400, _LOST)
    return step


def _believed(sso: SingleSignOn, step: Step) -> Response:
    raw = provider.finish(
        sso,
        _redirect_uri(),
        params.all_text(),
        step.data["nonce"],
        step.data["verifier"],
        readers.now(),
    )
    claims = read_claims(raw, sso.claim)
    if step.data["purpose"] == _LINK:
        return _ask_to_link(step, claims)
    if step.data["purpose"] == _AGAIN:
        return _confirm(step, claims, raw.get("auth_time"))
    return _come_in(step, claims, raw.get("auth_time"))


def _come_in(step: Step, claims: Claims, auth_time: object) -> Response:
    """Where the provider has not asked just now, whoever sits there may be somebody else: they are
    let in as the provider says, and asked again before anything that asks."""
    with writing(readers.engine()) as connection:
        person = arrive(connection, acts.by_nobody(), _sso(), claims)
    is_fresh = _is_fresh(auth_time)
    return entrance.finish(person, METHOD, params.local_path(step.data["next"]), is_fresh=is_fresh)


def _is_fresh(auth_time: object) -> bool:
    seconds = readers.now() // SECOND
    return isinstance(auth_time, int) and abs(seconds - auth_time) <= _FRESH


def _confirm(step: Step, claims: Claims, auth_time: object) -> Response:
    """The same person, whom the provider has asked just now."""
    reader = readers.reader_or_none()
    with reading(readers.engine()) as connection:
        identity = find_identity(connection, _sso().issuer, claims.subject)
    is_same = identity is not None and identity.person_id == step.person_id
    if (
        reader is None
        or reader.person_id != step.person_id
        or not is_same
        or not _is_fresh(auth_time)
    ):
        raise BadInput("that did not show that it is you")
    with writing(readers.engine()) as connection:
        renewed = renew_session(connection, reader.session, readers.now())
    if renewed is not None:
        door.go_on_with(*renewed)
    return fragments.see_other(params.local_path(step.data["next"]))


def _ask_to_link(step: Step, claims: Claims) -> Response:
    """Somebody else could have led the browser here: the person says whether it is theirs."""
    reader = readers.reader_or_none()
    if reader is None or reader.person_id != step.person_id:
        abort(400, _LOST)
    data = {"issuer": _sso().issuer, "subject": claims.subject, "shown": claims.shown}
    with writing(readers.engine()) as connection:
        token = begin_step(connection, Kind.LINK, readers.now(), reader.person_id, data)
    template = "account/link.html"
    response = fragments.render(template, template, shown=claims.shown, sso=_sso())
    return cookies.keep(response, Cookie.PROVIDER, token)


def _redirect_uri() -> str:
    return readers.settings().url + _CALLBACK


def _sso_only() -> bool:
    return readers.settings().sso.only


def _sso() -> SingleSignOn:
    sso = readers.settings().sso
    if not sso.issuer:
        abort(404)
    return sso
