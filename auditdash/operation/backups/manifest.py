"""What is in a backup: the last file that is written, so that without it there is no backup."""

from __future__ import annotations

import os
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from auditdash.store.copies.damage import CopyDamaged
from auditdash.store.copies.evidence import Evidence
from auditdash.store.copies.postgres import TableCopy

NAME: Final = "manifest.json"
FORM: Final = 1
SQLITE: Final = "database.sqlite"
TABLES: Final = "tables"
KEY: Final = "secret.key"


class FileCopy(Struct, frozen=True):
    """One file of the backup: its path in the folder, its size and its SHA-256 (hex)."""

    path: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """`tables` are those of PostgreSQL; a copy of SQLite is one file. `made_at` is RFC 3339."""

    form: int
    made_at: str
    auditdash: str
    database: str  # sqlite, postgresql
    revision: str
    with_key: bool
    workspaces: tuple[Evidence, ...]
    tables: tuple[TableCopy, ...]
    files: tuple[FileCopy, ...]


def describe_file(folder: Path, path: Path) -> FileCopy:
    """A file as it stands now."""
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return FileCopy(str(path.relative_to(folder)), path.stat().st_size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """From here on the folder is a backup."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    draft = folder / f"{NAME}.draft"
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / NAME)


def read_manifest(folder: Path) -> Manifest:
    """Raises CopyDamaged where there is none, or it is of a form that is not known."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise CopyDamaged(
            "there is no manifest: no backup, or one that was stopped", where=str(path)
        ) from None
    except msgspec.MsgspecError as error:
        raise CopyDamaged(f"it cannot be read: {error}", where=str(path)) from None
    if found.form != FORM:
        raise CopyDamaged(f"it is of form {found.form}, not {FORM}", where=str(path))
    for each in found.files:
        if not (folder / each.path).resolve().is_relative_to(folder.resolve()):
            raise CopyDamaged("it names a file outside of the folder", where=str(path))
    return found
