"""Records may be packed: the column takes bytes, and what they are packed by lies beside it.

SQLite keeps bytes in a column of text as they are; what is stored already stays as it is in both.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "record_dictionaries"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_record_dictionaries_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_record_dictionaries"),
    )
    op.create_index("ix_record_dictionaries_id", TABLE, ["id"])
    if op.get_context().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        op.execute(
            "ALTER TABLE events ALTER COLUMN record TYPE bytea USING convert_to(record, 'UTF8')"
        )
        _guard_postgresql()


def _guard_sqlite() -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only: {verb} refused'); END"
        )


def _guard_postgresql() -> None:
    for name, verb, level in (
        ("change", "UPDATE OR DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{name} BEFORE {verb} ON {TABLE} "
            f"FOR EACH {level} EXECUTE FUNCTION auditdash_refuse()"
        )
        op.execute(f"ALTER TABLE {TABLE} ENABLE ALWAYS TRIGGER {TABLE}_no_{name}")
