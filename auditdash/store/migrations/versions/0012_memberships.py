"""Memberships: who may look at which workspace, in which role.

Whoever there is already could do everything in every workspace, and stays an admin of each real
one. The demo has no members: it is open to all who may sign in.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "memberships",
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("role", PLAIN, nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("query", PLAIN, nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=True),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("addresses", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("revealed_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_memberships_person_id"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name="fk_memberships_workspace_id"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "person_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"])
    op.execute(
        "INSERT INTO memberships"
        " (person_id, workspace_id, role, guest, query, addresses, created_at)"
        " SELECT people.id, workspaces.id, 'admin', false, '', true, people.created_at"
        " FROM people CROSS JOIN workspaces WHERE workspaces.kind = 'real'"
    )
