"""Passkeys as they are kept: the public half of a key, and how its owner calls it."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from auditdash.accounts.people import parse_name
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.tables.signing import passkeys

MOST: Final = 20  # of one person


class Passkey(Struct, frozen=True, kw_only=True):
    """`synced`: whether its maker keeps a copy, so that it is on several devices of its owner."""

    id: int
    person_id: int
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str
    synced: bool
    created_at: Instant
    last_used_at: Instant | None


class NewPasskey(Struct, frozen=True, kw_only=True):
    """What a browser has made, verified."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: str
    synced: bool


def add_passkey(
    connection: Connection, person_id: int, name: str, made: NewPasskey, now: Instant
) -> None:
    """Keep a passkey; BadInput where it is known already, or there are too many."""
    if len(list_passkeys(connection, person_id)) >= MOST:
        raise BadInput("there are too many passkeys", where="passkey", expected=f"at most {MOST}")
    added = connection.execute(
        insert_new(connection, passkeys)
        .values(
            person_id=person_id,
            name=parse_name(name),
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            transports=made.transports,
            synced=made.synced,
            created_at=now,
        )
        .returning(passkeys.c.id)
    )
    if added.one_or_none() is None:
        raise BadInput("this passkey is known already", where="passkey", expected="another one")


def find_passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """The passkey that calls itself so, whosever it is."""
    row = connection.execute(
        select(passkeys).where(passkeys.c.credential_id == credential_id)
    ).one_or_none()
    return None if row is None else Passkey(**row._mapping)


def list_passkeys(connection: Connection, person_id: int) -> list[Passkey]:
    """A person's, oldest first."""
    rows = connection.execute(
        select(passkeys).where(passkeys.c.person_id == person_id).order_by(passkeys.c.id)
    )
    return [Passkey(**row._mapping) for row in rows]


def mark_passkey_used(
    connection: Connection, passkey: Passkey, sign_count: int, now: Instant
) -> None:
    """Remember its counter, which must go up, and when it was used."""
    connection.execute(
        update(passkeys)
        .where(passkeys.c.id == passkey.id)
        .values(sign_count=sign_count, last_used_at=now)
    )


def rename_passkey(connection: Connection, person_id: int, passkey_id: int, name: str) -> bool:
    """Call it otherwise; False where the person has no such passkey."""
    named = connection.execute(
        update(passkeys)
        .where(passkeys.c.person_id == person_id, passkeys.c.id == passkey_id)
        .values(name=parse_name(name))
    )
    return named.rowcount == 1


def remove_passkey(connection: Connection, person_id: int, passkey_id: int) -> str | None:
    """Let it open nothing any more; its name, or None where the person has no such passkey."""
    return connection.execute(
        delete(passkeys)
        .where(passkeys.c.person_id == person_id, passkeys.c.id == passkey_id)
        .returning(passkeys.c.name)
    ).scalar_one_or_none()
