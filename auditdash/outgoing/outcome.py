"""What becomes of something that is sent, and what a file is for those who send it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class SendingError(Exception):
    """It did not arrive; the text is for people and holds no secret."""


class RefusedError(SendingError):
    """It will not arrive however often it is tried, until somebody changes something."""


class UnavailableError(SendingError):
    """It may arrive later."""


class Parcel(Struct, frozen=True, kw_only=True):
    """A file on its way. `key` is the same for each attempt to send the same to the same place."""

    key: str
    path: Path
    name: str
    media_type: str
    size: int
    sha256: bytes
