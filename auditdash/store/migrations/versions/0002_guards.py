"""Evidence is only ever inserted: both databases refuse to change or remove it.

SQLite also needs PRAGMA recursive_triggers (store.engine sets it), or REPLACE would delete in
silence. PostgreSQL's triggers are ENABLE ALWAYS, so that session_replication_role cannot switch
them off, and TRUNCATE has one of its own.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

GUARDED = ("events", "conflicts")


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in GUARDED:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION auditdash_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP; END $$"
    )
    for table in GUARDED:
        for name, verb, level in (
            ("change", "UPDATE OR DELETE", "ROW"),
            ("truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} "
                f"FOR EACH {level} EXECUTE FUNCTION auditdash_refuse()"
            )
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{name}")
