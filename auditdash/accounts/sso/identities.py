"""Whose account it is that a provider speaks of: by issuer and subject, never by an e-mail address,
which a provider may give to another person tomorrow, or let anybody choose."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from auditdash.events.folding import bounded, storable
from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.tables.signing import identities


class Identity(Struct, frozen=True, kw_only=True):
    """`shown` is the name or address that the provider gave, for people to read."""

    id: int
    person_id: int
    issuer: str
    subject: str
    shown: str
    created_at: Instant
    last_used_at: Instant | None


def find_identity(connection: Connection, issuer: str, subject: str) -> Identity | None:
    """The account that this provider's subject is linked to."""
    row = connection.execute(
        select(identities).where(
            identities.c.issuer == bounded(storable(issuer)),
            identities.c.subject == bounded(storable(subject)),
        )
    ).one_or_none()
    return None if row is None else Identity(**row._mapping)


def list_identities(connection: Connection, person_id: int) -> list[Identity]:
    """A person's, oldest first."""
    rows = connection.execute(
        select(identities).where(identities.c.person_id == person_id).order_by(identities.c.id)
    )
    return [Identity(**row._mapping) for row in rows]


def link_identity(
    connection: Connection, person_id: int, issuer: str, subject: str, shown: str, now: Instant
) -> bool:
    """From now on this subject is this person; False where it is somebody already."""
    linked = connection.execute(
        insert_new(connection, identities)
        .values(
            person_id=person_id,
            issuer=bounded(storable(issuer)),
            subject=bounded(storable(subject)),
            shown=bounded(storable(shown)),
            created_at=now,
        )
        .returning(identities.c.id)
    )
    return linked.one_or_none() is not None


def mark_identity_used(
    connection: Connection, identity: Identity, shown: str, now: Instant
) -> None:
    """Remember when it was used, and how the provider calls the person now."""
    connection.execute(
        update(identities)
        .where(identities.c.id == identity.id)
        .values(last_used_at=now, shown=bounded(storable(shown)))
    )


def unlink_identity(connection: Connection, person_id: int, identity_id: int) -> str | None:
    """It signs the person in no longer; how it was shown, or None where they have no such one."""
    return connection.execute(
        delete(identities)
        .where(identities.c.person_id == person_id, identities.c.id == identity_id)
        .returning(identities.c.shown)
    ).scalar_one_or_none()
