"""Tables of what is sent: schedules, where to, what became of it, and who has to be told."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    text,
    true,
)

from auditdash.store.tables.columns import (
    Big,
    Plain,
    at_column,
    count_column,
    key_column,
    metadata,
    text_column,
    workspace_column,
)

# Where reports can be sent. What opens it is sealed; it is ended, never removed.
destinations = Table(
    "destinations",
    metadata,
    key_column(),
    workspace_column(),
    text_column("name"),
    text_column("kind"),  # mail, folder, s3, webhook, slack
    text_column("config"),  # reports.sending.destinations, JSON
    Column("sealed", LargeBinary, nullable=True),
    Column("created_by", Big, ForeignKey("people.id"), nullable=True),
    at_column("created_at"),
    at_column("ended_at", nullable=True),
    Index(None, "workspace_id"),
)


schedules = Table(
    "schedules",
    metadata,
    key_column(),
    workspace_column(),
    text_column("kind"),
    text_column("zone"),
    Column("created_by", Big, ForeignKey("people.id"), nullable=True),
    Column("name", Plain, nullable=False, server_default="Monthly report"),
    Column("rhythm", Plain, nullable=False, server_default="monthly 1 06:00"),
    Column("ends_on", Plain, nullable=True),  # the last local day, 2026-12-31
    Column("when_empty", Boolean, nullable=False, server_default=true()),
    Column("owner_id", Big, ForeignKey("people.id"), nullable=True),
    Column("tell", Plain, nullable=False, server_default=""),  # where the owner gets mail
    at_column("ended_at", nullable=True),
    at_column("created_at"),
    at_column("next_at"),
    Column("paused", Boolean, nullable=False),
    Column("reason", Plain, nullable=False, server_default=""),  # why it was paused by itself
    Column("order", Plain, nullable=False, server_default="{}"),  # reports.orders.order, JSON
)


schedule_destinations = Table(
    "schedule_destinations",
    metadata,
    Column("schedule_id", Big, ForeignKey("schedules.id"), nullable=False),
    Column("destination_id", Big, ForeignKey("destinations.id"), nullable=False),
    PrimaryKeyConstraint("schedule_id", "destination_id"),
)


# One thing to send to one recipient. `key` is the same for each attempt.
deliveries = Table(
    "deliveries",
    metadata,
    key_column(),
    workspace_column(),
    Column("key", Plain, nullable=False, unique=True),
    text_column("purpose"),  # report, failure, stream, test
    Column("run_id", Big, ForeignKey("report_runs.id"), nullable=True),
    Column("destination_id", Big, ForeignKey("destinations.id"), nullable=True),
    text_column("recipient"),  # a mail address; of other kinds empty
    text_column("note"),  # what it says, where it is about no report
    Column("when_empty", Boolean, nullable=False),
    at_column("created_at"),
    text_column("state"),  # waiting, sending, done, failed, skipped
    count_column("attempts"),
    at_column("next_at"),
    at_column("claimed_until", nullable=True),
    text_column("outcome"),
    at_column("finished_at", nullable=True),
    Column("size", BigInteger, nullable=True),
    Column("sha256", LargeBinary(32), nullable=True),
    Index(None, "state", "next_at"),
    Index(None, "run_id"),
    Index(None, "destination_id"),
)


# What somebody has to be told on a page.
notices = Table(
    "notices",
    metadata,
    key_column(),
    workspace_column(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=True),  # None: everybody
    at_column("at"),
    text_column("text"),
    text_column("path"),
    at_column("seen_at", nullable=True),
    Index(
        "ix_notices_unseen",
        "workspace_id",
        sqlite_where=text("seen_at IS NULL"),
        postgresql_where=text("seen_at IS NULL"),
    ),
)
# Who has put away what everybody is told.
notices_seen = Table(
    "notices_seen",
    metadata,
    Column("notice_id", Big, ForeignKey("notices.id"), nullable=False),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    at_column("seen_at"),
    PrimaryKeyConstraint("notice_id", "person_id"),
)
