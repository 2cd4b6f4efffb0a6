"""The few parts of a record that stand nowhere else, read without making an event of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct


class Glance(Struct, gc=False):
    """As they came: `normalise` says what each means."""

    timestamp: str
    id: str | None = None
    description: str | None = None
    context: dict[str, Any] | None = None


_decode: Final = msgspec.json.Decoder(Glance).decode
_UNKNOWN: Final = Glance("")


def glance_at(raws: Sequence[bytes]) -> tuple[list[Glance], list[int]]:
    """Of each record that `normalise` took, and the places of those of which this does not tell
    everything: they have lone surrogates, or no id."""
    try:
        found = list(map(_decode, raws))
    except msgspec.MsgspecError:
        found = [_glance(raw) for raw in raws]
    return found, [place for place, glance in enumerate(found) if not glance.id]


def _glance(raw: bytes) -> Glance:
    try:
        return _decode(raw)
    except msgspec.MsgspecError:
        return _UNKNOWN
