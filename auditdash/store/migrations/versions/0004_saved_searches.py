"""Searches that people keep: their own, and those they share with the workspace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("name_key", PLAIN, nullable=False),
        sa.Column("query", PLAIN, nullable=False),
        sa.Column("language", sa.Integer(), nullable=False),
        sa.Column("zone", PLAIN, nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_saved_searches_workspace_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_saved_searches_person_id")),
        sa.PrimaryKeyConstraint("id", name=("pk_saved_searches")),
        sa.UniqueConstraint(
            "workspace_id",
            "person_id",
            "name_key",
            name=("uq_saved_searches_workspace_id_person_id_name_key"),
        ),
    )
