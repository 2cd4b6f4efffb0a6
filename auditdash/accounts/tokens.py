"""Tokens for programs: each belongs to one workspace, is shown once and stored hashed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import zlib
from collections.abc import Collection
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, select, update

from auditdash.accounts.people import parse_name
from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, Instant
from auditdash.store.schema import tokens

PREFIX: Final = "adt_"
INGEST: Final = "ingest"
READ: Final = "read"
SCOPES: Final = (INGEST, READ)
_DIGITS: Final = string.digits + string.ascii_letters
_RANDOM_LENGTH: Final = 43  # base 62: 256 bits
_CHECKSUM_LENGTH: Final = 6
_SHOWN: Final = len(PREFIX) + 4


class Token(Struct, frozen=True, kw_only=True):
    """What is known of a token: never the token itself. `prefix` tells it from the others, `scopes`
    are what it may do, with a space between them."""

    id: int
    workspace_id: int
    name: str
    prefix: str
    created_by: int | None
    created_at: Instant
    last_used_at: Instant | None
    revoked_at: Instant | None
    scopes: str

    def may(self, scope: str) -> bool:
        """Whether it may do this."""
        return scope in self.scopes.split()

    def needs_mark(self, now: Instant) -> bool:
        """Whether its last use is to be moved on: to the minute, so that a busy token, and a
        stranger without one, cost no write."""
        return self.last_used_at is None or now - self.last_used_at >= MINUTE


_COLUMNS = tuple(tokens.c[name] for name in Token.__struct_fields__)


def create_token(
    connection: Connection,
    workspace_id: int,
    name: str,
    created_by: int | None,
    now: Instant,
    scopes: Collection[str] = (INGEST,),
) -> str:
    """A new token: whoever gets this text must show it now, nobody can again."""
    text = _with_checksum("".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_LENGTH)))
    row = {
        "workspace_id": workspace_id,
        "name": parse_name(name),
        "prefix": text[:_SHOWN],
        "token_hash": _hash(text),
        "created_by": created_by,
        "created_at": now,
        "scopes": _parse_scopes(scopes),
    }
    connection.execute(tokens.insert().values(row))
    return text


def find_token(connection: Connection, presented: str) -> Token | None:
    """The live token that was presented. What cannot be one never reaches the database."""
    if not _is_well_formed(presented):
        return None
    # The index finds by hash: its timing tells about the hash of a guess, not about a token.
    row = connection.execute(
        select(*_COLUMNS).where(
            tokens.c.token_hash == _hash(presented), tokens.c.revoked_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else Token(**row._mapping)


def mark_used(connection: Connection, token: Token, now: Instant) -> None:
    """Remember that a token was used."""
    connection.execute(update(tokens).where(tokens.c.id == token.id).values(last_used_at=now))


def list_tokens(connection: Connection, workspace_id: int) -> list[Token]:
    """Tokens of a workspace, live ones first, then the newest."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(tokens.c.workspace_id == workspace_id)
        .order_by(tokens.c.revoked_at.is_not(None), tokens.c.id.desc())
    )
    return [Token(**row._mapping) for row in rows]


def revoke_token(connection: Connection, workspace_id: int, token_id: int, now: Instant) -> bool:
    """Let a token of this workspace open nothing from now on; False when there is no live one."""
    revoked = connection.execute(
        update(tokens)
        .where(
            tokens.c.workspace_id == workspace_id,
            tokens.c.id == token_id,
            tokens.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return revoked.rowcount == 1


def _parse_scopes(scopes: Collection[str]) -> str:
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput(
            "a token must be for something", where="scopes", expected="ingest, read, or both"
        )
    return " ".join(scope for scope in SCOPES if scope in scopes)


def _is_well_formed(presented: str) -> bool:
    length = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH
    if len(presented) != length or not presented.isascii() or not presented.startswith(PREFIX):
        return False
    random = presented[len(PREFIX) : -_CHECKSUM_LENGTH]
    return hmac.compare_digest(presented, _with_checksum(random))


def _with_checksum(random: str) -> str:
    number, checksum = zlib.crc32(random.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        checksum = _DIGITS[digit] + checksum
    return f"{PREFIX}{random}{checksum}"


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
