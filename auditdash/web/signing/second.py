"""The second factor, after the password: a code of an app, a passkey, or a recovery code."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct

from auditdash.accounts.factors.held import Factors, find_factors
from auditdash.accounts.factors.recovery import find_code_hash, is_code, use_code
from auditdash.accounts.factors.steps import Kind, Step, find_step, take_step
from auditdash.accounts.factors.totp import accept_code
from auditdash.accounts.people import Person, find_person_by_id
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.signing import cookies, entrance
from auditdash.web.signing.cookies import Cookie
from auditdash.web.signing.parties import relying_party

blueprint = Blueprint("second", __name__, url_prefix="/login/second")

_WRONG: Final = "That code is wrong, was used already, or is too old."


class Waiting(Struct, frozen=True):
    """Whose password was right, what was kept with it, and what they have."""

    person: Person
    step: Step
    factors: Factors


@blueprint.get("")
@readers.public
def page() -> Response:
    """Asks for it; whoever took longer than ten minutes begins again."""
    waiting = find_waiting()
    return _page(waiting) if waiting else fragments.see_other("/login")


@blueprint.post("")
@readers.public
def give() -> Response:
    """A code of the app, or a recovery code."""
    waiting = find_waiting()
    if waiting is None:
        return fragments.see_other("/login")
    until = entrance.may_try(entrance.SECOND_NAME + waiting.person.username)
    if until is not None:
        text, seconds = entrance.wait_text(until)
        response = _page(waiting, text, 429)
        response.headers["Retry-After"] = str(seconds)
        return response
    proof = _proof(waiting.person)
    if proof is None:
        entrance.fail(waiting.person, "wrong second factor")
        return _page(waiting, _WRONG, 401)
    return pass_on(waiting, proof)


def find_waiting() -> Waiting | None:
    """Who waits in this browser for their second factor."""
    token = cookies.token_of(Cookie.STEP)
    with reading(readers.engine()) as connection:
        step = find_step(connection, token, Kind.SECOND, readers.now()) if token else None
        if step is None or step.person_id is None:
            return None
        person = find_person_by_id(connection, step.person_id)
        if person is None or person.disabled_at is not None:
            return None
        return Waiting(person, step, find_factors(connection, person.id))


def pass_on(waiting: Waiting, proof: str) -> Response:
    """Both are right: the step is over, and the session begins."""
    with writing(readers.engine()) as connection:
        token = cookies.token_of(Cookie.STEP)
        taken = take_step(connection, token, Kind.SECOND, readers.now())
    if taken is None or taken.person_id != waiting.person.id:
        abort(409, "This sign-in was finished already, or took too long. Begin again.")
    method = f"{taken.data['method']}+{proof}"
    return entrance.finish(waiting.person, method, params.local_path(taken.data["next"]))


def _proof(person: Person) -> str | None:
    """In one word what was right; None for nothing."""
    code, recovery = params.field("code"), params.field("recovery")
    if recovery:
        return "recovery" if _is_recovery(person, recovery) else None
    with writing(readers.engine()) as connection:
        instance = readers.settings().instance
        right = accept_code(connection, instance, person.id, code, readers.now())
    return "app" if right else None


def _is_recovery(person: Person, code: str) -> bool:
    with reading(readers.engine()) as connection:
        code_hash = find_code_hash(connection, person.id, code)
    if not is_code(code_hash, code):
        return False
    with writing(readers.engine()) as connection:
        return use_code(connection, person.id, code, readers.now())


def _page(waiting: Waiting, error: str = "", status: int = 200) -> Response:
    page = "accounts/second.html"
    return fragments.render(
        page,
        page,
        status,
        factors=waiting.factors,
        error=error,
        with_passkey=bool(waiting.factors.passkeys) and relying_party() is not None,
    )
