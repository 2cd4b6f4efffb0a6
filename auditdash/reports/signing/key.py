"""The key that reports are signed with: a PKCS#12 file and the file of its passphrase.

There is no key unless somebody brings one: without the settings a report is not signed.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import pkcs12
from msgspec import Struct

from auditdash.events.instants import Instant, to_datetime
from auditdash.settings import Settings

_EXPLAINED: Final = "AUDITDASH_SIGN_P12 and AUDITDASH_SIGN_PASSPHRASE_FILE"


class SigningError(Exception):
    """The report cannot be signed; the text says why, and no secret."""


class KeyFiles(Struct, frozen=True, kw_only=True):
    """Where the key and its passphrase are."""

    p12: str
    passphrase: str


class Key(Struct, frozen=True, kw_only=True):
    """What the files hold, opened once to see that it can be, and whom the certificate names."""

    packed: bytes
    passphrase: bytes
    subject: str
    begins_at: datetime
    ends_at: datetime


def key_files(settings: Settings) -> KeyFiles | None:
    """The files that the operator named; None: reports are not signed."""
    if settings.sign_p12 is None or settings.sign_passphrase_file is None:
        return None
    return KeyFiles(p12=str(settings.sign_p12), passphrase=str(settings.sign_passphrase_file))


def read_key(files: KeyFiles) -> Key:
    """Open the key; SigningError when a file cannot be read or the passphrase is not its own."""
    packed = _read(files.p12)
    passphrase = _read(files.passphrase).rstrip(b"\r\n")
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(packed, passphrase or None)
    except ValueError:
        raise SigningError(
            f"{files.p12} is no PKCS#12 file, or the passphrase is not its own: see {_EXPLAINED}."
        ) from None
    if key is None or certificate is None:
        raise SigningError(
            f"{files.p12} has no private key with its certificate: see {_EXPLAINED}."
        )
    return Key(
        packed=packed,
        passphrase=passphrase,
        subject=certificate.subject.rfc4514_string(),
        begins_at=certificate.not_valid_before_utc,
        ends_at=certificate.not_valid_after_utc,
    )


def check_key(files: KeyFiles, now: Instant) -> Key:
    """Open the key; SigningError, too, when its certificate is not valid at `now`."""
    key = read_key(files)
    if to_datetime(now) >= key.ends_at:
        raise SigningError(
            f"The certificate of {key.subject} expired on {key.ends_at:%Y-%m-%d}: reports cannot "
            f"be signed until {_EXPLAINED} name another one."
        )
    if to_datetime(now) < key.begins_at:
        raise SigningError(
            f"The certificate of {key.subject} is valid only from {key.begins_at:%Y-%m-%d} on: "
            "reports cannot be signed yet."
        )
    return key


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise SigningError(f"{name} cannot be read ({error.strerror}): see {_EXPLAINED}.") from None
