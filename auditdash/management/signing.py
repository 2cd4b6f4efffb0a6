"""What changes who can come in, and how: each deed and the events that tell of it are kept in one
transaction, in the log of every workspace of whom it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.attempts import forget_attempts
from auditdash.accounts.browsers import forget_browsers
from auditdash.accounts.factors.held import Factors, forget_codes_alone, reset_factors
from auditdash.accounts.factors.passkeys import NewPasskey, add_passkey, remove_passkey
from auditdash.accounts.factors.recovery import keep_codes
from auditdash.accounts.factors.totp import remove_authenticator
from auditdash.accounts.memberships import find_memberships
from auditdash.accounts.people import (
    Person,
    disable_person,
    enable_person,
    set_password_hash,
)
from auditdash.accounts.sessions import Session, end_session_of, end_sessions_of
from auditdash.accounts.setup import forget_setup_links
from auditdash.accounts.sso.identities import link_identity, unlink_identity
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.ingest.accesses import Actor, append_access, event_of
from auditdash.store.workspaces import Workspace, list_workspaces

APP: Final = "Authenticator app"
_FACTOR: Final = "second_factor"
_NOTHING: Final = ("auditdash", "", "auditdash")


class Doer(Struct, frozen=True):
    """Who does it, as the actor of an event, and when."""

    actor: Actor
    now: Instant


def tell_sign_in(connection: Connection, by: Doer, person: Person, method: str) -> None:
    """Somebody has signed in."""
    _tell(connection, by, "signed_in", person, context={"method": method})


def tell_sign_out(connection: Connection, by: Doer, person: Person) -> None:
    """Somebody has signed out."""
    _tell(connection, by, "signed_out", person)


def tell_failure(connection: Connection, by: Doer, person: Person | None, reason: str) -> None:
    """Somebody could not sign in: as whom, where there is such a person. Who tried is not known,
    and a name that nobody has may be a password in the wrong field: neither is written."""
    context = {"reason": reason} | (subject_of(person) if person else {})
    _tell(connection, by, "sign_in_failed", person, context=context, outcome="failure")


def change_password(
    connection: Connection, by: Doer, person: Person, password_hash: str, keep: Session | None
) -> None:
    """A new password: all sessions but this one end, links of before with which another one could
    be chosen open nothing, and known browsers are strangers again."""
    set_password_hash(connection, person.id, password_hash)
    end_sessions_of(connection, person.id, but=keep)
    forget_setup_links(connection, person.id)
    forget_browsers(connection, person.id)
    forget_attempts(connection, person.username)
    _tell(connection, by, "password_changed", person, context=subject_of(person))


def tell_link(connection: Connection, by: Doer, person: Person) -> None:
    """A one-time link was made with which a person chooses a password."""
    _tell(connection, by, "sign_in_link_created", person, context=subject_of(person))


def disable(connection: Connection, by: Doer, person: Person) -> None:
    """Keep a person out; refused as in `people.disable_person`."""
    disable_person(connection, person.id, by.now)
    _tell(connection, by, "person_disabled", person, context=subject_of(person))


def enable(connection: Connection, by: Doer, person: Person) -> None:
    """Let a disabled person in again."""
    enable_person(connection, person.id)
    _tell(connection, by, "person_enabled", person, context=subject_of(person))


def end_session(connection: Connection, by: Doer, person: Person, handle: str) -> bool:
    """End one session of a person; False where they have no such one."""
    ended = end_session_of(connection, person.id, handle)
    if ended:
        context = subject_of(person) | {"sessions": "1"}
        _tell(connection, by, "session_revoked", person, context=context)
    return ended


def end_sessions(
    connection: Connection, by: Doer, person: Person, but: Session | None = None
) -> int:
    """Sign a person out everywhere, but in this session; how many ended."""
    ended = end_sessions_of(connection, person.id, but=but)
    forget_browsers(connection, person.id)
    if ended:
        context = subject_of(person) | {"sessions": str(ended)}
        _tell(connection, by, "session_revoked", person, context=context)
    return ended


def tell_app(connection: Connection, by: Doer, person: Person) -> None:
    """The first code of an app was right: it counts."""
    _tell(connection, by, "second_factor_added", person, entity=(_FACTOR, "app", APP))


def remove_app(connection: Connection, by: Doer, person: Person) -> bool:
    """The app is no second factor any more; False where there was none."""
    removed = remove_authenticator(connection, person.id)
    if removed:
        forget_codes_alone(connection, person.id)
        _tell_removed(connection, by, person, ("app", APP))
    return removed


def keep_passkey(
    connection: Connection, by: Doer, person: Person, name: str, made: NewPasskey
) -> None:
    """One more passkey of a person."""
    add_passkey(connection, person.id, name, made, by.now)
    entity = (_FACTOR, "passkey", f"{name} (passkey)")
    _tell(connection, by, "second_factor_added", person, entity=entity)


def drop_passkey(connection: Connection, by: Doer, person: Person, passkey_id: int) -> bool:
    """A passkey that opens nothing any more; False where the person has no such one."""
    name = remove_passkey(connection, person.id, passkey_id)
    if name is None:
        return False
    forget_codes_alone(connection, person.id)
    _tell_removed(connection, by, person, ("passkey", f"{name} (passkey)"))
    return True


def replace_codes(
    connection: Connection, by: Doer, person: Person, hashed: list[tuple[str, str]]
) -> None:
    """New recovery codes; the ones before open nothing any more."""
    keep_codes(connection, person.id, hashed, by.now)
    _tell(connection, by, "recovery_codes_created", person)


def reset_second_factor(connection: Connection, by: Doer, person: Person) -> Factors:
    """Take all second factors from a person who lost them, and end their sessions; what was."""
    had = reset_factors(connection, person.id)
    end_sessions_of(connection, person.id)
    forget_browsers(connection, person.id)
    if had.authenticator is not None:
        _tell_removed(connection, by, person, ("app", APP))
    for each in had.passkeys:
        _tell_removed(connection, by, person, ("passkey", f"{each.name} (passkey)"))
    return had


def link_account(
    connection: Connection, by: Doer, person: Person, issuer: str, subject: str, shown: str
) -> None:
    """From now on this account of the provider signs the person in; BadInput where it signs in
    somebody already."""
    if not link_identity(connection, person.id, issuer, subject, shown, by.now):
        raise BadInput(
            "that account is linked to somebody already", where="account", expected="another one"
        )
    entity = ("sign_on", subject, shown or subject)
    _tell(connection, by, "sign_on_linked", person, entity=entity, context=subject_of(person))


def unlink_account(connection: Connection, by: Doer, person: Person, identity_id: int) -> bool:
    """It signs the person in no longer; False where they have no such one."""
    shown = unlink_identity(connection, person.id, identity_id)
    if shown is None:
        return False
    entity = ("sign_on", str(identity_id), shown)
    _tell(connection, by, "sign_on_unlinked", person, entity=entity, context=subject_of(person))
    return True


def _tell_removed(
    connection: Connection, by: Doer, person: Person, factor: tuple[str, str]
) -> None:
    entity = (_FACTOR, *factor)
    _tell(
        connection, by, "second_factor_removed", person, entity=entity, context=subject_of(person)
    )


def _tell(
    connection: Connection,
    by: Doer,
    action: str,
    about: Person | None,
    *,
    entity: tuple[str, str, str] = _NOTHING,
    context: Mapping[str, str] | None = None,
    outcome: str = "success",
) -> None:
    for workspace in _workspaces_of(connection, about, by.now):
        event = event_of(
            workspace,
            by.now,
            by.actor,
            action=f"auditdash_{action}",
            description=f"{action.replace('_', ' ')} in auditdash",
            entity=entity,
            context=context or {},
            outcome=outcome,
        )
        append_access(connection, event)


def _workspaces_of(
    connection: Connection, person: Person | None, now: Instant
) -> Iterable[Workspace]:
    """In one order for all processes. The demo tells invented things only; what is about nobody
    stands in the first workspace."""
    if person is None:
        every = list_workspaces(connection)
    else:
        every = [each.workspace for each in find_memberships(connection, person.id, now)]
    real = sorted((each for each in every if each.kind == "real"), key=lambda each: each.id)
    return real if person is not None else real[:1]


def subject_of(person: Person) -> dict[str, str]:
    """Whom an event is about, as its context says it."""
    return {"member_username": person.username, "member_id": str(person.id)}
