"""The table of streams: events that go on to other programs as they come."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table

from auditdash.store.tables.columns import (
    Big,
    at_column,
    count_column,
    key_column,
    metadata,
    text_column,
    workspace_column,
)

# `cursor` is the seq up to which everything was sent or did not belong to it. `turn` counts what
# people do to it: a worker that sends meanwhile finds out and changes nothing.
streams = Table(
    "streams",
    metadata,
    key_column(),
    workspace_column(),
    text_column("name"),
    text_column("query"),
    text_column("kind"),  # webhook, syslog
    text_column("config"),  # streams.destinations, JSON
    Column("sealed", LargeBinary, nullable=True),
    text_column("form"),  # downloads.forms
    Column("owner_id", Big, ForeignKey("people.id"), nullable=True),
    text_column("tell"),  # where the owner gets mail
    at_column("created_at"),
    at_column("ended_at", nullable=True),
    Column("paused", Boolean, nullable=False),
    text_column("reason"),  # why it was paused by itself
    count_column("cursor"),
    count_column("turn"),
    at_column("next_at"),
    at_column("claimed_until", nullable=True),
    count_column("failures"),  # since something last arrived
    at_column("failing_since", nullable=True),
    text_column("last_error"),
    at_column("last_ok_at", nullable=True),
    text_column("last_outcome"),
    count_column("sent"),
    count_column("hour"),  # whole hours since 1970
    count_column("hour_sent"),
    count_column("before_sent"),  # in the hour before that
    Index(None, "workspace_id"),
)
