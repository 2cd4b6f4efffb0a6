"""Proving again who one is, before what must not be done by whoever finds a browser open.

A view marked with `first` runs only within ten minutes of such a proof. A form that comes later is
answered by a page that asks for the proof and carries its fields, so that nothing is typed again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar, cast

from flask import Blueprint, Response, request
from msgspec import Struct

from auditdash.accounts.factors.held import Factors, find_factors
from auditdash.accounts.factors.totp import accept_code
from auditdash.accounts.passwords import verify_password
from auditdash.accounts.people import Person, find_person_by_id
from auditdash.accounts.roles import Permission
from auditdash.accounts.sessions import renew_session
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.entry import door
from auditdash.web.signing import entrance, passkey
from auditdash.web.signing.parties import relying_party

blueprint = Blueprint("confirm", __name__, url_prefix="/confirm")

View = TypeVar("View", bound=Callable[..., Any])
_PASSWORD: Final = "confirm_password"  # noqa: S105 - the name of a field
_CODE: Final = "confirm_code"
_SENT: Final = "confirm"  # says that a form brings a proof along
_OURS: Final = {_PASSWORD, _CODE, _SENT, passkey.FIELD, "csrf_token", "confirm_username"}


class Holder(Struct, frozen=True):
    """Who is to prove who they are, and with what they can."""

    person: Person
    factors: Factors

    @property
    def by_password(self) -> bool:
        """Whether a password will do: not alone where there is a passkey and no app."""
        has_other = bool(self.factors.passkeys) and self.factors.authenticator is None
        return self.person.password_hash is not None and not has_other


def first(view: View) -> View:
    """Mark a view that asks again who one is, unless one has just proved it."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> object:
        if readers.reader().session.is_recent(readers.now()):
            return view(*args, **kwargs)
        if request.method == "GET":
            return fragments.see_other(door.confirm_address(fragments.current_path()))
        answer = _demand()
        return view(*args, **kwargs) if answer is None else answer

    return cast(View, guarded)


@blueprint.get("")
@readers.needs(Permission.OWN)
def page() -> Response:
    """Asks who one is, before a page."""
    return _page(_holder(), request.path, {"next": params.next_path()})


@blueprint.post("")
@readers.needs(Permission.OWN)
def go_on() -> Response:
    """Then on to it."""
    answer = _demand()
    return fragments.see_other(params.next_path()) if answer is None else answer


@blueprint.post("/options")
@readers.needs(Permission.OWN)
def options() -> Response:
    """What the reader's device is asked to sign."""
    person_id = readers.reader().person_id
    return passkey.challenge(person_id, passkey.passkeys_of(person_id), alone=False)


def _demand() -> Response | None:
    """None when the form brings the proof along; else the page that asks for it."""
    holder = _holder()
    fields = {name: text for name, text in params.fields().items() if name not in _OURS}
    if not params.field(_SENT):
        return _page(holder, request.path, fields, status=403)
    if not params.secret_field(passkey.FIELD):
        until = entrance.may_try(holder.person.username)
        if until is not None:
            return _page(holder, request.path, fields, entrance.wait_text(until)[0], 429)
    if not _is_proved(holder):
        entrance.fail(holder.person, "not confirmed")
        return _page(holder, request.path, fields, "That is not right. Try again.", 403)
    _renew(holder)
    return None


def _is_proved(holder: Holder) -> bool:
    if params.secret_field(passkey.FIELD):
        return passkey.use_passkey(holder.person.id, alone=False) is not None
    right = verify_password(holder.person.password_hash, params.secret_field(_PASSWORD))
    if not right or not holder.by_password:
        return False
    if holder.factors.authenticator is None:
        return True
    with writing(readers.engine()) as connection:
        instance = readers.settings().instance
        return accept_code(
            connection, instance, holder.person.id, params.field(_CODE), readers.now()
        )


def _renew(holder: Holder) -> None:
    """The session goes on under another token, which the answer brings."""
    with writing(readers.engine()) as connection:
        if not params.secret_field(passkey.FIELD):
            entrance.end_tries(connection, holder.person)
        renewed = renew_session(connection, readers.reader().session, readers.now())
    if renewed is not None:
        door.go_on_with(*renewed)


def _holder() -> Holder:
    person_id = readers.reader().person_id
    with reading(readers.engine()) as connection:
        person = find_person_by_id(connection, person_id)
        factors = find_factors(connection, person_id)
    if person is None:
        raise LookupError("a session without its person")
    return Holder(person, factors)


def _page(
    holder: Holder, action: str, fields: dict[str, str], error: str = "", status: int = 200
) -> Response:
    template = "account/confirm.html"
    return fragments.render(
        template,
        template,
        status,
        holder=holder,
        action=action,
        fields=fields,
        error=error,
        with_passkey=bool(holder.factors.passkeys) and relying_party() is not None,
        single_sign_on=readers.settings().sso.name if readers.settings().sso.issuer else "",
        sso_next=params.next_path() if request.path == "/confirm" else _origin_page(),
    )


def _origin_page() -> str:
    """The page from which a form came, to go back to: its fields do not survive the provider."""
    parts = (request.referrer or "").split("://", maxsplit=1)
    host, _, path = parts[-1].partition("/")
    return params.local_path(f"/{path}") if host == request.host else "/account"
