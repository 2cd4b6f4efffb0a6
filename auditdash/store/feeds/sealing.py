"""Secrets at rest: sealed (Fernet: AES-128-CBC and HMAC) with the key file of the instance."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken

from auditdash.events.errors import BadInput

_NAME = "secret.key"


class CannotUnseal(BadInput):
    """The key that sealed a secret is missing or another one now."""


def key_path(instance: Path) -> Path:
    """Where the key file of an instance is, once there is one."""
    return instance / _NAME


def seal(instance: Path, secret: bytes) -> bytes:
    """Seal with `instance`/secret.key, which is made when it does not exist."""
    return Fernet(_make_key(key_path(instance))).encrypt(secret)


def unseal(instance: Path, sealed: bytes) -> bytes:
    """What was sealed; raises CannotUnseal with what to do."""
    path = key_path(instance)
    again = "the file as it was when the secret was saved, or the secret entered again"
    try:
        return Fernet(path.read_bytes().strip()).decrypt(sealed)
    except FileNotFoundError:
        raise CannotUnseal("the key file is missing", where=str(path), expected=again) from None
    except PermissionError:
        raise CannotUnseal("this user may not read it", where=str(path), expected=again) from None
    except (InvalidToken, ValueError):
        raise CannotUnseal(
            "the key does not open the stored secret", where=str(path), expected=again
        ) from None


def _make_key(path: Path) -> bytes:
    """The key. Linking a finished file into place lets only the first of several makers win, and
    nobody ever reads half a key."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{_NAME}.{uuid4().hex}")
        try:
            _write_durably(draft, Fernet.generate_key() + b"\n")
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    return path.read_bytes().strip()


def _write_durably(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
