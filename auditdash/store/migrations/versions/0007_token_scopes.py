"""What a token may do: those that were made before send events, as they always could."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)


def upgrade() -> None:
    op.add_column(
        "tokens", sa.Column("scopes", PLAIN, nullable=False, server_default=sa.text("'ingest'"))
    )
