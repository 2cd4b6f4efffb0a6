"""Baselines: lists of who had what at a moment, for what was granted before the log begins.

They are evidence, so both databases refuse to change or remove them; taking one out of the picture
is a row of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GUARDED = ("baselines", "baseline_lines", "baseline_removals")


def upgrade() -> None:
    _create_baselines()
    _create_lines()
    op.create_table(
        "baseline_removals",
        sa.Column("baseline_id", BIG, autoincrement=False, nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_by", PLAIN, nullable=False),
        sa.Column("removed_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["baseline_id"], ["baselines.id"], name="fk_baseline_removals_baseline_id"
        ),
        sa.PrimaryKeyConstraint("baseline_id", name="pk_baseline_removals"),
    )
    guard = _guard_sqlite if op.get_context().dialect.name == "sqlite" else _guard_postgresql
    for table in GUARDED:
        guard(table)


def _create_baselines() -> None:
    op.create_table(
        "baselines",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("imported_by", PLAIN, nullable=False),
        sa.Column("imported_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_baselines_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_baselines"),
    )
    op.create_index("ix_baselines_workspace_id", "baselines", ["workspace_id"])


def _create_lines() -> None:
    op.create_table(
        "baseline_lines",
        sa.Column("baseline_id", BIG, nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("subject_kind", PLAIN, nullable=False),
        sa.Column("subject_name", PLAIN, nullable=True),
        sa.Column("subject_id", PLAIN, nullable=True),
        sa.Column("object_kind", PLAIN, nullable=False),
        sa.Column("object_name", PLAIN, nullable=True),
        sa.Column("object_id", PLAIN, nullable=True),
        sa.Column("role", PLAIN, nullable=True),
        sa.ForeignKeyConstraint(
            ["baseline_id"], ["baselines.id"], name="fk_baseline_lines_baseline_id"
        ),
        sa.PrimaryKeyConstraint("baseline_id", "line", name="pk_baseline_lines"),
    )


def _guard_sqlite(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END"
        )


def _guard_postgresql(table: str) -> None:
    for name, verb, level in (
        ("change", "UPDATE OR DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} "
            f"FOR EACH {level} EXECUTE FUNCTION auditdash_refuse()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{name}")
