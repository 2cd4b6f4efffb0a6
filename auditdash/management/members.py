"""Members are invited, changed and removed here: each act and the event that tells of it are kept
in one transaction, under the names that the catalogue has for Mode's own."""

from __future__ import annotations

from typing import Final

from msgspec import structs
from sqlalchemy import Connection

from auditdash.accounts import people, setup
from auditdash.accounts.memberships import (
    Limits,
    Member,
    Membership,
    find_member,
    find_memberships,
    grant_role,
    remove_member,
    set_revealed,
)
from auditdash.accounts.people import Person
from auditdash.accounts.roles import ADMIN, Role
from auditdash.accounts.scopes import parse_limit
from auditdash.accounts.workspaces import found_workspace
from auditdash.events.errors import BadInput
from auditdash.events.instants import HOUR, Instant, to_rfc3339
from auditdash.ingest.accesses import Act, access_of, append_access, event_of

REVEALED: Final = HOUR
_NOBODY: Final = "none"  # the role of who is no member any more


def invite(
    connection: Connection,
    act: Act,
    *,
    username: str,
    name: str,
    role: Role,
    limits: Limits | None = None,
    guest: bool = False,
) -> str | None:
    """Make somebody a member: the path of the link with which they choose a password, None for who
    has one already. An account is made where there is none of this username."""
    _check(act, limits)
    known = people.find_person(connection, username)
    if known is not None and find_member(connection, known.id, act.workspace.id) is not None:
        raise BadInput(f"{known.username} is a member already", where="username")
    if known is not None and known.disabled_at is not None:
        raise BadInput(f"{known.username} is kept out", where="username", expected="another person")
    person_id = known.id if known else people.create_person(connection, username, name, act.now)
    grant_role(connection, person_id, act.workspace.id, role, act.now, limits, guest=guest)
    person = people.find_person_by_id(connection, person_id)
    assert person is not None  # noqa: S101 - it was made or found just now
    _tell(connection, act, "org_user_invited", "invited", person, role.name, limits, guest=guest)
    if person.password_hash is not None:
        return None
    return setup.create_setup_link(connection, person_id, act.now)


def change(
    connection: Connection, act: Act, member: Member, role: Role, limits: Limits | None
) -> None:
    """Another role or other limits for a member; a guest stays one, unless as admin or officer."""
    _check(act, limits)
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
    person = _person(connection, member)
    _tell(connection, act, "org_user_role_changed", "changed", person, role.name, limits)


def remove(connection: Connection, act: Act, member: Member) -> None:
    """Take somebody out of the workspace; their account stays, for other workspaces."""
    remove_member(connection, member.person_id, act.workspace.id)
    person = _person(connection, member)
    _tell(connection, act, "org_user_role_changed", "removed", person, _NOBODY, None)


def renew_link(connection: Connection, act: Act, member: Member) -> str:
    """Another one-time link for a member: the first was lost, or the password forgotten."""
    person = _person(connection, member)
    path = setup.create_setup_link(connection, person.id, act.now)
    _tell(
        connection, act, "org_user_invitation_resent", "sent a new link", person, member.role, None
    )
    return path


def may_renew_link(connection: Connection, administrator: int, member: Member, act: Act) -> bool:
    """Whether a link, with which whoever has it becomes this person, may be made by this admin:
    not where the person is a member of a workspace that is none of the admin's."""
    theirs = find_memberships(connection, member.person_id, act.now)
    mine = find_memberships(connection, administrator, act.now)
    administered = {each.workspace.id for each in mine if each.role is ADMIN}
    real = {each.workspace.id for each in theirs if each.workspace.kind == "real"}
    return real <= administered


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
    person = people.find_person_by_id(connection, person_id)
    assert person is not None  # noqa: S101 - whoever signed in is there
    elsewhere = structs.replace(act, workspace=there)
    _tell(connection, elsewhere, "org_user_invited", "founded", person, ADMIN.name, None)
    return workspace_id


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


def _person(connection: Connection, member: Member) -> Person:
    found = people.find_person_by_id(connection, member.person_id)
    if found is None:
        raise BadInput("there is no such person", where="person")
    return found


def _tell(
    connection: Connection,
    act: Act,
    action: str,
    deed: str,
    person: Person,
    role: str,
    limits: Limits | None,
    *,
    guest: bool = False,
) -> None:
    told = {"role": role, "member_username": person.username, "in": "auditdash"}
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
        action=action,
        description=f"member {deed} in auditdash",
        entity=("auditdash_member", f"person:{person.id}", person.username),
        context=told,
    )
    append_access(connection, event)
