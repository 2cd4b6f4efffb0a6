"""PostgreSQL copied table by table with COPY, as of one moment, and put into an empty database.

It needs no pg_dump, whose version must not be older than the server's; and what is put back stands
in a schema that our own migrations made, guards included.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import psycopg
from msgspec import Struct
from sqlalchemy import Connection, MetaData, Table, inspect, text

from auditdash.store.copies.damage import CopyDamaged
from auditdash.store.copies.evidence import Evidence, add_up
from auditdash.store.copies.sqlite import Tell

_VERSION: Final = "alembic_version"
_BLOCK: Final = 1 << 20


class TableCopy(Struct, frozen=True):
    """One table in a file `name`.copy: its columns in their order, and how many rows."""

    name: str
    columns: tuple[str, ...]
    rows: int


def dump_tables(connection: Connection, folder: Path, tell: Tell) -> list[TableCopy]:
    """Write each table as this connection's snapshot holds it, those first that others refer to."""
    connection.execute(text("SET LOCAL bytea_output = 'hex'"))  # others may be set for the role
    tables, copies = _tables(connection), []
    for number, table in enumerate(tables):
        tell(number, len(tables))
        copies.append(_dump(connection, table, folder))
    tell(len(tables), len(tables))
    return copies


def _tables(connection: Connection) -> list[Table]:
    """Those with rows of ours, those first that others refer to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _VERSION]


def _dump(connection: Connection, table: Table, folder: Path) -> TableCopy:
    columns = tuple(str(column.name) for column in table.columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    rows = f'SELECT {_listed(columns)} FROM "{table.name}" ORDER BY {order}'  # noqa: S608 - ours
    count, path = 0, folder / f"{table.name}.copy"
    with (
        _driver(connection).cursor() as cursor,
        os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file,
        cursor.copy(f"COPY ({rows}) TO STDOUT (ENCODING 'UTF8')") as copy,
    ):
        for block in copy:
            count += bytes(block).count(b"\n")  # those within a value are escaped
            file.write(block)
    return TableCopy(str(table.name), columns, count)


def is_empty(connection: Connection) -> bool:
    """Whether nothing is in the database that a copy could meet."""
    return not inspect(connection).get_table_names()


def load_tables(connection: Connection, folder: Path, copies: list[TableCopy], tell: Tell) -> None:
    """Fill the empty tables, and let new rows be numbered behind these.

    Raises CopyDamaged; also where the copies are not of just these tables and columns: their names
    become statements.
    """
    ours = {
        str(each.name): {str(column.name) for column in each.columns}
        for each in _tables(connection)
    }
    if {each.name: set(each.columns) for each in copies} != ours or len(copies) != len(ours):
        raise CopyDamaged("its tables are not those of its schema", where=str(folder))
    try:
        _load(connection, folder, copies, tell)
    except psycopg.Error as error:
        says = f"PostgreSQL does not take it: {error.diag.message_primary}"
        raise CopyDamaged(says, where=str(folder)) from None


def _load(connection: Connection, folder: Path, copies: list[TableCopy], tell: Tell) -> None:
    for number, table in enumerate(copies):
        tell(number, len(copies))
        statement = f"COPY \"{table.name}\" ({_listed(table.columns)}) FROM STDIN (ENCODING 'UTF8')"
        with (
            _driver(connection).cursor() as cursor,
            (folder / f"{table.name}.copy").open("rb") as file,
            cursor.copy(statement) as copy,
        ):
            while block := file.read(_BLOCK):
                copy.write(block)
        if "id" in table.columns:
            _number_behind(connection, table.name)
    tell(len(copies), len(copies))


def _number_behind(connection: Connection, table: str) -> None:
    sequence = text("SELECT pg_get_serial_sequence(:name, 'id')")
    named = connection.execute(sequence, {"name": f'"{table}"'}).scalar()
    if named is not None:
        highest = f'SELECT setval(:name, max(id)) FROM "{table}" HAVING max(id) > 0'  # noqa: S608 - ours
        connection.execute(text(highest), {"name": named})


def check_dump(folder: Path, copies: list[TableCopy], slugs: dict[int, str]) -> list[Evidence]:
    """What events the files hold, for each of these workspaces."""
    (columns,) = (each.columns for each in copies if each.name == "events")
    rows = groupby(_hashes(folder / "events.copy", columns), key=lambda row: row[0])
    found = {
        number: add_up(number, slugs.get(number, ""), (row[1:] for row in of_one))
        for number, of_one in rows
    }
    empty = {number: add_up(number, slug, ()) for number, slug in slugs.items()}
    return [each for _, each in sorted({**empty, **found}.items())]


def _hashes(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, int, bytes]]:
    """Workspace, seq and content hash of each event, by workspace and seq."""
    places = [columns.index(name) for name in ("workspace_id", "seq", "content_hash")]
    with path.open("rb") as file:
        for line in file:
            parts = line.rstrip(b"\n").split(b"\t")
            workspace_id, seq, content_hash = (parts[place] for place in places)
            hexadecimal = content_hash.removeprefix(b"\\\\x").decode("ascii")
            yield int(workspace_id), int(seq), bytes.fromhex(hexadecimal)


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
