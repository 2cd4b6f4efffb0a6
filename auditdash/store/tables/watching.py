"""Tables of watching feeds: who is told when one falls silent, silences, and tests of the echo."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from auditdash.store.tables.columns import (
    Big,
    at_column,
    key_column,
    metadata,
    text_column,
    workspace_column,
)

# How the feeds of a workspace are watched. A workspace without a row is watched as usual.
feed_watches = Table(
    "feed_watches",
    metadata,
    Column("workspace_id", Big, ForeignKey("workspaces.id"), primary_key=True, autoincrement=False),
    Column("is_on", Boolean, nullable=False),
    Column("floor_hours", Integer, nullable=False),
    text_column("recipients"),  # mail addresses, a line for each; empty: admins
    text_column("left_out"),  # sources that are not watched, a line for each
    at_column("next_at"),
)

# Once a feed was silent for longer than its habit.
feed_silences = Table(
    "feed_silences",
    metadata,
    key_column(),
    workspace_column(),
    text_column("source"),
    at_column("began_at"),  # the last event before it
    at_column("noticed_at"),
    at_column("usual"),  # what was usual when it was noticed, and what was waited for: lengths
    at_column("waited"),
    at_column("ended_at", nullable=True),  # the first event behind it
    at_column("end_noticed_at", nullable=True),
    UniqueConstraint("workspace_id", "source", "began_at"),
    Index(
        "ix_feed_silences_open",
        "workspace_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

# Whether one reading of a feed came back in it as an event.
echo_tests = Table(
    "echo_tests",
    metadata,
    key_column(),
    workspace_column(),
    Column("connection_id", Big, ForeignKey("connections.id"), nullable=False),
    text_column("asked_by"),
    at_column("asked_at"),
    text_column("mark"),  # what its reading carried as its user agent
    text_column("state"),  # asked, waiting, back, lost, failed
    at_column("read_at", nullable=True),
    at_column("done_at", nullable=True),
    at_column("occurred_at", nullable=True),  # of the echo, by their clock
    at_column("found_at", nullable=True),
    text_column("said"),
    at_column("next_at"),
    Index(None, "workspace_id", "state"),
)
