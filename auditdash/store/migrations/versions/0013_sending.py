"""Where reports are sent, what became of each, and schedules of any rhythm with an owner.

The monthly schedule that was is one of the new ones, with no destination.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_destinations()
    _widen_schedules()
    _create_deliveries()
    _create_notices()


def _key() -> sa.Column[int]:
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, PLAIN, nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=nullable)


def _refers(table: str, column: str, other: str) -> Any:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def _create_destinations() -> None:
    op.create_table(
        "destinations",
        _key(),
        _id("workspace_id"),
        _text("name"),
        _text("kind"),
        _text("config"),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        _id("created_by", nullable=True),
        _at("created_at"),
        _at("ended_at", nullable=True),
        _refers("destinations", "workspace_id", "workspaces"),
        _refers("destinations", "created_by", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
    )
    op.create_index("ix_destinations_workspace_id", "destinations", ["workspace_id"])


def _widen_schedules() -> None:
    def words(name: str, default: str) -> sa.Column[str]:
        return sa.Column(name, PLAIN, nullable=False, server_default=sa.text(f"'{default}'"))

    with op.batch_alter_table("schedules") as table:
        table.add_column(words("name", "Monthly report"))
        table.add_column(words("rhythm", "monthly 1 06:00"))
        table.add_column(sa.Column("ends_on", PLAIN, nullable=True))
        table.add_column(
            sa.Column("when_empty", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        table.add_column(_id("owner_id", nullable=True))
        table.add_column(words("tell", ""))
        table.add_column(_at("ended_at", nullable=True))
        table.create_foreign_key("fk_schedules_owner_id", "people", ["owner_id"], ["id"])
    op.execute("UPDATE schedules SET owner_id = created_by")
    with op.batch_alter_table("report_runs") as table:
        table.add_column(_at("not_before", nullable=True))
        table.add_column(words("result", ""))
    op.create_table(
        "schedule_destinations",
        _id("schedule_id"),
        _id("destination_id"),
        _refers("schedule_destinations", "schedule_id", "schedules"),
        _refers("schedule_destinations", "destination_id", "destinations"),
        sa.PrimaryKeyConstraint("schedule_id", "destination_id", name="pk_schedule_destinations"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        _key(),
        _id("workspace_id"),
        _text("key"),
        _text("purpose"),
        _id("run_id", nullable=True),
        _id("destination_id", nullable=True),
        _text("recipient"),
        _text("note"),
        sa.Column("when_empty", sa.Boolean(), nullable=False),
        _at("created_at"),
        _text("state"),
        sa.Column("attempts", sa.BigInteger(), nullable=False, server_default=sa.text("'0'")),
        _at("next_at"),
        _at("claimed_until", nullable=True),
        _text("outcome"),
        _at("finished_at", nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(32), nullable=True),
        _refers("deliveries", "workspace_id", "workspaces"),
        _refers("deliveries", "run_id", "report_runs"),
        _refers("deliveries", "destination_id", "destinations"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("key", name="uq_deliveries_key"),
    )
    op.create_index("ix_deliveries_state_next_at", "deliveries", ["state", "next_at"])
    op.create_index("ix_deliveries_run_id", "deliveries", ["run_id"])
    op.create_index("ix_deliveries_destination_id", "deliveries", ["destination_id"])


def _create_notices() -> None:
    op.create_table(
        "notices",
        _key(),
        _id("workspace_id"),
        _id("person_id", nullable=True),
        _at("at"),
        _text("text"),
        _text("path"),
        _at("seen_at", nullable=True),
        _refers("notices", "workspace_id", "workspaces"),
        _refers("notices", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    unseen = sa.text("seen_at IS NULL")
    op.create_index(
        "ix_notices_unseen",
        "notices",
        ["workspace_id"],
        sqlite_where=unseen,
        postgresql_where=unseen,
    )
