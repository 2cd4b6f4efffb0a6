"""Who is a member of which workspace, in which role, and what limits them.

Nobody sees a workspace that they are no member of. The demo is open to all who may sign in, except
guests: whoever is an admin anywhere is one there, other members of something are officers. Who is a
member of nothing, or no longer, only looks: officers send reports out into the world.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)

from auditdash.accounts.admins import protect_last_admin
from auditdash.accounts.roles import ADMIN, OFFICER, ROLES, VIEWER, Permission, Role
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import memberships, people, workspaces
from auditdash.store.workspaces import Workspace

_DEMO: Final = "demo"


class Limits(Struct, frozen=True, kw_only=True):
    """What a membership sees of its workspace, and until when. `query` is in the search language,
    the period is half-open, None is open; `addresses`: whether hidden ones may be revealed."""

    query: str = ""
    period_start: Instant | None = None
    period_end: Instant | None = None
    expires_at: Instant | None = None
    addresses: bool = False


class Membership(Struct, frozen=True, kw_only=True):
    """A person in a workspace. A `guest` was invited from outside to look at something."""

    person_id: int
    workspace: Workspace
    role: Role
    limits: Limits
    guest: bool = False
    created_at: Instant | None = None
    seen_at: Instant | None = None
    revealed_until: Instant | None = None

    def may(self, permission: Permission | str) -> bool:
        """Whether the role allows it."""
        return permission in self.role.may

    def is_over(self, now: Instant) -> bool:
        """Whether its end has come."""
        return self.limits.expires_at is not None and self.limits.expires_at <= now

    @property
    def is_limited(self) -> bool:
        """Whether it sees only some events of the workspace."""
        limits = self.limits
        return bool(limits.query) or (limits.period_start, limits.period_end) != (None, None)


class Member(Struct, frozen=True, kw_only=True):
    """A membership as those see it who look after it: whose it is, and what it says."""

    person_id: int
    username: str
    name: str
    has_begun: bool
    is_disabled: bool
    role: str
    limits: Limits
    guest: bool
    created_at: Instant
    seen_at: Instant | None

    def is_over(self, now: Instant) -> bool:
        """Whether its end has come."""
        return self.limits.expires_at is not None and self.limits.expires_at <= now


_LIMITS: Final = tuple(memberships.c[name] for name in Limits.__struct_fields__)
_OWN: Final = tuple(
    memberships.c[name]
    for name in ("person_id", "role", "guest", "created_at", "seen_at", "revealed_until")
)
_OF_WORKSPACE: Final = tuple(
    workspaces.c[name].label(f"workspace_{name}") for name in Workspace.__struct_fields__
)
# Asked for each page: put together once.
_FIND: Final = (
    select(*_OF_WORKSPACE, *_OWN, *_LIMITS)
    .join_from(
        workspaces,
        memberships,
        and_(
            memberships.c.workspace_id == workspaces.c.id,
            memberships.c.person_id == bindparam("person"),
        ),
        isouter=True,
    )
    .where(or_(memberships.c.person_id.is_not(None), workspaces.c.kind == _DEMO))
    .order_by(workspaces.c.kind.desc(), workspaces.c.id)
)


def find_memberships(connection: Connection, person_id: int, now: Instant) -> list[Membership]:
    """Where a person may look now: real workspaces first, oldest first, then the demo."""
    rows = connection.execute(_FIND, {"person": person_id}).all()
    every = [_membership(row) for row in rows if row.person_id is not None]
    live = [each for each in every if not each.is_over(now)]
    is_outsider = any(each.guest for each in every) and all(each.guest for each in live)
    if is_outsider:
        return live
    role = OFFICER if live else VIEWER
    if any(each.role is ADMIN for each in live):
        role = ADMIN
    demos = [_workspace(row) for row in rows if row.person_id is None]
    return live + [
        Membership(person_id=person_id, workspace=demo, role=role, limits=Limits(addresses=True))
        for demo in demos
    ]


def find_workspaces_of(connection: Connection, person_id: int) -> set[int]:
    """The ids of the workspaces of which they are a member, also where the end has come."""
    mine = select(memberships.c.workspace_id).where(memberships.c.person_id == person_id)
    return set(connection.execute(mine).scalars())


def grant_role(
    connection: Connection,
    person_id: int,
    workspace_id: int,
    role: Role,
    now: Instant,
    limits: Limits | None = None,
    *,
    guest: bool = False,
) -> None:
    """Give a person this role in this workspace, whatever they had there before.

    Without limits they are those that are usual for the role. Limits that the role cannot have are
    BadInput; so is to take the role of its last admin from a workspace (LastAdmin).
    """
    limits = limits or Limits(addresses=role.addresses != "hidden")
    _check_limits(role, limits)
    if role is not ADMIN:
        protect_last_admin(connection, person_id, workspace_id)
    values = {"role": role.name, "guest": guest, **_as_row(limits)}
    this = and_(memberships.c.person_id == person_id, memberships.c.workspace_id == workspace_id)
    changed = connection.execute(update(memberships).where(this).values(values))
    if not changed.rowcount:
        key = {"person_id": person_id, "workspace_id": workspace_id, "created_at": now}
        fresh = insert_new(connection, memberships).values({**key, **values})
        made = connection.execute(fresh.returning(memberships.c.person_id)).one_or_none()
        if made is None:  # somebody else made them one at this moment
            connection.execute(update(memberships).where(this).values(values))


def remove_member(connection: Connection, person_id: int, workspace_id: int) -> bool:
    """Take a person out of a workspace; False where they were no member. The last admin stays."""
    protect_last_admin(connection, person_id, workspace_id)
    removed = connection.execute(
        delete(memberships).where(
            memberships.c.person_id == person_id, memberships.c.workspace_id == workspace_id
        )
    )
    return removed.rowcount == 1


def list_members(connection: Connection, workspace_id: int) -> list[Member]:
    """All members of a workspace, also those whose end has come, by username."""
    rows = connection.execute(
        _MEMBERS.where(memberships.c.workspace_id == workspace_id).order_by(people.c.username)
    )
    return [_member(row) for row in rows]


def find_member(connection: Connection, person_id: int, workspace_id: int) -> Member | None:
    """One of them."""
    here = and_(memberships.c.person_id == person_id, memberships.c.workspace_id == workspace_id)
    row = connection.execute(_MEMBERS.where(here)).one_or_none()
    return None if row is None else _member(row)


def set_revealed(
    connection: Connection, person_id: int, workspace_id: int, until: Instant | None
) -> None:
    """Until when addresses are shown to this member; None hides them."""
    connection.execute(
        update(memberships)
        .where(memberships.c.person_id == person_id, memberships.c.workspace_id == workspace_id)
        .values(revealed_until=until)
    )


def touch_membership(
    connection: Connection, person_id: int, workspace_id: int, now: Instant
) -> None:
    """Remember that the person was seen in this workspace."""
    connection.execute(
        update(memberships)
        .where(
            memberships.c.person_id == person_id,
            memberships.c.workspace_id == workspace_id,
        )
        .values(seen_at=now)
    )


def _check_limits(role: Role, limits: Limits) -> None:
    narrowed = limits.query or (limits.period_start, limits.period_end) != (None, None)
    if narrowed and not role.may_limit:
        raise BadInput(
            f"{role.label.lower()}s see everything",
            where="role",
            expected=f"one of these to be limited: {_names(each for each in _LIMITABLE)}",
        )
    if limits.expires_at is not None and not role.may_end:
        raise BadInput("an admin has no end date", where="expires", expected="another role")


_LIMITABLE: Final = tuple(role for role in ROLES.values() if role.may_limit)


def _names(of: Iterable[Role]) -> str:
    return ", ".join(role.name for role in of)


def _as_row(limits: Limits) -> dict[str, object]:
    return {name: getattr(limits, name) for name in Limits.__struct_fields__}


def _membership(row: Row[Any]) -> Membership:
    given = row._mapping
    own = ("person_id", "guest", "created_at", "seen_at", "revealed_until")
    return Membership(
        workspace=_workspace(row),
        role=ROLES[row.role],
        limits=Limits(**{name: given[name] for name in Limits.__struct_fields__}),
        **{name: given[name] for name in own},
    )


_MEMBERS: Final = select(
    memberships, people.c.username, people.c.name, people.c.password_hash, people.c.disabled_at
).join(people, people.c.id == memberships.c.person_id)


def _member(row: Row[Any]) -> Member:
    given = row._mapping
    own = ("person_id", "username", "name", "role", "guest", "created_at", "seen_at")
    return Member(
        has_begun=row.password_hash is not None,
        is_disabled=row.disabled_at is not None,
        limits=Limits(**{name: given[name] for name in Limits.__struct_fields__}),
        **{name: given[name] for name in own},
    )


def _workspace(row: Row[Any]) -> Workspace:
    given = row._mapping
    return Workspace(**{name: given[f"workspace_{name}"] for name in Workspace.__struct_fields__})
