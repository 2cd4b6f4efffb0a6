"""Tokens that expire, are rotated, and are a person's own: those that exist never expire."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("tokens") as batch:
        batch.add_column(
            sa.Column("kind", PLAIN, nullable=False, server_default=sa.text("'workspace'"))
        )
        batch.add_column(sa.Column("person_id", BIG, nullable=True))
        batch.add_column(sa.Column("rotated_at", sa.BigInteger, nullable=True))
        batch.add_column(sa.Column("former_hash", sa.LargeBinary(32), nullable=True))
        batch.add_column(sa.Column("former_until", sa.BigInteger, nullable=True))
        batch.add_column(sa.Column("expires_at", sa.BigInteger, nullable=True))
        batch.create_foreign_key("fk_tokens_person_id", "people", ["person_id"], ["id"])
        batch.create_index("ix_tokens_former_hash", ["former_hash"])
