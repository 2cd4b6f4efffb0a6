"""Whoever comes from the provider: whose account it is, a new one where that is allowed, and the
roles that the provider's claims give."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from auditdash.accounts.admins import LastAdmin
from auditdash.accounts.memberships import (
    Limits,
    Member,
    find_member,
    grant_role,
)
from auditdash.accounts.people import Person, add_person_if_new, find_person_by_id
from auditdash.accounts.roles import Role
from auditdash.accounts.sso.claims import Claims, new_name, new_username, roles_of
from auditdash.accounts.sso.identities import find_identity, mark_identity_used
from auditdash.events.errors import BadInput
from auditdash.ingest.accesses import Act
from auditdash.management.members import CHANGED, INVITED, NOBODY, end_membership, tell_member
from auditdash.management.signing import Doer, link_account
from auditdash.settings import SingleSignOn
from auditdash.store.workspaces import Workspace, list_workspaces

_STRANGER: Final = (
    "Nobody here is linked to this account. If you have a password here, log in with it and link"
    " the account under Your account; else ask an admin."
)
_NO_ROLE: Final = "Your account gives you no role here. Ask whoever looks after it."
_TAKEN: Final = (
    "There is an account of this name here already. Log in to it with its password, and link this"
    " one under Your account."
)


class NotLet(BadInput):
    """Why somebody whom the provider knows is not let in; the whole sentence."""

    def __str__(self) -> str:
        return self.what


def arrive(connection: Connection, by: Doer, sso: SingleSignOn, claims: Claims) -> Person:
    """The person whom these verified claims speak of, with the roles that they give; NotLet says
    why there is none."""
    workspaces = list_workspaces(connection)
    roles = roles_of(claims, sso, workspaces)
    identity = find_identity(connection, sso.issuer, claims.subject)
    if identity is None:
        person = _create(connection, by, sso, claims, roles)
    else:
        mark_identity_used(connection, identity, claims.shown, by.now)
        person = _person(connection, identity.person_id)
        if person.disabled_at is not None:
            raise NotLet("This account is disabled here.")
    by = Doer({**by.actor, "user_id": str(person.id), "username": person.username}, by.now)
    _give_roles(connection, by, person, roles, {each.id: each for each in workspaces})
    if identity is None:  # told in the logs of the workspaces that the roles have opened
        link_account(connection, by, person, sso.issuer, claims.subject, claims.shown)
    return person


def _create(
    connection: Connection,
    by: Doer,
    sso: SingleSignOn,
    claims: Claims,
    roles: dict[int, Role | None],
) -> Person:
    """Never somebody who is there already, whatever name or address the provider gives."""
    if not sso.create:
        raise NotLet(_STRANGER)
    if sso.roles and not any(roles.values()):
        raise NotLet(_NO_ROLE)
    username = new_username(claims)
    made = add_person_if_new(connection, username, new_name(claims, username), by.now)
    if made is None:
        raise NotLet(_TAKEN)
    return _person(connection, made)


def _give_roles(
    connection: Connection,
    by: Doer,
    person: Person,
    roles: dict[int, Role | None],
    workspaces: dict[int, Workspace],
) -> None:
    """What the claims say holds, in the workspaces that the settings speak of, but for guests; the
    last admin stays one. What an admin has set holds as well: an end that has come is none that a
    sign-in takes back, and limits stay where the role can have them."""
    for workspace_id, role in sorted(roles.items()):
        has = find_member(connection, person.id, workspace_id)
        if (has.role if has else None) == (role.name if role else None):
            continue
        if has is not None and (has.guest or has.is_over(by.now)):
            continue
        act = Act(workspace=workspaces[workspace_id], actor=by.actor, now=by.now)
        try:
            _give(connection, act, person, has, role)
        except LastAdmin:
            continue


def _give(
    connection: Connection, act: Act, person: Person, has: Member | None, role: Role | None
) -> None:
    more = {"old_role": has.role if has else NOBODY, "by": "single sign-on"}
    deed = "changed by single sign-on"
    if role is None:
        end_membership(connection, act, person, deed, more)
        return
    limits = _kept(has.limits, role) if has else None
    grant_role(connection, person.id, act.workspace.id, role, act.now, limits)
    tell_member(
        connection, act, CHANGED if has else INVITED, deed, person, role.name, limits, more=more
    )


def _kept(limits: Limits, role: Role) -> Limits:
    """What this role can have of the limits of the one before; addresses are as usual for it."""
    seen = limits if role.may_limit else Limits()
    return Limits(
        query=seen.query,
        period_start=seen.period_start,
        period_end=seen.period_end,
        expires_at=limits.expires_at if role.may_end else None,
        addresses=role.addresses != "hidden",
    )


def _person(connection: Connection, person_id: int) -> Person:
    person = find_person_by_id(connection, person_id)
    if person is None:
        raise LookupError(f"an account of nobody: {person_id}")
    return person
