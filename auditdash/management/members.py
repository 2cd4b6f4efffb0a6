"""Members are invited, changed and removed here: each act and the event that tells of it are kept
in one transaction, under names of ours: what Mode's members may do is told by Mode alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import structs
from sqlalchemy import Connection

from auditdash.accounts import people, setup
from auditdash.accounts.admins import has_admin
from auditdash.accounts.memberships import (
    Limits,
    Member,
    Membership,
    find_member,
    find_memberships,
    find_workspaces_of,
    grant_role,
    remove_member,
    set_revealed,
)
from auditdash.accounts.people import Person
from auditdash.accounts.roles import ADMIN, VIEWER, Role
from auditdash.accounts.scopes import parse_limit
from auditdash.accounts.sso.identities import list_identities
from auditdash.accounts.tokens import list_member_tokens
from auditdash.accounts.workspaces import administer_all, found_workspace
from auditdash.events.errors import BadInput
from auditdash.events.instants import HOUR, Instant, to_rfc3339
from auditdash.ingest.accesses import Act, Actor, access_of, append_access, event_of
from auditdash.management import tokens
from auditdash.management.signing import Doer, subject_of, tell_link
from auditdash.store.workspaces import list_workspaces, rename_workspace

REVEALED: Final = HOUR
NOBODY: Final = "none"  # the role of who is no member any more
INVITED, CHANGED, REMOVED = "invited", "changed", "removed"


def invite(
    connection: Connection,
    act: Act,
    *,
    by: int | None,
    username: str,
    name: str,
    role: Role,
    limits: Limits | None = None,
    guest: bool = False,
) -> str | None:
    """Make somebody a member: the path of the link with which they choose a password, None for who
    comes in already. An account is made where there is none of this username. `by` is the admin who
    does it, None for the command line, which may make links of everybody."""
    _check(act, limits)
    known = people.lock_person(connection, username)
    made = None
    if known is None:
        made = people.add_person_if_new(connection, username, name, act.now)
        if made is None:  # another admin invited them at this moment
            known = people.lock_person(connection, username)
    if known is not None and find_member(connection, known.id, act.workspace.id) is not None:
        raise BadInput(f"{known.username} is a member already", where="username")
    if known is not None and known.disabled_at is not None:
        raise BadInput(f"{known.username} is kept out", where="username", expected="another person")
    needs_link = known is None or _needs_link(connection, known, by, act.now)
    person = known or _person(connection, made or 0)
    grant_role(connection, person.id, act.workspace.id, role, act.now, limits, guest=guest)
    tell_member(connection, act, INVITED, "invited", person, role.name, limits, guest=guest)
    # Whoever holds a link of before, of an admin elsewhere, would come in here with it.
    setup.forget_setup_links(connection, person.id)
    return setup.create_setup_link(connection, person.id, act.now) if needs_link else None


def _needs_link(connection: Connection, known: Person, by: int | None, now: Instant) -> bool:
    """Whether who is there already gets a link; BadInput where they need one that is not ours."""
    if known.password_hash is not None:
        return False
    if by is None or may_renew_link(connection, by, known.id, now):
        return True
    if list_identities(connection, known.id):
        return False
    raise BadInput(
        f"{known.username} was invited to another workspace and has not begun",
        where="username",
        expected="that they choose their password first",
    )


def add_person(
    connection: Connection,
    act: Act,
    *,
    username: str,
    name: str,
    password_hash: str,
    role: Role | None,
) -> Role:
    """A new account with a password, and its role, which without one is viewer: where nobody looks
    after the workspace, admin."""
    if role is None:
        role = VIEWER if has_admin(connection, act.workspace.id) else ADMIN
    person_id = people.create_person(connection, username, name, act.now, password_hash)
    grant_role(connection, person_id, act.workspace.id, role, act.now)
    person = _person(connection, person_id)
    tell_member(connection, act, INVITED, "added", person, role.name)
    return role


def add_first_person(
    connection: Connection,
    actor: Actor,
    now: Instant,
    *,
    username: str,
    name: str,
    password_hash: str,
) -> Person:
    """The first account, by whoever holds the first link: an admin of each workspace."""
    person_id = people.create_person(connection, username, name, now, password_hash)
    administer_all(connection, person_id, now)
    person = _person(connection, person_id)
    actor = {**actor, "user_id": str(person_id), "username": person.username}
    for each in list_workspaces(connection):
        if each.kind == "real":
            act = Act(workspace=each, actor=actor, now=now)
            tell_member(connection, act, INVITED, "first", person, ADMIN.name)
    return person


def change(
    connection: Connection, act: Act, member: Member, role: Role, limits: Limits | None
) -> None:
    """Another role or other limits for a member; a guest stays one, unless as admin or officer."""
    _check(act, limits)
    if find_member(connection, member.person_id, act.workspace.id) is None:
        raise BadInput(f"{member.username} is no member any more", expected="an invitation")
    stays_guest = member.guest and role.may_limit
    if stays_guest and (limits is None or limits.expires_at is None):
        raise BadInput("a guest has an end date", where="expires", expected="the last day")
    grant_role(
        connection,
        member.person_id,
        act.workspace.id,
        role,
        act.now,
        limits,
        guest=stays_guest,
    )
    person = _person(connection, member.person_id)
    tell_member(connection, act, CHANGED, "changed", person, role.name, limits)


def remove(connection: Connection, act: Act, member: Member) -> None:
    """Take somebody out of the workspace; their account stays, for other workspaces."""
    end_membership(connection, act, _person(connection, member.person_id), "removed")


def end_membership(
    connection: Connection,
    act: Act,
    person: Person,
    deed: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """Their own tokens end with it: no later invitation brings them back."""
    remove_member(connection, person.id, act.workspace.id)
    for token in list_member_tokens(connection, act.workspace.id, person.id):
        tokens.revoke(connection, act, token, person)
    tell_member(connection, act, REMOVED, deed, person, NOBODY, more=more)


def renew_link(connection: Connection, act: Act, member: Member) -> str:
    """Another one-time link for a member: the first was lost, or the password forgotten."""
    person = _person(connection, member.person_id)
    path = setup.create_setup_link(connection, person.id, act.now)
    tell_link(connection, Doer(act.actor, act.now), person)
    return path


def may_renew_link(connection: Connection, admin_id: int, person_id: int, now: Instant) -> bool:
    """Whether a link, with which whoever has it becomes this person, may be made by this admin:
    not where the person is a member of a workspace that is none of the admin's, nor where they were
    one, whose end may be moved."""
    mine = find_memberships(connection, admin_id, now)
    administered = {each.workspace.id for each in mine if each.role is ADMIN}
    return find_workspaces_of(connection, person_id) <= administered


def create_workspace(
    connection: Connection, act: Act, person_id: int, *, name: str, zone: str
) -> int:
    """A new workspace whose admin is this person; its id."""
    workspace_id = found_workspace(connection, name, zone, act.now)
    grant_role(connection, person_id, workspace_id, ADMIN, act.now)
    there = next(
        each.workspace
        for each in find_memberships(connection, person_id, act.now)
        if each.workspace.id == workspace_id
    )
    elsewhere = structs.replace(act, workspace=there)
    person = _person(connection, person_id)
    tell_member(connection, elsewhere, INVITED, "founded", person, ADMIN.name)
    return workspace_id


def rename(connection: Connection, act: Act, *, name: str, zone: str) -> None:
    """How the workspace is called, and where its days begin."""
    rename_workspace(connection, act.workspace.id, name=name, zone=zone)
    was = act.workspace
    told = {"old_name": was.name, "new_name": name, "old_zone": was.zone, "new_zone": zone}
    event = event_of(
        was,
        act.now,
        act.actor,
        action="auditdash_workspace_changed",
        description="workspace changed in auditdash",
        entity=("auditdash_workspace", was.slug, name),
        context=told,
    )
    append_access(connection, event)


def reveal_addresses(connection: Connection, act: Act, membership: Membership, reason: str) -> None:
    """Show this member IP addresses for an hour; the log says so, and why."""
    until = Instant(act.now + REVEALED)
    set_revealed(connection, membership.person_id, membership.workspace.id, until)
    told = {"reason": reason[:500], "until": to_rfc3339(until)}
    append_access(
        connection, access_of(act.workspace, act.now, act.actor, "addresses-revealed", "", told)
    )


def hide_addresses(connection: Connection, act: Act, membership: Membership) -> None:
    """Hide them again before the hour is over."""
    set_revealed(connection, membership.person_id, membership.workspace.id, None)
    append_access(
        connection, access_of(act.workspace, act.now, act.actor, "addresses-hidden", "", {})
    )


def _check(act: Act, limits: Limits | None) -> None:
    if act.workspace.kind == "demo":
        raise BadInput("the demo has no members", expected="a workspace of your own")
    if limits is None:
        return
    parse_limit(limits.query)
    if limits.expires_at is not None and limits.expires_at <= act.now:
        raise BadInput("it is over", where="expires", expected="a day to come")
    start, end = limits.period_start, limits.period_end
    if start is not None and end is not None and end <= start:
        raise BadInput("the period ends before it begins", where="last", expected="a later day")


def _person(connection: Connection, person_id: int) -> Person:
    found = people.find_person_by_id(connection, person_id)
    if found is None:
        raise BadInput("there is no such person", where="person")
    return found


def tell_member(
    connection: Connection,
    act: Act,
    action: str,
    deed: str,
    person: Person,
    role: str,
    limits: Limits | None = None,
    *,
    guest: bool = False,
    more: Mapping[str, str] | None = None,
) -> None:
    """The event that tells of it; NOBODY is the role of who is no member any more."""
    told = {"role": role, **subject_of(person), **(more or {})}
    if guest:
        told["guest"] = "true"
    if limits is not None:
        told |= {
            name: value if isinstance(value, str) else to_rfc3339(value)
            for name, value in (
                ("query", limits.query),
                ("period_start", limits.period_start),
                ("period_end", limits.period_end),
                ("expires_at", limits.expires_at),
            )
            if value
        }
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=f"auditdash_member_{action}",
        description=f"member {deed} in auditdash",
        entity=("auditdash_member", f"person:{person.id}", person.username),
        context=told,
    )
    append_access(connection, event)
