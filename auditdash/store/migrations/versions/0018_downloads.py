"""Downloads that workers make."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "downloads",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("requested_by", PLAIN, nullable=False),
        sa.Column("requested_at", AT, nullable=False),
        sa.Column("form", PLAIN, nullable=False),
        sa.Column("title", PLAIN, nullable=False),
        sa.Column("order", PLAIN, nullable=False),
        sa.Column("asked", PLAIN, nullable=False),
        sa.Column("highest_seq", sa.BigInteger(), nullable=False),
        sa.Column("state", PLAIN, nullable=False),
        sa.Column("claimed_until", AT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("rows", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("expires_at", AT, nullable=True),
        sa.Column("error", PLAIN, nullable=True),
        sa.Column("file_name", PLAIN, nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("columns", PLAIN, nullable=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_downloads_person_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_downloads_workspace_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_downloads"),
    )
    op.create_index("ix_downloads_state_claimed_until", "downloads", ["state", "claimed_until"])
    op.create_index(
        "ix_downloads_workspace_id_person_id", "downloads", ["workspace_id", "person_id"]
    )
