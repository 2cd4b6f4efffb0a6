"""Access reviews: campaigns, their lines, who is asked, decisions, closings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GUARDED = ("campaigns", "campaign_lines", "campaign_decisions", "campaign_closings")


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, PLAIN, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def key() -> sa.Column[int]:
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def of_line(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["campaign_id", "line"],
        ["campaign_lines.campaign_id", "campaign_lines.line"],
        name=f"fk_{table}_campaign_id",
    )


def upgrade() -> None:
    _create_campaigns()
    _create_lines()
    _create_decisions()
    op.create_table(
        "campaign_closings",
        sa.Column("campaign_id", BIG, autoincrement=False, nullable=False),
        number("closed_at"),
        text("closed_by"),
        number("seq"),
        refers("campaign_closings", "campaign_id", "campaigns"),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_campaign_closings"),
    )
    guard = _guard_sqlite if op.get_context().dialect.name == "sqlite" else _guard_postgresql
    for table in GUARDED:
        guard(table)


def _create_campaigns() -> None:
    op.create_table(
        "campaigns",
        key(),
        sa.Column("workspace_id", BIG, nullable=False),
        text("name"),
        number("at"),
        number("seq"),
        text("query"),
        text("rule"),
        number("due_at"),
        number("lines"),
        number("created_at"),
        text("created_by"),
        refers("campaigns", "workspace_id", "workspaces"),
        sa.PrimaryKeyConstraint("id", name="pk_campaigns"),
    )
    op.create_index("ix_campaigns_workspace_id", "campaigns", ["workspace_id"])


def _create_lines() -> None:
    op.create_table(
        "campaign_lines",
        sa.Column("campaign_id", BIG, nullable=False),
        number("line"),
        text("subject_kind"),
        text("subject_name", nullable=True),
        text("subject_id", nullable=True),
        text("object_kind"),
        text("object_name", nullable=True),
        text("object_id", nullable=True),
        text("role", nullable=True),
        text("through"),
        number("since", nullable=True),
        number("given_seq", nullable=True),
        number("given_at", nullable=True),
        text("given_by", nullable=True),
        number("given_baseline", nullable=True),
        number("given_line", nullable=True),
        number("ended_seq", nullable=True),
        text("note"),
        number("members", nullable=True),
        refers("campaign_lines", "campaign_id", "campaigns"),
        sa.PrimaryKeyConstraint("campaign_id", "line", name="pk_campaign_lines"),
    )
    op.create_table(
        "campaign_assignments",
        sa.Column("campaign_id", BIG, nullable=False),
        number("line"),
        sa.Column("person_id", BIG, nullable=False),
        refers("campaign_assignments", "person_id", "people"),
        of_line("campaign_assignments"),
        sa.PrimaryKeyConstraint("campaign_id", "line", name="pk_campaign_assignments"),
    )
    op.create_index(
        "ix_campaign_assignments_person_id_campaign_id",
        "campaign_assignments",
        ["person_id", "campaign_id"],
    )


def _create_decisions() -> None:
    op.create_table(
        "campaign_decisions",
        key(),
        sa.Column("campaign_id", BIG, nullable=False),
        number("line"),
        text("decision"),
        text("to_role"),
        text("reason"),
        sa.Column("person_id", BIG, nullable=False),
        text("decided_by"),
        number("decided_at"),
        number("seq"),
        refers("campaign_decisions", "person_id", "people"),
        of_line("campaign_decisions"),
        sa.PrimaryKeyConstraint("id", name="pk_campaign_decisions"),
    )
    op.create_index(
        "ix_campaign_decisions_campaign_id_line_id",
        "campaign_decisions",
        ["campaign_id", "line", "id"],
    )


def _guard_sqlite(table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END"
        )


def _guard_postgresql(table: str) -> None:
    for name, verb, level in (
        ("change", "UPDATE OR DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_no_{name} BEFORE {verb} ON {table} "
            f"FOR EACH {level} EXECUTE FUNCTION auditdash_refuse()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{name}")
