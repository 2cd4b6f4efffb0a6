"""The tables of access reviews: what was asked of whom, and what they decided.

All but who is asked is append-only, in both databases: a line stays as it was asked, and a decision
that is changed is another row.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
)

from auditdash.store.tables.columns import (
    Big,
    at_column,
    key_column,
    metadata,
    text_column,
    workspace_column,
)


def _campaign() -> Column[int]:
    return Column("campaign_id", Big, ForeignKey("campaigns.id"), nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


# `at` is the moment that is reviewed, `seq` how many events were known when it was frozen.
campaigns = Table(
    "campaigns",
    metadata,
    key_column(),
    workspace_column(),
    text_column("name"),
    at_column("at"),
    _number("seq"),
    text_column("query"),  # what it was narrowed to, in the language of the access page
    text_column("rule"),  # how lines were dealt out: turn, object
    at_column("due_at"),
    _number("lines"),
    at_column("created_at"),
    text_column("created_by"),
    Index(None, "workspace_id"),
)

# One grant each, as it stood. `given_seq` is the event that gave it, or baseline and its line.
campaign_lines = Table(
    "campaign_lines",
    metadata,
    _campaign(),
    _number("line"),
    text_column("subject_kind"),
    text_column("subject_name", nullable=True),
    text_column("subject_id", nullable=True),
    text_column("object_kind"),
    text_column("object_name", nullable=True),
    text_column("object_id", nullable=True),
    text_column("role", nullable=True),
    text_column("through"),
    at_column("since", nullable=True),
    _number("given_seq", nullable=True),
    at_column("given_at", nullable=True),
    text_column("given_by", nullable=True),
    _number("given_baseline", nullable=True),
    _number("given_line", nullable=True),
    _number("ended_seq", nullable=True),  # what ended it later, where that was known already
    text_column("note"),
    _number("members", nullable=True),  # how many were in it, where a group has the access
    PrimaryKeyConstraint("campaign_id", "line"),
)

# Who is asked about a line; none where the only reviewer has the access.
campaign_assignments = Table(
    "campaign_assignments",
    metadata,
    Column("campaign_id", Big, nullable=False),
    _number("line"),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    PrimaryKeyConstraint("campaign_id", "line"),
    ForeignKeyConstraint(
        ("campaign_id", "line"), ("campaign_lines.campaign_id", "campaign_lines.line")
    ),
    Index(None, "person_id", "campaign_id"),
)

# The newest of a line holds. `seq` is the event of our log that tells it.
campaign_decisions = Table(
    "campaign_decisions",
    metadata,
    key_column(),
    Column("campaign_id", Big, nullable=False),
    _number("line"),
    text_column("decision"),  # keep, remove, change
    text_column("to_role"),  # of a change
    text_column("reason"),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    text_column("decided_by"),
    at_column("decided_at"),
    _number("seq"),
    ForeignKeyConstraint(
        ("campaign_id", "line"), ("campaign_lines.campaign_id", "campaign_lines.line")
    ),
    Index(None, "campaign_id", "line", "id"),
)

campaign_closings = Table(
    "campaign_closings",
    metadata,
    Column("campaign_id", Big, ForeignKey("campaigns.id"), primary_key=True, autoincrement=False),
    at_column("closed_at"),
    text_column("closed_by"),
    _number("seq"),
)
