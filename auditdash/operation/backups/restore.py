"""`auditdash restore`: a checked backup put in place, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.operation.backups.check import check_backup, compare
from auditdash.operation.backups.hold import Held, hold_back
from auditdash.operation.backups.manifest import KEY, SQLITE, TABLES, Manifest, read_sums
from auditdash.settings import Settings
from auditdash.store.copies import postgres, sqlite
from auditdash.store.copies.evidence import find_evidence
from auditdash.store.engine import open_engine, reading, sqlite_file, writing
from auditdash.store.feeds.sealing import key_path
from auditdash.store.migrate import check_revision, make_tables, migrate

Tell = Callable[[str, int, int], object]
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_FOLDERS: Final = ("reports", "uploads")


def restore_backup(
    folder: Path,
    settings: Settings,
    *,
    overwrite: bool,
    now: Instant,
    tell: Tell,
    as_replacement: bool = False,
) -> tuple[Manifest, Held]:
    """Put a backup in the place that the settings name, and bring it to the newest schema. Nothing
    leaves it until a person resumes that, unless it is the replacement of what it is a copy of.

    Nothing may be running there. What is replaced is moved aside, not deleted; the index is left to
    be made anew. Raises BadInput where something is there that would be replaced and `overwrite` is
    False, or the database is of another kind or a newer schema; CopyDamaged where the backup is.
    """
    manifest = check_backup(folder, lambda done, all_: tell("Checking", done, all_))
    check_revision(manifest.revision)
    stamp = to_rfc3339(now).replace(":", "")
    key, file = key_path(settings.instance), sqlite_file(settings.database_url)
    kind = "postgresql" if file is None else "sqlite"
    if kind != manifest.database:
        raise BadInput(
            f"the backup is of {manifest.database}, the settings name {kind}",
            where="DATABASE_URL",
            expected="a database of the same kind",
        )
    replaces_key = manifest.with_key and key.exists() and not _same(key, folder / KEY)
    if replaces_key and not overwrite:
        raise _would_replace(key)
    settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file is not None:
        _restore_sqlite(folder, file, overwrite, stamp, tell)
    else:
        _restore_postgres(folder, manifest, settings, tell)
    _restore_files(folder, settings.instance, stamp)
    if manifest.with_key and not (key.exists() and not replaces_key):
        _put(folder / KEY, key, stamp)
    migrate(settings.database_url)
    held = Held() if as_replacement else hold_back(settings, manifest, now)
    _compare(manifest, settings)
    return manifest, held


def _restore_sqlite(folder: Path, target: Path, overwrite: bool, stamp: str, tell: Tell) -> None:
    index = Path(f"{target}.index")
    if target.exists() and not overwrite:
        raise _would_replace(target)
    if target.exists() and sqlite.is_in_use(target):
        raise BadInput("it is in use", where=str(target), expected="that auditdash is stopped")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    draft.unlink(missing_ok=True)
    tell("Restoring", 0, 1)
    _copy(folder / SQLITE, draft)
    sqlite.check_copy(draft)
    for suffix in _BESIDE:  # its log belongs to what is moved aside
        beside = Path(f"{target}{suffix}")
        if beside.exists():
            beside.rename(Path(f"{target}.replaced-{stamp}{suffix}"))
    shutil.rmtree(index, ignore_errors=True)
    draft.rename(target)
    tell("Restoring", 1, 1)


def _restore_postgres(folder: Path, manifest: Manifest, settings: Settings, tell: Tell) -> None:
    """One transaction: the database is empty before, and after any failure."""
    engine = open_engine(settings.database_url)
    try:
        with writing(engine) as connection:
            if not postgres.is_empty(connection):
                raise BadInput(
                    "there are tables in the database, and evidence is not removed",
                    where="DATABASE_URL",
                    expected="an empty database: createdb, then restore into that",
                )
            make_tables(connection, manifest.revision)
            postgres.load_tables(
                connection,
                folder / TABLES,
                list(manifest.tables),
                lambda done, all_: tell("Restoring", done, all_),
            )
    finally:
        engine.dispose()
    shutil.rmtree(settings.index_folder, ignore_errors=True)


def _restore_files(folder: Path, instance: Path, stamp: str) -> None:
    """Reports and uploads that were checked. Names of reports are never used twice, so those of
    today stay; those of uploads say receipts of the database that they were sent to."""
    for waiting in (instance / "uploads").glob("*.upload"):
        waiting.rename(waiting.with_name(f"{waiting.name}.replaced-{stamp}"))
    for name in read_sums(folder):
        where, _, file = name.partition("/")
        target = instance / where / file
        if where in _FOLDERS and "/" not in file and not target.exists():
            target.parent.mkdir(mode=0o700, exist_ok=True)
            _copy(folder / name, target)


def _put(path: Path, target: Path, stamp: str) -> None:
    if target.exists():
        target.rename(target.with_name(f"{target.name}.replaced-{stamp}"))
    _copy(path, target)


def _compare(manifest: Manifest, settings: Settings) -> None:
    """What stands in the database now is what was read when the backup was made."""
    engine: Engine = open_engine(settings.database_url, settings.index_folder)
    try:
        with reading(engine) as connection:
            found = find_evidence(connection)
    finally:
        engine.dispose()
    compare(list(manifest.workspaces), found, "the restored database")


def _would_replace(path: Path) -> BadInput:
    return BadInput(
        "it is there already",
        where=str(path),
        expected="--overwrite, to move it aside; stop auditdash first",
    )


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def _copy(path: Path, target: Path) -> None:
    """Onto the disk, for its owner alone, whole or not at all."""
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)
    made = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with path.open("rb") as source, os.fdopen(made, "wb") as copy:
        shutil.copyfileobj(source, copy, 1 << 20)
        copy.flush()
        os.fsync(copy.fileno())
    draft.rename(target)
