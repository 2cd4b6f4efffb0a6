"""Whether a backup is what its manifest says: files to the byte, events to their hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from auditdash.operation.backups.manifest import (
    KEY,
    SQLITE,
    TABLES,
    Manifest,
    hash_file,
    read_manifest,
    read_sums,
)
from auditdash.store.copies import postgres, sqlite
from auditdash.store.copies.damage import CopyDamaged
from auditdash.store.copies.evidence import Evidence

Tell = Callable[[int, int], object]


def check_backup(folder: Path, tell: Tell) -> Manifest:
    """Read all of it, and compare. Raises CopyDamaged at the first difference."""
    sums = read_sums(folder)
    for number, (name, expected) in enumerate(sums.items()):
        tell(number, len(sums))
        path = folder / name
        if not path.is_file():
            raise CopyDamaged("the file is missing", where=str(path))
        if hash_file(path) != expected:
            raise CopyDamaged("its bytes are not those that were written", where=str(path))
    manifest = read_manifest(folder)
    for name in _needed(manifest):
        if name not in sums:
            raise CopyDamaged("it has no sum in SHA256SUMS", where=str(folder / name))
    check_database(folder, manifest, tell)
    return manifest


def _needed(manifest: Manifest) -> Iterator[str]:
    if manifest.with_key:
        yield KEY
    if manifest.database == "sqlite":
        yield SQLITE
    for table in manifest.tables:
        yield f"{TABLES}/{table.name}.copy"


def check_database(folder: Path, manifest: Manifest, tell: Tell) -> list[Evidence]:
    """Read the copy of the database: whole pages, rows of each table, hashes of all events."""
    tell(0, 1)
    if manifest.database == "sqlite":
        found = sqlite.check_copy(folder / SQLITE)
    else:
        for table in manifest.tables:
            _check_rows(folder / TABLES / f"{table.name}.copy", table.rows)
        slugs = {each.workspace_id: each.slug for each in manifest.workspaces}
        found = postgres.check_dump(folder / TABLES, list(manifest.tables), slugs)
    compare(list(manifest.workspaces), found, str(folder))
    tell(1, 1)
    return found


def compare(expected: list[Evidence], found: list[Evidence], where: str) -> None:
    """Raises CopyDamaged where the events of any workspace are others."""
    if expected == found:
        return
    by_id = {each.workspace_id: each for each in found}
    for each in expected:
        other = by_id.get(each.workspace_id)
        if other != each:
            has = f"{other.events:,} events up to {other.highest_seq:,}" if other else "none"
            wanted = f"{each.events:,} events up to {each.highest_seq:,}"
            says = f"workspace {each.slug}: {has}, not the {wanted} that were read"
            raise CopyDamaged(says, where=where)
    raise CopyDamaged("it holds workspaces that were not read", where=where)


def _check_rows(path: Path, rows: int) -> None:
    with path.open("rb") as file:
        found = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    if found != rows:
        raise CopyDamaged(f"it has {found:,} rows, not {rows:,}", where=str(path))
