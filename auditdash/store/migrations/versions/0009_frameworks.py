"""Whose controls a report shows: those that were asked for before show the usual ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)


def upgrade() -> None:
    for table in ("schedules", "report_runs"):
        column = sa.Column(
            "frameworks", PLAIN, nullable=False, server_default=sa.text("'soc2,iso27001'")
        )
        op.add_column(table, column)
