"""Streams: events that go on to other programs as they come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    def text(name: str) -> sa.Column[str]:
        return sa.Column(name, PLAIN, nullable=False)

    def at(name: str, *, nullable: bool = False) -> sa.Column[int]:
        return sa.Column(name, sa.BigInteger(), nullable=nullable)

    def count(name: str) -> sa.Column[int]:
        return sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("'0'"))

    op.create_table(
        "streams",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        text("name"),
        text("query"),
        text("kind"),
        text("config"),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        text("form"),
        sa.Column("owner_id", BIG, nullable=True),
        text("tell"),
        at("created_at"),
        at("ended_at", nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        text("reason"),
        count("cursor"),
        count("turn"),
        at("next_at"),
        at("claimed_until", nullable=True),
        count("failures"),
        at("failing_since", nullable=True),
        text("last_error"),
        at("last_ok_at", nullable=True),
        text("last_outcome"),
        count("sent"),
        count("hour"),
        count("hour_sent"),
        count("before_sent"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_streams_workspace_id"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name="fk_streams_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_streams"),
    )
    op.create_index("ix_streams_workspace_id", "streams", ["workspace_id"])
