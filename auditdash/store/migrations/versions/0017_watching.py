"""Watching feeds: who is told when one falls silent, silences, and tests of the echo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "feed_watches",
        sa.Column("workspace_id", BIG, autoincrement=False, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("floor_hours", sa.Integer(), nullable=False),
        sa.Column("recipients", PLAIN, nullable=False),
        sa.Column("left_out", PLAIN, nullable=False),
        sa.Column("next_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_feed_watches_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_feed_watches"),
    )
    op.create_table(
        "feed_silences",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("began_at", AT, nullable=False),
        sa.Column("noticed_at", AT, nullable=False),
        sa.Column("usual", AT, nullable=False),
        sa.Column("waited", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("end_noticed_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_feed_silences_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_feed_silences"),
        sa.UniqueConstraint(
            "workspace_id",
            "source",
            "began_at",
            name="uq_feed_silences_workspace_id_source_began_at",
        ),
    )
    op.create_index(
        "ix_feed_silences_open",
        "feed_silences",
        ["workspace_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "echo_tests",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("connection_id", BIG, nullable=False),
        sa.Column("asked_by", PLAIN, nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("mark", PLAIN, nullable=False),
        sa.Column("state", PLAIN, nullable=False),
        sa.Column("read_at", AT, nullable=True),
        sa.Column("done_at", AT, nullable=True),
        sa.Column("occurred_at", AT, nullable=True),
        sa.Column("found_at", AT, nullable=True),
        sa.Column("said", PLAIN, nullable=False),
        sa.Column("next_at", AT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_echo_tests_workspace_id"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name="fk_echo_tests_connection_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_echo_tests"),
    )
    op.create_index("ix_echo_tests_workspace_id_state", "echo_tests", ["workspace_id", "state"])
