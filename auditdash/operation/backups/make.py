"""`auditdash backup`: everything of an installation as of one moment, checked once written."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.operation.backups.check import check_database
from auditdash.operation.backups.manifest import (
    FORM,
    KEY,
    SQLITE,
    TABLES,
    Manifest,
    seal_backup,
)
from auditdash.reports.build import auditdash_version
from auditdash.settings import Settings
from auditdash.store.copies import postgres, sqlite
from auditdash.store.copies.evidence import find_evidence
from auditdash.store.copies.postgres import TableCopy
from auditdash.store.engine import is_sqlite, reading
from auditdash.store.feeds.sealing import key_path
from auditdash.store.migrate import find_revision

_OURS: Final = re.compile(r"[\w-]+\.[a-z]+", re.ASCII)
Tell = Callable[[str, int, int], object]  # what is done, how much of it, of how much


def make_backup(
    engine: Engine, settings: Settings, folder: Path, *, with_key: bool, now: Instant, tell: Tell
) -> Manifest:
    """Write a backup into a new or empty folder, while others read and write.

    Raises BadInput where there is nothing to copy or no place, CopyDamaged where what was written
    is not what was read, OSError where it cannot be written.
    """
    _make_folder(folder)
    _copy_files(settings, folder, "uploads", "*.upload")
    with reading(engine) as connection:
        manifest = _copy_database(connection, folder, settings, with_key, now, tell)
    _copy_files(settings, folder, "uploads", "*.upload")  # put down since; both are wanted
    _copy_files(settings, folder, "reports", "*.pdf")
    if manifest.with_key:
        _copy_file(key_path(settings.instance), folder / KEY)
    check_database(folder, manifest, lambda done, all_: tell("Checking", done, all_))
    for path in sorted(folder.rglob("*")):
        _sync(path)
    seal_backup(folder, manifest)
    _sync(folder)
    return manifest


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BadInput("there is something in it", where=str(folder), expected="a new folder")


def _copy_database(
    connection: Connection,
    folder: Path,
    settings: Settings,
    with_key: bool,
    now: Instant,
    tell: Tell,
) -> Manifest:
    revision = find_revision(connection)
    if revision is None:
        raise BadInput("there are no tables in the database yet", expected="something to copy")
    evidence = find_evidence(connection)
    tables: list[TableCopy] = []
    if is_sqlite(connection):
        sqlite.copy_database(
            connection, folder / SQLITE, lambda done, all_: tell("Copying", done, all_)
        )
    else:
        (folder / TABLES).mkdir(mode=0o700)
        tables = postgres.dump_tables(
            connection, folder / TABLES, lambda done, all_: tell("Copying", done, all_)
        )
    return Manifest(
        form=FORM,
        made_at=to_rfc3339(now),
        auditdash=auditdash_version(),
        database=connection.dialect.name,
        revision=revision,
        with_key=with_key and key_path(settings.instance).exists(),
        workspaces=tuple(evidence),
        tables=tuple(tables),
    )


def _copy_files(settings: Settings, folder: Path, name: str, pattern: str) -> None:
    for path in _files(settings.instance / name, pattern):
        target = folder / name / path.name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not target.exists():
            with suppress(FileNotFoundError):  # taken in since, or no longer kept
                _copy_file(path, target)


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    """Those that we have made: other names are nobody's business here."""
    every = sorted(folder.glob(pattern))
    return (path for path in every if path.is_file() and _OURS.fullmatch(path.name))


def _copy_file(path: Path, target: Path) -> None:
    with path.open("rb") as source:
        made = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(made, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
