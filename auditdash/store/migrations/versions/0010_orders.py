"""What a report is asked for stands in one column, so that a new parameter needs no migration."""

from __future__ import annotations

import json
from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
# What each report had until now.
_SECTIONS = (
    *("result", "categories", "exports", "permissions", "exceptions", "controls", "sample"),
    *("intake", "coverage", "limits", "evidence", "dictionary", "signoff"),
)
_SCHEDULED = "-source:auditdash"


def upgrade() -> None:
    for table in ("schedules", "report_runs"):
        column = sa.Column("order", PLAIN, nullable=False, server_default=sa.text("'{}'"))
        op.add_column(table, column)
    connection = op.get_bind()
    runs = _table("report_runs", "period_start", "period_end", "query")
    for known in (_table("schedules"), runs):
        for row in connection.execute(sa.select(*known.c)).mappings().all():
            kept = sa.update(known).where(known.c.id == row["id"])
            connection.execute(kept.values(order=json.dumps(_order(dict(row)))))
    op.drop_column("schedules", "frameworks")
    for name in ("zone", "query", "frameworks"):
        op.drop_column("report_runs", name)


def _table(name: str, *more: str) -> sa.TableClause:
    names = ("id", "kind", "zone", "frameworks", "order", *more)
    return sa.table(name, *(sa.column(each) for each in names))


def _order(row: Mapping[str, object]) -> dict[str, object]:
    start = row.get("period_start")
    return {
        "kind": row["kind"],
        "period": "last-month" if start is None else [start, row["period_end"]],
        "zone": row["zone"],
        "query": row.get("query", _SCHEDULED),
        "sections": list(_SECTIONS),
        "frameworks": [word for word in str(row["frameworks"]).split(",") if word],
        "paper": "A4",
        "language": "en",
        "title": "",
        "sample": 25,
        "nonce": "",
    }
