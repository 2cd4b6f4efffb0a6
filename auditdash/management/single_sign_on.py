"""Whoever comes from the provider: whose account it is, a new one where that is allowed, and the
roles that the provider's claims give."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from auditdash.accounts.admins import LastAdmin
from auditdash.accounts.memberships import (
    Membership,
    find_memberships,
    grant_role,
    remove_member,
)
from auditdash.accounts.people import Person, create_person, find_person, find_person_by_id
from auditdash.accounts.roles import Role
from auditdash.accounts.sso.claims import Claims, new_name, new_username, roles_of
from auditdash.accounts.sso.identities import find_identity, mark_identity_used
from auditdash.events.errors import BadInput
from auditdash.ingest.accesses import append_access, event_of
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
    if find_person(connection, username) is not None:
        raise NotLet(_TAKEN)
    name = new_name(claims, username)
    return _person(connection, create_person(connection, username, name, by.now))


def _give_roles(
    connection: Connection,
    by: Doer,
    person: Person,
    roles: dict[int, Role | None],
    workspaces: dict[int, Workspace],
) -> None:
    """What the claims say holds, in the workspaces that the settings speak of, but for guests; the
    last admin stays one."""
    known = {each.workspace.id: each for each in find_memberships(connection, person.id, by.now)}
    for workspace_id, role in sorted(roles.items()):
        has = known.get(workspace_id)
        if (has.role if has else None) is role or (has is not None and has.guest):
            continue
        try:
            _give(connection, by, person, workspaces[workspace_id], role)
        except LastAdmin:
            continue
        _tell(connection, by, person, workspaces[workspace_id], has, role)


def _give(
    connection: Connection, by: Doer, person: Person, workspace: Workspace, role: Role | None
) -> None:
    if role is None:
        remove_member(connection, person.id, workspace.id)
    else:
        grant_role(connection, person.id, workspace.id, role, by.now)


def _tell(
    connection: Connection,
    by: Doer,
    person: Person,
    workspace: Workspace,
    had: Membership | None,
    role: Role | None,
) -> None:
    context = {
        "member_username": person.username,
        "member_id": str(person.id),
        "old_role": had.role.name if had else "none",
        "new_role": role.name if role else "none",
        "by": "single sign-on",
    }
    event = event_of(
        workspace,
        by.now,
        by.actor,
        action="org_user_role_changed",
        description="role given by single sign-on in auditdash",
        entity=("workspace", workspace.slug, workspace.name),
        context=context,
    )
    append_access(connection, event)


def _person(connection: Connection, person_id: int) -> Person:
    person = find_person_by_id(connection, person_id)
    if person is None:
        raise LookupError(f"an account of nobody: {person_id}")
    return person
