"""First schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

PLAIN: sa.types.TypeEngine[str] = sa.Text().with_variant(
    postgresql.TEXT(collation="C"), "postgresql"
)
BIG: sa.types.TypeEngine[int] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.BigInteger()


def upgrade() -> None:
    _create_login_failures()
    _create_people()
    _create_workspaces()
    _create_connections()
    _create_receipts()
    _create_schedules()
    _create_sessions()
    _create_setup_links()
    _create_tokens()
    _create_conflicts()
    _create_events()
    _create_pull_windows()
    _create_quarantine()
    _create_report_runs()
    _create_event_context()
    _create_event_fields()


def _create_login_failures() -> None:
    op.create_table(
        "login_failures",
        sa.Column("username", PLAIN, nullable=False),
        sa.Column("failures", AT, server_default="0", nullable=False),
        sa.Column("locked_until", AT, nullable=False),
        sa.PrimaryKeyConstraint("username", name=("pk_login_failures")),
    )


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("username", PLAIN, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("password_hash", PLAIN, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("disabled_at", AT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_people")),
        sa.UniqueConstraint("username", name=("uq_people_username")),
    )


def _create_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("slug", PLAIN, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("kind", PLAIN, nullable=False),
        sa.Column("zone", PLAIN, nullable=False),
        sa.Column("last_seq", AT, server_default="0", nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("pk_workspaces")),
        sa.UniqueConstraint("slug", name=("uq_workspaces_slug")),
    )


def _create_connections() -> None:
    op.create_table(
        "connections",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("base_url", PLAIN, nullable=False),
        sa.Column("remote_workspace", PLAIN, nullable=False),
        sa.Column("token", PLAIN, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("start_at", AT, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("next_at", AT, nullable=False),
        sa.Column("claimed_until", AT, nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("last_ok_at", AT, nullable=True),
        sa.Column("last_error", PLAIN, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_connections_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_connections")),
        sa.UniqueConstraint("workspace_id", "source", name=("uq_connections_workspace_id_source")),
    )


def _create_receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("channel", PLAIN, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("received", AT, server_default="0", nullable=False),
        sa.Column("added", AT, server_default="0", nullable=False),
        sa.Column("known", AT, server_default="0", nullable=False),
        sa.Column("conflicting", AT, server_default="0", nullable=False),
        sa.Column("rejected", AT, server_default="0", nullable=False),
        sa.Column("error", PLAIN, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_receipts_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_receipts")),
    )


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("kind", PLAIN, nullable=False),
        sa.Column("zone", PLAIN, nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("next_at", AT, nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=("fk_schedules_created_by")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_schedules_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_schedules")),
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("workspace_id", BIG, nullable=True),
        sa.Column("csrf_token", PLAIN, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_sessions_person_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_sessions_workspace_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=("pk_sessions")),
    )
    op.create_index(("ix_sessions_person_id"), "sessions", ["person_id"], unique=False)


def _create_setup_links() -> None:
    op.create_table(
        "setup_links",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("used_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=("fk_setup_links_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=("pk_setup_links")),
    )


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("name", PLAIN, nullable=False),
        sa.Column("prefix", PLAIN, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("last_used_at", AT, nullable=True),
        sa.Column("revoked_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=("fk_tokens_created_by")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_tokens_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_tokens")),
        sa.UniqueConstraint("token_hash", name=("uq_tokens_token_hash")),
    )


def _create_conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("event_id", PLAIN, nullable=False),
        sa.Column("seq", AT, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("record", PLAIN, nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=("fk_conflicts_receipt_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_conflicts_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_conflicts")),
        sa.UniqueConstraint(
            "workspace_id",
            "source",
            "event_id",
            "content_hash",
            name=("uq_conflicts_workspace_id_source_event_id_content_hash"),
        ),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("seq", AT, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("event_id", PLAIN, nullable=False),
        sa.Column("occurred_at", AT, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("record", PLAIN, nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=("fk_events_receipt_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_events_workspace_id")
        ),
        sa.PrimaryKeyConstraint("workspace_id", "seq", name=("pk_events")),
        sa.UniqueConstraint(
            "workspace_id", "source", "event_id", name=("uq_events_workspace_id_source_event_id")
        ),
    )


def _create_pull_windows() -> None:
    op.create_table(
        "pull_windows",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("connection_id", BIG, nullable=False),
        sa.Column("start_at", AT, nullable=False),
        sa.Column("end_at", AT, nullable=False),
        sa.Column("cursor", PLAIN, nullable=True),
        sa.Column("pages", AT, server_default="0", nullable=False),
        sa.Column("received", AT, server_default="0", nullable=False),
        sa.Column("added", AT, server_default="0", nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("done_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connections.id"], name=("fk_pull_windows_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipts.id"], name=("fk_pull_windows_receipt_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_pull_windows_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_pull_windows")),
    )
    op.create_index(
        ("ix_pull_windows_connection_id_end_at"),
        "pull_windows",
        ["connection_id", "end_at"],
        unique=False,
    )


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("position", PLAIN, nullable=False),
        sa.Column("what", PLAIN, nullable=False),
        sa.Column("place", PLAIN, nullable=False),
        sa.Column("expected", PLAIN, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("replayed_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=("fk_quarantine_receipt_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_quarantine_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_quarantine")),
        sa.UniqueConstraint(
            "workspace_id",
            "source",
            "record_hash",
            name=("uq_quarantine_workspace_id_source_record_hash"),
        ),
    )


def _create_report_runs() -> None:
    op.create_table(
        "report_runs",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("workspace_id", BIG, nullable=False),
        sa.Column("schedule_id", BIG, nullable=True),
        sa.Column("slot", AT, nullable=True),
        sa.Column("kind", PLAIN, nullable=False),
        sa.Column("period_start", AT, nullable=False),
        sa.Column("period_end", AT, nullable=False),
        sa.Column("zone", PLAIN, nullable=False),
        sa.Column("query", PLAIN, nullable=False),
        sa.Column("requested_by", PLAIN, nullable=False),
        sa.Column("requested_at", AT, nullable=False),
        sa.Column("state", PLAIN, nullable=False),
        sa.Column("stage", PLAIN, nullable=False),
        sa.Column("claimed_until", AT, nullable=True),
        sa.Column("attempts", AT, server_default="0", nullable=False),
        sa.Column("highest_seq", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("error", PLAIN, nullable=True),
        sa.Column("file_name", PLAIN, nullable=True),
        sa.Column("size", AT, nullable=True),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("rows", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=("fk_report_runs_schedule_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=("fk_report_runs_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=("pk_report_runs")),
        sa.UniqueConstraint("schedule_id", "slot", name=("uq_report_runs_schedule_id_slot")),
    )
    op.create_index(
        ("ix_report_runs_state_claimed_until"),
        "report_runs",
        ["state", "claimed_until"],
        unique=False,
    )


def _create_event_context() -> None:
    op.create_table(
        "event_context",
        sa.Column("workspace_id", AT, nullable=False),
        sa.Column("seq", AT, nullable=False),
        sa.Column("path", PLAIN, nullable=False),
        sa.Column("value_key", PLAIN, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "seq"],
            ["events.workspace_id", "events.seq"],
            name=("fk_event_context_workspace_id_seq"),
        ),
    )
    op.create_index(
        ("ix_event_context_workspace_id_seq_path"),
        "event_context",
        ["workspace_id", "seq", "path"],
        unique=False,
    )


def _create_event_fields() -> None:
    op.create_table(
        "event_fields",
        sa.Column("workspace_id", AT, nullable=False),
        sa.Column("seq", AT, nullable=False),
        sa.Column("source", PLAIN, nullable=False),
        sa.Column("event_id", PLAIN, nullable=False),
        sa.Column("occurred_at", AT, nullable=False),
        sa.Column("occurred_text", PLAIN, nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("action", PLAIN, nullable=False),
        sa.Column("outcome", PLAIN, nullable=False),
        sa.Column("workspace", PLAIN, nullable=False),
        sa.Column("workspace_key", PLAIN, nullable=False),
        sa.Column("description", PLAIN, nullable=True),
        sa.Column("correlation_id", PLAIN, nullable=True),
        sa.Column("role", PLAIN, nullable=True),
        sa.Column("role_key", PLAIN, nullable=True),
        sa.Column("actor_id", PLAIN, nullable=True),
        sa.Column("actor_id_key", PLAIN, nullable=True),
        sa.Column("actor_username", PLAIN, nullable=True),
        sa.Column("actor_username_key", PLAIN, nullable=True),
        sa.Column("actor_ip", PLAIN, nullable=True),
        sa.Column("actor_ip_key", sa.LargeBinary(length=16), nullable=True),
        sa.Column("user_agent", PLAIN, nullable=True),
        sa.Column("user_agent_key", PLAIN, nullable=True),
        sa.Column("entity_type", PLAIN, nullable=True),
        sa.Column("entity_type_key", PLAIN, nullable=True),
        sa.Column("entity_id", PLAIN, nullable=True),
        sa.Column("entity_id_key", PLAIN, nullable=True),
        sa.Column("entity_name", PLAIN, nullable=True),
        sa.Column("entity_name_key", PLAIN, nullable=True),
        sa.Column("subject_type", PLAIN, nullable=True),
        sa.Column("subject_id", PLAIN, nullable=True),
        sa.Column("subject_id_key", PLAIN, nullable=True),
        sa.Column("subject_name", PLAIN, nullable=True),
        sa.Column("subject_name_key", PLAIN, nullable=True),
        sa.Column("words", PLAIN, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "seq"],
            ["events.workspace_id", "events.seq"],
            name=("fk_event_fields_workspace_id_seq"),
        ),
        sa.PrimaryKeyConstraint("workspace_id", "seq", name=("pk_event_fields")),
    )
    op.create_index(
        ("ix_event_fields_workspace_id_action_occurred_at"),
        "event_fields",
        ["workspace_id", "action", "occurred_at"],
        unique=False,
    )
    op.create_index(
        ("ix_event_fields_workspace_id_actor_username_key_occurred_at"),
        "event_fields",
        ["workspace_id", "actor_username_key", "occurred_at"],
        unique=False,
    )
    op.create_index(
        ("ix_event_fields_workspace_id_correlation_id"),
        "event_fields",
        ["workspace_id", "correlation_id"],
        unique=False,
    )
    op.create_index(
        ("ix_event_fields_workspace_id_entity_name_key_occurred_at"),
        "event_fields",
        ["workspace_id", "entity_name_key", "occurred_at"],
        unique=False,
    )
    op.create_index(
        ("ix_event_fields_workspace_id_occurred_at_seq"),
        "event_fields",
        ["workspace_id", "occurred_at", "seq"],
        unique=False,
    )
    op.create_index(
        ("ix_event_fields_workspace_id_subject_name_key_occurred_at"),
        "event_fields",
        ["workspace_id", "subject_name_key", "occurred_at"],
        unique=False,
    )
