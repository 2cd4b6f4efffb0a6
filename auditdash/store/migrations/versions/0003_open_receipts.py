"""Find an open receipt without looking at all the closed ones: each page that is read asks for one,
and a program that sends events one by one makes a receipt for each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    still_open = sa.text("finished_at IS NULL")
    op.create_index(
        "ix_receipts_open",
        "receipts",
        ["workspace_id", "channel"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
