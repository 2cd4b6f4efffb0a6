"""SQLite as others use it: the bare table that no import can beat, and the plain one with indexes
and full-text search that Datasette serves.

As a program it takes events in: see `tasks` at the end.
"""

from __future__ import annotations

import csv
import importlib
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.rivals.rows import bare_row, full_row, iterate_lines
from tests.bench.rivals.schema import (
    ACTIONS,
    COLUMNS,
    INDEXED,
    SEARCHED,
    ActionRow,
    create_table,
    insert,
)
from tests.bench.workers import Message, serve

_SEARCHED = ", ".join(SEARCHED)


def connect(path: str) -> sqlite3.Connection:
    """The newest SQLite there is here: what Datasette itself takes."""
    try:
        library = importlib.import_module("pysqlite3")
    except ImportError:
        library = sqlite3
    connection: sqlite3.Connection = library.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-262144"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def take_bare(events: str, database: str) -> Message:
    """Add a file to one table without an index: msgspec, executemany, a commit each 10,000."""
    with_table = Path(database).exists()
    connection = connect(database)
    if not with_table:
        connection.execute(create_table())
    count, began = 0, time.perf_counter()
    for lines in iterate_lines(Path(events)):
        connection.execute("BEGIN")
        connection.executemany(insert(), map(bare_row, lines))
        connection.execute("COMMIT")
        count += len(lines)
    seconds = time.perf_counter() - began
    connection.close()
    return {"seconds": seconds, "events": count}


def make_plain(events: str, database: str, actions: Sequence[ActionRow]) -> Message:
    """Make the plain table the quickest way: rows first, then indexes, then full-text search."""
    connection = connect(database)
    connection.execute("PRAGMA synchronous=OFF")
    began = time.perf_counter()
    connection.execute(create_table(" PRIMARY KEY"))
    connection.execute(ACTIONS)
    connection.executemany("INSERT INTO actions VALUES (?, ?, ?, ?)", actions)
    count = _insert(connection, events, _subjects(actions), searched=False)
    connection.execute("CREATE INDEX by_time ON events (occurred_at)")
    for name in INDEXED:
        connection.execute(f"CREATE INDEX by_{name} ON events ({name}, occurred_at)")
    connection.execute(
        f"CREATE VIRTUAL TABLE events_fts USING fts5 ({_SEARCHED}, content='events')"
    )
    connection.execute("INSERT INTO events_fts (events_fts) VALUES ('rebuild')")
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    seconds = time.perf_counter() - began
    connection.close()
    return {"seconds": seconds, "events": count}


def add_plain(events: str, database: str) -> Message:
    """Add a file to the plain table as it stands, with all its indexes."""
    connection = connect(database)
    actions = connection.execute("SELECT * FROM actions").fetchall()
    began = time.perf_counter()
    count = _insert(connection, events, _subjects(actions), searched=True)
    seconds = time.perf_counter() - began
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return {"seconds": seconds, "events": count}


def _insert(
    connection: sqlite3.Connection, events: str, subjects: frozenset[str], *, searched: bool
) -> int:
    count = 0
    index = (
        f"INSERT INTO events_fts (rowid, {_SEARCHED})"
        f" SELECT rowid, {_SEARCHED} FROM events WHERE rowid > ?"
    )
    for lines in iterate_lines(Path(events)):
        connection.execute("BEGIN")
        highest = connection.execute("SELECT max(rowid) FROM events").fetchone()[0] or 0
        connection.executemany(insert(), (full_row(line, subjects) for line in lines))
        if searched:
            connection.execute(index, (highest,))
        connection.execute("COMMIT")
        count += len(lines)
    return count


def _subjects(actions: Sequence[ActionRow]) -> frozenset[str]:
    return frozenset(row[0] for row in actions if row[3])


def write_csv(database: str, since: str, until: str, file: str) -> Message:
    """The rows of a period, newest first, to a file with csv.writer."""
    connection = connect(database)
    statement = "SELECT * FROM events WHERE occurred_at >= ? AND occurred_at < ?"
    began = time.perf_counter()
    rows = connection.execute(f"{statement} ORDER BY occurred_at DESC", (since, until))
    count = 0
    with Path(file).open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(COLUMNS)
        while batch := rows.fetchmany(1_000):
            writer.writerows(batch)
            count += len(batch)
    seconds = time.perf_counter() - began
    connection.close()
    return {"seconds": seconds, "rows": count}


def version() -> Message:
    """Of SQLite."""
    connection = connect(":memory:")
    return {"version": connection.execute("SELECT sqlite_version()").fetchone()[0]}


if __name__ == "__main__":
    serve(
        {
            "take_bare": take_bare,
            "make_plain": make_plain,
            "add_plain": add_plain,
            "write_csv": write_csv,
            "version": version,
        }
    )
