"""Tokens for programs: each belongs to one workspace, is shown once and stored hashed.

A workspace token sends or reads events, as its scopes say. A member token is a person's own: it
does what concerns nobody else, and never reads the log.
"""

from __future__ import annotations

import hmac
import secrets
import string
import zlib
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    and_,
    bindparam,
    exists,
    insert,
    or_,
    select,
    update,
)

from auditdash.accounts.people import parse_name
from auditdash.accounts.roles import ROLES, Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, MINUTE, Instant
from auditdash.store.schema import memberships, people, tokens

PREFIX: Final = "adt_"
MEMBER_PREFIX: Final = "adm_"
WORKSPACE: Final = "workspace"
MEMBER: Final = "member"
INGEST: Final = "ingest"
READ: Final = "read"
SCOPES: Final = (INGEST, READ)
WARNED: Final = 14 * DAY  # before it expires
_PREFIXES: Final = {WORKSPACE: PREFIX, MEMBER: MEMBER_PREFIX}
_DIGITS: Final = string.digits + string.ascii_letters
_RANDOM_LENGTH: Final = 43  # base 62: 256 bits
_CHECKSUM_LENGTH: Final = 6
_SHOWN: Final = len(PREFIX) + 4


class Token(Struct, frozen=True, kw_only=True):
    """What is known of a token: never the token itself. `prefix` tells it from the others, `scopes`
    are what it may do, with a space between them. `person_id` is whose member token it is.
    `former_until`: so long the secret before the last rotation is still good."""

    id: int
    workspace_id: int
    kind: str
    person_id: int | None
    name: str
    prefix: str
    created_by: int | None
    created_at: Instant
    rotated_at: Instant | None
    former_until: Instant | None
    last_used_at: Instant | None
    expires_at: Instant | None
    revoked_at: Instant | None
    scopes: str

    def may(self, scope: str) -> bool:
        """Whether it may do this."""
        return scope in self.scopes.split()

    def needs_mark(self, now: Instant) -> bool:
        """Whether its last use is to be moved on: to the minute, so that a busy token, and a
        stranger without one, cost no write."""
        return self.last_used_at is None or now - self.last_used_at >= MINUTE

    def state(self, now: Instant) -> str:
        """active, expiring (within WARNED), expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is None or self.expires_at > now + WARNED:
            return "active"
        return "expiring" if self.expires_at > now else "expired"


class NewToken(Struct, frozen=True, kw_only=True):
    """What a token is to be. A member token has a person and no scopes."""

    workspace_id: int
    name: str
    created_by: int | None
    kind: str = WORKSPACE
    person_id: int | None = None
    scopes: Collection[str] = ()
    expires_at: Instant | None = None


_COLUMNS = tuple(tokens.c[name] for name in Token.__struct_fields__)


def create_token(
    connection: Connection,
    workspace_id: int,
    name: str,
    created_by: int | None,
    now: Instant,
    scopes: Collection[str] = (INGEST,),
) -> str:
    """A new workspace token that never expires; see `add_token`."""
    new = NewToken(workspace_id=workspace_id, name=name, created_by=created_by, scopes=scopes)
    return add_token(connection, new, now)[1]


def add_token(connection: Connection, new: NewToken, now: Instant) -> tuple[Token, str]:
    """A new token and its text: whoever gets it must show it now, nobody can again."""
    text = _new_text(_PREFIXES[new.kind])
    row = {
        "workspace_id": new.workspace_id,
        "kind": new.kind,
        "person_id": new.person_id,
        "name": parse_name(new.name),
        "prefix": prefix_of(text),
        "token_hash": _hash(text),
        "created_by": new.created_by,
        "created_at": now,
        "expires_at": new.expires_at,
        "scopes": _parse_scopes(new.scopes) if new.kind == WORKSPACE else "",
    }
    made = connection.execute(insert(tokens).values(row).returning(*_COLUMNS)).one()
    return Token(**made._mapping), text


def rotate_token(
    connection: Connection,
    token: Token,
    now: Instant,
    *,
    overlap: int,
    expires_at: Instant | None,
) -> tuple[Token, str] | None:
    """A new secret for a live token, and its text; the present one stays good for `overlap`
    microseconds, and one before it ends now. None when somebody else was faster."""
    text = _new_text(_PREFIXES[token.kind])
    changed = connection.execute(
        update(tokens)
        .where(_is_live(now), tokens.c.id == token.id, tokens.c.prefix == token.prefix)
        .values(
            former_hash=tokens.c.token_hash if overlap else None,
            former_until=now + overlap if overlap else None,
            token_hash=_hash(text),
            prefix=prefix_of(text),
            rotated_at=now,
            expires_at=expires_at,
        )
        .returning(*_COLUMNS)
    ).one_or_none()
    return None if changed is None else (Token(**changed._mapping), text)


def prefix_of(text: str) -> str:
    """How a token begins: what lists show, and the user name where a program sends a password."""
    return text[:_SHOWN]


def find_token(connection: Connection, presented: str, now: Instant) -> Token | None:
    """The live token that was presented. What cannot be one never reaches the database."""
    if not _is_well_formed(presented):
        return None
    # The index finds by hash: its timing tells about the hash of a guess, not about a token.
    row = connection.execute(_finding(), {"hashed": _hash(presented), "now": now}).one_or_none()
    return None if row is None else Token(**row._mapping)


@cache  # each request of a program asks it, and to put it together takes longer than the answer
def _finding() -> Select[Any]:
    hashed, now = bindparam("hashed", type_=LargeBinary), bindparam("now", type_=BigInteger)
    known = or_(
        tokens.c.token_hash == hashed,
        and_(tokens.c.former_hash == hashed, tokens.c.former_until > now),
    )
    return select(*_COLUMNS).where(known, _is_live(now))


def why_refused(connection: Connection, presented: str, now: Instant) -> str:
    """Why a token of ours opens nothing; "" for what never was one."""
    if not _is_well_formed(presented):
        return ""
    hashed = _hash(presented)
    row = connection.execute(
        select(*_COLUMNS, tokens.c.token_hash).where(
            or_(tokens.c.token_hash == hashed, tokens.c.former_hash == hashed)
        )
    ).one_or_none()
    if row is None:
        return ""
    if row.revoked_at is not None:
        return "it was revoked"
    if row.expires_at is not None and row.expires_at <= now:
        return "it has expired"
    if bytes(row.token_hash) != hashed:
        return "it was replaced by a newer one"
    return "whose it is may not come in any more"


def mark_used(connection: Connection, token: Token, now: Instant) -> None:
    """Remember that a token was used."""
    connection.execute(update(tokens).where(tokens.c.id == token.id).values(last_used_at=now))


def list_tokens(connection: Connection, workspace_id: int) -> list[Token]:
    """Workspace tokens of a workspace, live ones first, then the newest."""
    return _list(connection, tokens.c.workspace_id == workspace_id, tokens.c.kind == WORKSPACE)


def list_member_tokens(
    connection: Connection, workspace_id: int, person_id: int | None = None
) -> list[Token]:
    """Member tokens in a workspace, of one person or of all, live ones first, then the newest."""
    wanted = [tokens.c.workspace_id == workspace_id, tokens.c.kind == MEMBER]
    if person_id is not None:
        wanted.append(tokens.c.person_id == person_id)
    return _list(connection, *wanted)


def find_token_by_id(connection: Connection, workspace_id: int, token_id: int) -> Token | None:
    """A token of this workspace, of either kind, live or not."""
    found = _list(connection, tokens.c.workspace_id == workspace_id, tokens.c.id == token_id)
    return found[0] if found else None


def list_expiring(connection: Connection, now: Instant) -> list[Token]:
    """Tokens of all workspaces that are in use and expire within WARNED, or did so since, the
    soonest first."""
    soon = tokens.c.expires_at.between(now - WARNED, now + WARNED)
    found = _list(connection, soon, tokens.c.revoked_at.is_(None))
    return sorted(found, key=lambda token: token.expires_at or 0)


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


def _list(connection: Connection, *wanted: ColumnElement[bool]) -> list[Token]:
    rows = connection.execute(
        select(*_COLUMNS)
        .where(*wanted)
        .order_by(tokens.c.revoked_at.is_not(None), tokens.c.id.desc())
    )
    return [Token(**row._mapping) for row in rows]


_OWNERS: Final = [role.name for role in ROLES.values() if Permission.SEARCHES in role.may]


def _is_live(now: Instant | ColumnElement[int]) -> ColumnElement[bool]:
    """Also not that of a person who may not come in any more, is no member any longer, or whose
    role has no tokens of its own now."""
    kept_out = select(people.c.id).where(people.c.disabled_at.is_not(None))
    is_member = exists().where(
        memberships.c.person_id == tokens.c.person_id,
        memberships.c.workspace_id == tokens.c.workspace_id,
        or_(memberships.c.expires_at.is_(None), memberships.c.expires_at > now),
        memberships.c.role.in_(_OWNERS),
    )
    return and_(
        tokens.c.revoked_at.is_(None),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
        or_(tokens.c.person_id.is_(None), and_(tokens.c.person_id.not_in(kept_out), is_member)),
    )


def _parse_scopes(scopes: Collection[str]) -> str:
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput(
            "a token must be for something", where="scopes", expected="ingest, read, or both"
        )
    return " ".join(scope for scope in SCOPES if scope in scopes)


def _is_well_formed(presented: str) -> bool:
    length = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH
    prefix = presented[: len(PREFIX)]
    if len(presented) != length or not presented.isascii() or prefix not in _PREFIXES.values():
        return False
    random = presented[len(PREFIX) : -_CHECKSUM_LENGTH]
    return hmac.compare_digest(presented, _with_checksum(prefix, random))


def _new_text(prefix: str) -> str:
    return _with_checksum(prefix, "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_LENGTH)))


def _with_checksum(prefix: str, random: str) -> str:
    number, checksum = zlib.crc32(random.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_DIGITS))
        checksum = _DIGITS[digit] + checksum
    return f"{prefix}{random}{checksum}"


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
