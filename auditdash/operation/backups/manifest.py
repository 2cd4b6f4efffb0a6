"""What is in a backup, and the sums of its files, which are written last: without them there is no
backup. `sha256sum -c SHA256SUMS` checks them, too."""

from __future__ import annotations

import os
import re
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
SUMS: Final = "SHA256SUMS"
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([\w.-]+(?:/[\w.-]+)*)", re.ASCII)


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


def seal_backup(folder: Path, manifest: Manifest) -> int:
    """From here on the folder is a backup; answers how many files are in it."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    _write(folder / NAME, body + b"\n")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{hash_file(path)}  {path.relative_to(folder)}\n" for path in paths)
    _write(folder / SUMS, sums.encode())
    return len(paths)


def hash_file(path: Path) -> str:
    """The SHA-256 of a file as it stands now, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def read_sums(folder: Path) -> dict[str, str]:
    """Path in the folder → SHA-256 that its file must have. Raises CopyDamaged."""
    path = folder / SUMS
    try:
        lines = path.read_text(encoding="ascii").split("\n")
    except FileNotFoundError:
        says = "it is missing: this is no backup, or it was stopped"
        raise CopyDamaged(says, where=str(path)) from None
    except UnicodeDecodeError:
        lines = [""]
    found = {}
    for line in lines[:-1]:
        match = _LINE.fullmatch(line)
        if match is None or ".." in match[2].split("/"):
            raise CopyDamaged("a line of it cannot be read", where=str(path))
        found[match[2]] = match[1]
    if NAME not in found or lines[-1]:
        raise CopyDamaged("it is not whole", where=str(path))
    return found


def read_manifest(folder: Path) -> Manifest:
    """Raises CopyDamaged where it is of a form that is not known."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise CopyDamaged(f"it cannot be read: {error}", where=str(path)) from None
    if found.form != FORM:
        raise CopyDamaged(f"it is of form {found.form}, not {FORM}", where=str(path))
    return found


def _write(path: Path, body: bytes) -> None:
    """Onto the disk, for its owner alone, whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
