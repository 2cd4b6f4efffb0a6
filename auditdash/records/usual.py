"""The usual shape of a record, read into its fields at once: what nearly all records have.

Whoever gets None here reads the record the long way, and gets the same or learns what is wrong.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
from msgspec import UNSET, Struct, UnsetType

_Text = str | UnsetType | None
_Scalar = str | int | float | bool | None

# Fields by their names: written in this order they are the canonical form, whose hash is told.


class UsualActor(Struct, gc=False, forbid_unknown_fields=True):
    """Who; a field that is missing is UNSET, which is as false as null."""

    ip: _Text = UNSET
    user_agent: _Text = UNSET
    user_id: _Text = UNSET
    username: _Text = UNSET


class UsualEntity(Struct, gc=False, forbid_unknown_fields=True):
    """What it was done to."""

    entity_id: _Text = UNSET
    entity_name: _Text = UNSET
    entity_type: _Text = UNSET


class Usual(Struct, kw_only=True, forbid_unknown_fields=True):
    """A record of the known fields with a flat context."""

    action: str
    actor: UsualActor | UnsetType | None = UNSET
    context: dict[str, _Scalar] | UnsetType | None = UNSET
    description: _Text = UNSET
    entity: UsualEntity | UnsetType | None = UNSET
    id: _Text = UNSET
    outcome: _Text = UNSET
    timestamp: str
    workspace_username: _Text = UNSET


_decode = msgspec.json.Decoder(Usual).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def read_usual(raw: bytes) -> tuple[Usual, bytes] | None:
    """The fields and the SHA-256 of the canonical form, as `decode_and_hash` tells it; None where
    the record is of another shape, has an escape, or is wrong."""
    if b"\\" in raw:
        return None
    try:
        usual = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    canonical = _encode(usual)
    # Without escapes a quote stands only where a string begins or ends, and of a key that stands
    # twice one was dropped.
    if raw.count(b'"') != canonical.count(b'"'):
        return None
    return usual, sha256(canonical).digest()
