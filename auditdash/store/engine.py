"""The engine, and every difference between SQLite and PostgreSQL that is not in a migration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary, finalize

from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    Select,
    Table,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, OperationalError

# The database cannot be reached, is locked, or its disk is full: worth trying again later.
DatabaseTrouble = OperationalError
# That, or it is damaged, is no database, or refuses this user: trying again does not help.
DatabaseUnfit = DatabaseError

_WRITES = {"auditdash_writes": True}
_REMEMBERS = "auditdash_remembers"
_CACHE, _SMALL_CACHE = "PRAGMA cache_size=-65536", "PRAGMA cache_size=-4096"
_WAL, _ONLY_LOOK = "PRAGMA journal_mode=WAL", "PRAGMA query_only=ON"
_SQLITE_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # or REPLACE would slip past the DELETE guard
    "PRAGMA busy_timeout=30000",
    _CACHE,
)


class IndexPlace:
    """Where the index of a database lies, and what this process holds open of it."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self.archives: dict[int, object] = {}
        self.lock = Lock()

    @property
    def folder(self) -> Path:
        """Without a place of its own an index lives as long as the engine."""
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="auditdash-index-"))
            finalize(self, rmtree, self._folder, ignore_errors=True)
        return self._folder


_places: WeakKeyDictionary[Engine, IndexPlace] = WeakKeyDictionary()
# Engines on one database share what is open of its index: it is most of the memory of a process.
_by_folder: WeakValueDictionary[Path, IndexPlace] = WeakValueDictionary()


def open_engine(
    database_url: str,
    index_folder: Path | None = None,
    *,
    wal_pages: int = 1_000,
    only_look: bool = False,
) -> Engine:
    """An engine for sqlite:///FILE or postgresql://…; SQLite's folder is made, and its log carried
    over to the file after so many pages.

    The index of a SQLite file lies beside it; that of PostgreSQL in the folder, where one is given.
    Who wants `only_look` leaves a SQLite file as it is, also the kind of its log.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        engine = _open_sqlite(database_url, url.database or "", wal_pages, only_look)
        index_folder = Path(f"{url.database}.index")
    else:
        engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    _places[engine] = _place(index_folder)
    return engine


def is_there(database_url: str) -> bool:
    """Whether a SQLite file exists; of PostgreSQL only asking tells."""
    file = sqlite_file(database_url)
    return file is None or file.is_file()


def sqlite_file(database_url: str) -> Path | None:
    """The file of SQLite; None where it is PostgreSQL."""
    url = make_url(database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _place(folder: Path | None) -> IndexPlace:
    if folder is None:
        return IndexPlace(None)
    found = _by_folder.get(folder)
    if found is None:
        found = _by_folder[folder] = IndexPlace(folder)
    return found


def index_place(connection: Connection) -> IndexPlace:
    """Where the index of this connection's database lies."""
    return _places[connection.engine]


def writes(connection: Connection) -> bool:
    """Whether this is a transaction that writes: what it reads may never come to be."""
    return bool(connection.get_execution_options().get("auditdash_writes"))


def remembered_by(connection: Connection) -> dict[Any, Any]:
    """What was found in the snapshot that this connection reads, until it ends; of any other
    connection nothing, since what it reads next may be of another moment."""
    found: dict[Any, Any] | None = connection.get_execution_options().get(_REMEMBERS)
    return {} if found is None else found


def _open_sqlite(database_url: str, database: str, wal_pages: int, only_look: bool) -> Engine:
    # Everyone's doings are nobody else's to read: neither here nor in the files beside it.
    Path(database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(database_url, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins, see below
        log = (_ONLY_LOOK,) if only_look else (_WAL, f"PRAGMA wal_autocheckpoint={wal_pages}")
        for pragma in (*log, *_SQLITE_PRAGMAS):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("auditdash_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def is_sqlite(connection: Connection) -> bool:
    """Whether this connection speaks SQLite."""
    return connection.dialect.name == "sqlite"


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent snapshot; never waits for a writer."""
    remembered: dict[object, object] = {}
    connection = engine.connect().execution_options(**{_REMEMBERS: remembered})
    if not is_sqlite(connection):
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    try:
        with connection, connection.begin():
            yield connection
    finally:
        remembered.clear()


@contextmanager
def streaming(engine: Engine) -> Iterator[Connection]:
    """The same for who reads everything once: little of it stays in memory."""
    with reading(engine) as connection:
        if not is_sqlite(connection):
            yield connection
            return
        connection.exec_driver_sql(_SMALL_CACHE)
        try:
            yield connection
        finally:
            connection.exec_driver_sql(_CACHE)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that commits at the end; on SQLite it holds the write lock from its start."""
    with engine.connect().execution_options(**_WRITES) as connection, connection.begin():
        yield connection


def fetch_column(
    connection: Connection, statement: Select[tuple[Any]], parameters: dict[str, Any]
) -> list[Any]:
    """The one column of all rows as the driver gives it: nothing is made of each on the way."""
    cursor: Any = connection.execute(statement, parameters).cursor
    return [value for (value,) in cursor.fetchall()]


def insert_new(connection: Connection, table: Table) -> Insert:
    """INSERT … ON CONFLICT DO NOTHING in the dialect of the connection."""
    if is_sqlite(connection):
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def insert_tuples(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert rows of plain values as the driver takes them: nothing is made of each on the way."""
    columns = ", ".join(f'"{name}"' for name in names)
    if is_sqlite(connection):
        marks = ", ".join("?" * len(names))
        statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608 - ours
        if batch := list(rows):
            connection.exec_driver_sql(statement, batch)
        return
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def find_tuples(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    equal: Mapping[str, object],
    among: str,
    values: Sequence[object],
) -> Iterable[Sequence[Any]]:
    """Rows with these values, and one of many in the column `among`; made by the driver, too."""
    columns = ", ".join(f'"{name}"' for name in names)
    mark = "?" if is_sqlite(connection) else "%s"
    same = " AND ".join(f'"{name}" = {mark}' for name in equal)
    if is_sqlite(connection):
        found, given = f"IN ({', '.join('?' * len(values))})", (*equal.values(), *values)
    else:
        found, given = "= ANY(%s)", (*equal.values(), list(values))
    statement = f'SELECT {columns} FROM "{table.name}" WHERE {same} AND "{among}" {found}'  # noqa: S608 - ours
    return connection.exec_driver_sql(statement, given)
