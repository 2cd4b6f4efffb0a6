"""Links with which a person chooses a password: good once, for a day, and stored hashed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from auditdash.accounts.people import count_people
from auditdash.events.instants import DAY, Instant
from auditdash.store.schema import setup_links

LIFETIME: Final = DAY


class SetupLink(Struct, frozen=True):
    """Whom a link is for: None is the first admin, who chooses a username too."""

    person_id: int | None


def first_setup_link(connection: Connection, now: Instant) -> str | None:
    """The path of a link for the first admin, `/setup/…`; None once there are people."""
    return None if count_people(connection) else create_setup_link(connection, None, now)


def create_setup_link(connection: Connection, person_id: int | None, now: Instant) -> str:
    """The path of a new link; older links of the same person open nothing any more."""
    forget_setup_links(connection, person_id)
    token = secrets.token_urlsafe(32)
    row = {
        "token_hash": _hash(token),
        "person_id": person_id,
        "created_at": now,
        "expires_at": now + LIFETIME,
    }
    connection.execute(setup_links.insert().values(row))
    return f"/setup/{token}"


def forget_setup_links(connection: Connection, person_id: int | None) -> None:
    """Links of a person open nothing any more."""
    connection.execute(
        delete(setup_links).where(setup_links.c.person_id.is_not_distinct_from(person_id))
    )


def find_setup_link(connection: Connection, token: str, now: Instant) -> SetupLink | None:
    """The link of a token, if it still opens."""
    row = connection.execute(
        select(setup_links.c.person_id).where(_opens(token, now))
    ).one_or_none()
    if row is None or (row.person_id is None and count_people(connection)):
        return None
    return SetupLink(row.person_id)


def use_setup_link(connection: Connection, token: str, now: Instant) -> SetupLink | None:
    """The same, and it never opens again: of two who use it at once, one gets it."""
    link = find_setup_link(connection, token, now)
    used = connection.execute(update(setup_links).where(_opens(token, now)).values(used_at=now))
    return link if used.rowcount == 1 else None


def _opens(token: str, now: Instant) -> ColumnElement[bool]:
    return and_(
        setup_links.c.token_hash == _hash(token),
        setup_links.c.used_at.is_(None),
        setup_links.c.expires_at > now,
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
