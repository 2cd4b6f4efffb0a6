"""Why a schedule was paused by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)


def upgrade() -> None:
    op.add_column("schedules", sa.Column("reason", PLAIN, nullable=False, server_default=""))
