"""Bring a database to the newest schema. Safe to call at each start, by several processes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from auditdash.events.errors import BadInput
from auditdash.store.engine import is_sqlite, open_engine, writing

_MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_LOCK = 7_243_501  # any number, the same in each process: PostgreSQL's advisory lock


def migrate(database_url: str) -> None:
    """Run every missing migration in one transaction. Raises BadInput for a newer schema."""
    engine = open_engine(database_url)
    try:
        with writing(engine) as connection:
            if not is_sqlite(connection):
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            found = find_revision(connection)
            if found is not None:
                check_revision(found)
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def make_tables(connection: Connection, revision: str) -> None:
    """Bring an empty database to an older revision, in the transaction of this connection."""
    command.upgrade(_config(connection), revision)


def check_revision(revision: str) -> None:
    """Raises BadInput where this version of auditdash does not know it."""
    known = {each.revision for each in _scripts().walk_revisions()}
    if revision not in known:
        raise BadInput(
            f"the schema is of revision {revision}, which this version does not know",
            expected="the version of auditdash that it comes from, or a newer one",
        )


def find_revision(connection: Connection) -> str | None:
    """The revision of this database's schema; None where it has none."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def newest_revision() -> str | None:
    """The revision that this version of auditdash works with."""
    return _scripts().get_current_head()


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_empty_config())


def _config(connection: Connection) -> Config:
    config = _empty_config()
    config.attributes["connection"] = connection
    return config


def _empty_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
