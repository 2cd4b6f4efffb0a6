"""The table of downloads that workers make."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table

from auditdash.store.tables.columns import (
    Big,
    at_column,
    count_column,
    key_column,
    metadata,
    text_column,
    workspace_column,
)

# Rows stay when their files have gone: they say who took what, with its hash.
downloads = Table(
    "downloads",
    metadata,
    key_column(),
    workspace_column(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    text_column("requested_by"),
    at_column("requested_at"),
    text_column("form"),  # downloads.files.form
    text_column("title"),
    text_column("order"),  # downloads.orders, JSON
    text_column("asked"),  # downloads.kept.asked, JSON: query, zone, and what its reader may see
    Column("highest_seq", BigInteger, nullable=False),
    text_column("state"),  # queued, running, done, failed, removed
    at_column("claimed_until", nullable=True),
    count_column("attempts"),
    count_column("rows"),  # written so far
    Column("total", BigInteger, nullable=True),
    at_column("finished_at", nullable=True),
    at_column("expires_at", nullable=True),
    text_column("error", nullable=True),
    text_column("file_name", nullable=True),
    Column("size", BigInteger, nullable=True),
    text_column("columns", nullable=True),  # name and kind of each, JSON
    Column("sha256", LargeBinary(32), nullable=True),
    Index(None, "state", "claimed_until"),
    Index(None, "workspace_id", "person_id"),
)
