"""People who sign in. Usernames are kept folded, so that Alice and alice are one."""

from __future__ import annotations

import re

from msgspec import Struct
from sqlalchemy import Connection, delete, func, select, update

from auditdash.accounts.admins import can_sign_in, protect_admins_but
from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case, storable
from auditdash.events.instants import Instant, shorten
from auditdash.store.engine import insert_new
from auditdash.store.schema import people, sessions

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
_NAME_LENGTH = 200


class Person(Struct, frozen=True, kw_only=True):
    """One person; `password_hash` is None until they have chosen a password."""

    id: int
    username: str
    name: str
    password_hash: str | None
    created_at: Instant
    disabled_at: Instant | None


class LastPerson(BadInput):
    """Refuses to lock out the last person who can sign in."""


def parse_username(text: str) -> str:
    """A username as it is kept: lower case letters, digits and . _ @ + -, at most 100."""
    username = fold_case(text.strip())
    if not _USERNAME.fullmatch(username):
        raise BadInput(
            f"{shorten(text)} is not a username",
            where="username",
            expected="letters, digits and . _ @ + -, at most 100",
        )
    return username


def parse_name(text: str) -> str:
    """A person's name for others to read: one line, not empty, at most 200 characters."""
    name = " ".join(text.split())
    if not name or len(name) > _NAME_LENGTH or not name.isprintable():
        raise BadInput("this is not a name", where="name", expected="1 to 200 printable letters")
    return name


def create_person(
    connection: Connection,
    username: str,
    name: str,
    now: Instant,
    password_hash: str | None = None,
) -> int:
    """Add a person and answer their id; a username that is taken is BadInput."""
    made = add_person_if_new(connection, username, name, now, password_hash)
    if made is None:
        username = parse_username(username)
        raise BadInput(f"{username} is already taken", where="username", expected="another one")
    return made


def add_person_if_new(
    connection: Connection,
    username: str,
    name: str,
    now: Instant,
    password_hash: str | None = None,
) -> int | None:
    """Add a person and answer their id; None where the username is taken, also by somebody who was
    added at the same moment: their transaction is waited for."""
    username = parse_username(username)
    row = {
        "username": username,
        "name": parse_name(name),
        "password_hash": password_hash,
        "created_at": now,
    }
    adding = insert_new(connection, people).values(row).returning(people.c.id)
    made: int | None = connection.execute(adding).scalar_one_or_none()
    return made


def find_person(connection: Connection, username: str) -> Person | None:
    """The person of this username, disabled or not."""
    row = connection.execute(
        select(people).where(people.c.username == storable(fold_case(username.strip())))
    ).one_or_none()
    return None if row is None else Person(**row._mapping)


def lock_person(connection: Connection, username: str) -> Person | None:
    """The same; of two who decide about one person at once, the second waits to see what the first
    did."""
    named = people.c.username == storable(fold_case(username.strip()))
    row = connection.execute(select(people).where(named).with_for_update()).one_or_none()
    return None if row is None else Person(**row._mapping)


def find_person_by_id(connection: Connection, person_id: int) -> Person | None:
    """The person of this id, disabled or not."""
    row = connection.execute(select(people).where(people.c.id == person_id)).one_or_none()
    return None if row is None else Person(**row._mapping)


def list_people(connection: Connection) -> list[Person]:
    """Everybody, by username."""
    rows = connection.execute(select(people).order_by(people.c.username))
    return [Person(**row._mapping) for row in rows]


def count_people(connection: Connection) -> int:
    """How many people there are, disabled ones too."""
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def set_password_hash(
    connection: Connection, person_id: int, password_hash: str, *, instead_of: str | None = None
) -> None:
    """Keep a new hash (of passwords.hash_password), where this one is the present one if given."""
    changing = update(people).where(people.c.id == person_id)
    if instead_of is not None:
        changing = changing.where(people.c.password_hash == instead_of)
    connection.execute(changing.values(password_hash=password_hash))


def disable_person(connection: Connection, person_id: int, now: Instant) -> None:
    """Keep a person out and end their sessions; refuses for the last who can sign in, and for the
    last admin of a workspace."""
    # Locked in one order, so that two people who disable each other at once cannot both succeed.
    able = set(
        connection.execute(
            select(people.c.id).where(can_sign_in()).order_by(people.c.id).with_for_update()
        ).scalars()
    )
    if able == {person_id}:
        raise LastPerson("nobody else can sign in", where="person", expected="another person first")
    protect_admins_but(connection, person_id)
    connection.execute(update(people).where(people.c.id == person_id).values(disabled_at=now))
    connection.execute(delete(sessions).where(sessions.c.person_id == person_id))


def enable_person(connection: Connection, person_id: int) -> None:
    """Let a disabled person in again."""
    connection.execute(update(people).where(people.c.id == person_id).values(disabled_at=None))
