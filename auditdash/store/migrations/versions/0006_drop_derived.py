"""What was derived for questions goes: they are answered from the index beside the database."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_table("event_context")
    op.drop_table("event_fields")
