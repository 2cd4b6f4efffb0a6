"""Who has seen a notice that is for everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notices_seen",
        sa.Column("notice_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notices_seen_notice_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_notices_seen_person_id"),
        sa.PrimaryKeyConstraint("notice_id", "person_id", name="pk_notices_seen"),
    )
