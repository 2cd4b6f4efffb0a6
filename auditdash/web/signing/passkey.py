"""Signing in with a passkey: alone, or after the password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, Response, abort, make_response

from auditdash.accounts.factors.ceremonies import (
    Asked,
    RelyingParty,
    Signed,
    ask_for_one,
    named_in,
    verify,
)
from auditdash.accounts.factors.passkeys import (
    Passkey,
    find_passkey,
    list_passkeys,
    mark_passkey_used,
)
from auditdash.accounts.factors.steps import Kind, begin_step, take_step
from auditdash.accounts.people import find_person_by_id
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.signing import cookies, entrance, second
from auditdash.web.signing.cookies import Cookie
from auditdash.web.signing.parties import relying_party

blueprint = Blueprint("passkey", __name__, url_prefix="/login/passkey")

FIELD: Final = "credential"  # of the form: what the browser's script writes into it
NONE_HERE: Final = (
    "Passkeys need the address by which people open auditdash: its operator sets AUDITDASH_URL."
)
_WRONG: Final = "/login?failed=passkey"


@blueprint.post("/options")
@readers.public
def options() -> Response:
    """What the browser's script asks the device, after the password for the passkeys of this person
    only, else for any of ours; the challenge stays here."""
    waiting = second.find_waiting()
    if waiting is not None:
        return challenge(waiting.person.id, waiting.factors.passkeys, alone=False)
    if readers.settings().sso.only:
        abort(404)
    return challenge(None, (), alone=True)


@blueprint.post("")
@readers.public
def sign_in() -> Response:
    """What the device answered. Alone it must have verified who holds it."""
    entrance.count_nameless()
    waiting = second.find_waiting()
    person_id = waiting.person.id if waiting else None
    used = use_passkey(person_id, alone=waiting is None)
    with reading(readers.engine()) as connection:
        person = find_person_by_id(connection, used.person_id) if used else None
    if used is None or person is None or person.disabled_at is not None:
        entrance.fail(waiting.person if waiting else person, "passkey not accepted")
        return fragments.see_other(_WRONG)
    entrance.give_back()
    if waiting is not None:
        return second.pass_on(waiting, "passkey")
    return entrance.finish(person, "passkey", params.next_path())


def challenge(person_id: int | None, known: Sequence[Passkey], *, alone: bool) -> Response:
    """Keep a challenge for this browser, and hand out what it must sign."""
    asked = ask_for_one(party(), known, alone=alone)
    return keep_challenge(Kind.PASSKEY, person_id, asked, alone=alone)


def keep_challenge(kind: Kind, person_id: int | None, asked: Asked, *, alone: bool) -> Response:
    """The options, with the token to which the challenge belongs."""
    data = {"challenge": asked.challenge, "alone": str(int(alone))}
    with writing(readers.engine()) as connection:
        token = begin_step(connection, kind, readers.now(), person_id, data)
    response = make_response(asked.options)
    response.mimetype = "application/json"
    return cookies.keep(response, Cookie.CHALLENGE, token)


def use_passkey(person_id: int | None, *, alone: bool) -> Passkey | None:
    """The passkey with which the challenge of this browser was signed, of this person where one is
    known; None for anything else. The challenge is gone either way."""
    answer = params.secret_field(FIELD)
    with writing(readers.engine()) as connection:
        step = take_step(
            connection, cookies.token_of(Cookie.CHALLENGE), Kind.PASSKEY, readers.now()
        )
        name = named_in(answer)
        passkey = find_passkey(connection, name) if name is not None else None
        if step is None or passkey is None or step.person_id != person_id:
            return None
        if person_id not in (None, passkey.person_id) or step.data["alone"] != str(int(alone)):
            return None
        signed: Signed | None = verify(
            party(), passkey, answer, step.data["challenge"], alone=alone
        )
        if signed is None:
            return None
        mark_passkey_used(connection, passkey, signed.sign_count, readers.now())
        return passkey


def passkeys_of(person_id: int) -> list[Passkey]:
    """All of a person's."""
    with reading(readers.engine()) as connection:
        return list_passkeys(connection, person_id)


def party() -> RelyingParty:
    """Whose passkeys they are; 400 where there can be none."""
    found = relying_party()
    if found is None:
        abort(400, NONE_HERE)
    return found
