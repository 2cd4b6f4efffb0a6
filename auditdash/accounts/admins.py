"""No workspace without an admin who can sign in, however many leave at once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from auditdash.accounts.roles import ADMIN
from auditdash.events.errors import BadInput
from auditdash.store.schema import memberships, people
from auditdash.store.tables.signing import identities


class LastAdmin(BadInput):
    """Refuses to leave a workspace without an admin who can sign in."""


def can_sign_in(*, by_provider: bool = False) -> ColumnElement[bool]:
    """The condition on `people`: they have a way in, `by_provider` if that is the only one, and are
    not kept out."""
    linked = exists().where(identities.c.person_id == people.c.id)
    way = linked if by_provider else or_(people.c.password_hash.is_not(None), linked)
    return and_(people.c.disabled_at.is_(None), way)


def has_admin(connection: Connection, workspace_id: int, *, by_provider: bool = False) -> bool:
    """Whether an admin of this workspace can sign in, also where only the provider lets one in."""
    return bool(_able_admins(connection, workspace_id, by_provider=by_provider))


def admin_names(connection: Connection, workspace_id: int) -> list[str]:
    """The user names of the admins of this workspace who can sign in, in order."""
    able = people.c.id.in_(_able_admins(connection, workspace_id))
    found = select(people.c.username).where(able).order_by(people.c.username)
    return list(connection.execute(found).scalars())


def protect_admins_but(connection: Connection, person_id: int) -> None:
    """LastAdmin where a workspace would have no admin if this person could not sign in."""
    administered = connection.execute(
        select(memberships.c.workspace_id)
        .where(memberships.c.person_id == person_id, memberships.c.role == ADMIN.name)
        .order_by(memberships.c.workspace_id)
    ).scalars()
    for workspace_id in administered.all():
        protect_last_admin(connection, person_id, workspace_id)


def protect_last_admin(connection: Connection, person_id: int, workspace_id: int) -> None:
    """LastAdmin where this workspace would have no admin without this person."""
    # Locked in one order, and only then counted: of two who remove each other at once, the second
    # waits here and then sees what the first one left.
    locking = select(memberships.c.person_id).where(_admins_of(workspace_id))
    connection.execute(locking.order_by(memberships.c.person_id).with_for_update()).all()
    if _able_admins(connection, workspace_id) == {person_id}:
        raise LastAdmin(
            "nobody else looks after this workspace", where="role", expected="another admin first"
        )


def _able_admins(
    connection: Connection, workspace_id: int, *, by_provider: bool = False
) -> set[int]:
    found = (
        select(memberships.c.person_id)
        .join(people, people.c.id == memberships.c.person_id)
        .where(_admins_of(workspace_id), can_sign_in(by_provider=by_provider))
    )
    return set(connection.execute(found).scalars())


def _admins_of(workspace_id: int) -> ColumnElement[bool]:
    return and_(memberships.c.workspace_id == workspace_id, memberships.c.role == ADMIN.name)
