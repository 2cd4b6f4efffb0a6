"""SQLite copied by its backup API: page by page, while others write, as of one moment."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from auditdash.store.copies.damage import CopyDamaged
from auditdash.store.copies.evidence import Evidence, find_evidence

Tell = Callable[[int, int], object]  # how much is done, of how much
_PAGES: Final = 2_048


def copy_database(connection: Connection, path: Path, tell: Tell) -> None:
    """Write what this connection's snapshot holds into a new file, and onto the disk.

    The connection must have read: its snapshot keeps the pages as they are, so that no writer makes
    the copy begin again.
    """
    source: Any = connection.connection.driver_connection
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    target = sqlite3.connect(path, isolation_level=None)
    try:
        source.backup(
            target, pages=_PAGES, progress=lambda _, left, total: tell(total - left, total)
        )
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    finally:
        target.close()


def is_in_use(path: Path) -> bool:
    """Whether somebody has this database open; if not, its log is carried over into the file.

    What is no database, or a damaged one, is in nobody's use.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    finally:
        connection.close()
    return False


def check_copy(path: Path) -> list[Evidence]:
    """What events a copy holds, after SQLite has looked at each of its pages.

    Raises CopyDamaged.
    """
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
            if said != "ok":
                raise CopyDamaged(f"SQLite says: {said}", where=str(path))
            return find_evidence(connection)
    except DatabaseError as error:
        raise CopyDamaged(f"SQLite says: {error.orig}", where=str(path)) from None
    finally:
        engine.dispose()
