"""Recovery codes: ten, each good once, for whoever lost their telephone or key. Stored hashed."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from auditdash.accounts.passwords import hash_password, verify_password
from auditdash.events.folding import fold_case
from auditdash.events.instants import Instant
from auditdash.store.tables.signing import recovery_codes

COUNT: Final = 10
# Without those that are taken for one another on paper. 16 letters are 77 bits.
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUP, _GROUPS = 4, 4
_SELECTOR: Final = _GROUP  # the first group finds the row, the others are the secret


def make_codes() -> list[str]:
    """New codes for people to keep, in groups of four; no two begin alike."""
    codes: dict[str, str] = {}
    while len(codes) < COUNT:
        groups = ["".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)]
        codes[groups[0]] = "-".join(groups)
    return list(codes.values())


def hash_codes(codes: list[str]) -> list[tuple[str, str]]:
    """Selector and argon2id hash of each: takes half a second, so it is done before writing."""
    plain = [_plain(code) for code in codes]
    return [(code[:_SELECTOR], hash_password(code[_SELECTOR:])) for code in plain]


def keep_codes(
    connection: Connection, person_id: int, hashed: list[tuple[str, str]], now: Instant
) -> None:
    """These are the person's codes from now on; the ones before open nothing."""
    forget_codes(connection, person_id)
    rows = [
        {"person_id": person_id, "selector": selector, "code_hash": code_hash, "created_at": now}
        for selector, code_hash in hashed
    ]
    connection.execute(recovery_codes.insert(), rows)


def find_code_hash(connection: Connection, person_id: int, code: str) -> str | None:
    """The hash that a code must be compared with (`is_code`), while it was not used."""
    return connection.execute(
        select(recovery_codes.c.code_hash).where(*_unused(person_id, code))
    ).scalar_one_or_none()


def is_code(code_hash: str | None, code: str) -> bool:
    """Whether the code is the one; takes as long when there is nothing to compare with."""
    return verify_password(code_hash, _plain(code)[_SELECTOR:])


def use_code(connection: Connection, person_id: int, code: str, now: Instant) -> bool:
    """It was right: it never is again. Of two who use it at once, one is let in."""
    used = connection.execute(
        update(recovery_codes).where(*_unused(person_id, code)).values(used_at=now)
    )
    return used.rowcount == 1


def count_codes(connection: Connection, person_id: int) -> int:
    """How many are left."""
    return connection.execute(
        select(func.count())
        .select_from(recovery_codes)
        .where(recovery_codes.c.person_id == person_id, recovery_codes.c.used_at.is_(None))
    ).scalar_one()


def forget_codes(connection: Connection, person_id: int) -> None:
    """None of them opens anything any more."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.person_id == person_id))


def _unused(person_id: int, code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        recovery_codes.c.person_id == person_id,
        recovery_codes.c.selector == _plain(code)[:_SELECTOR],
        recovery_codes.c.used_at.is_(None),
    )


def _plain(code: str) -> str:
    """As it is compared: without the signs between the groups; nothing that no code could be."""
    kept = [letter for letter in fold_case(code) if letter in _LETTERS]
    return "".join(kept)[: _GROUP * _GROUPS + 1]
