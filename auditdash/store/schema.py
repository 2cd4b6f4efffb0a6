"""Every table. `events` is the evidence. Instants are integer microseconds UTC."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from auditdash.store.tables import signing
from auditdash.store.tables.campaigns import campaign_assignments as campaign_assignments
from auditdash.store.tables.campaigns import campaign_closings as campaign_closings
from auditdash.store.tables.campaigns import campaign_decisions as campaign_decisions
from auditdash.store.tables.campaigns import campaign_lines as campaign_lines
from auditdash.store.tables.campaigns import campaigns as campaigns
from auditdash.store.tables.columns import Big, Plain, Record
from auditdash.store.tables.columns import at_column as _at
from auditdash.store.tables.columns import count_column as _count
from auditdash.store.tables.columns import key_column as _key
from auditdash.store.tables.columns import metadata as metadata
from auditdash.store.tables.columns import text_column as _text
from auditdash.store.tables.columns import workspace_column as _workspace
from auditdash.store.tables.downloads import downloads as downloads
from auditdash.store.tables.sending import deliveries as deliveries
from auditdash.store.tables.sending import destinations as destinations
from auditdash.store.tables.sending import notices as notices
from auditdash.store.tables.sending import notices_seen as notices_seen
from auditdash.store.tables.sending import schedule_destinations as schedule_destinations
from auditdash.store.tables.sending import schedules as schedules
from auditdash.store.tables.streams import streams as streams
from auditdash.store.tables.watching import echo_tests as echo_tests
from auditdash.store.tables.watching import feed_silences as feed_silences
from auditdash.store.tables.watching import feed_watches as feed_watches

# Those of signing in are found there: this one says that they are part of the whole.
SIGNING = signing.TABLES

workspaces = Table(
    "workspaces",
    metadata,
    _key(),
    Column("slug", Plain, nullable=False, unique=True),
    _text("name"),
    _text("kind"),  # real, demo
    _text("zone"),
    _count("last_seq"),
    _at("created_at"),
)

receipts = Table(
    "receipts",
    metadata,
    _key(),
    _workspace(),
    _text("source"),
    _text("channel"),  # file, upload, api, pull, replay, demo, self
    _text("name"),
    _at("started_at"),
    _at("finished_at", nullable=True),
    _count("received"),
    _count("added"),
    _count("known"),
    _count("conflicting"),
    _count("rejected"),
    _text("error", nullable=True),  # why the rest could not be read
    Index(
        "ix_receipts_open",
        "workspace_id",
        "channel",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
)

events = Table(
    "events",
    metadata,
    _workspace(),
    Column("seq", BigInteger, nullable=False),
    _text("source"),
    _text("event_id"),
    _at("occurred_at"),
    _at("received_at"),
    Column("receipt_id", Big, ForeignKey("receipts.id"), nullable=False),
    Column("content_hash", LargeBinary(32), nullable=False),
    Column("record", Record, nullable=False),  # only store.records reads it
    PrimaryKeyConstraint("workspace_id", "seq"),
    UniqueConstraint("workspace_id", "source", "event_id"),
)

# What records are packed by. The number follows from the bytes; store.records checks it.
record_dictionaries = Table(
    "record_dictionaries",
    metadata,
    _workspace(),
    Column("id", BigInteger, nullable=False),
    _at("created_at"),
    Column("bytes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    Index(None, "id"),
)

conflicts = Table(
    "conflicts",
    metadata,
    _key(),
    _workspace(),
    _text("source"),
    _text("event_id"),
    Column("seq", BigInteger, nullable=False),  # of the event that came first
    Column("content_hash", LargeBinary(32), nullable=False),
    _at("received_at"),
    Column("receipt_id", Big, ForeignKey("receipts.id"), nullable=False),
    _text("record"),
    UniqueConstraint("workspace_id", "source", "event_id", "content_hash"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _key(),
    _workspace(),
    _text("source"),
    Column("receipt_id", Big, ForeignKey("receipts.id"), nullable=False),
    _at("received_at"),
    _text("position"),  # "line 12", "item 3", "page 2, item 7"
    _text("what"),
    _text("place"),  # path inside the record, such as $.actor.user_id
    _text("expected"),
    Column("record", LargeBinary, nullable=False),
    Column("record_hash", LargeBinary(32), nullable=False),
    _at("replayed_at", nullable=True),
    UniqueConstraint("workspace_id", "source", "record_hash"),
)

connections = Table(
    "connections",
    metadata,
    _key(),
    _workspace(),
    _text("source"),
    _text("base_url"),
    _text("remote_workspace"),
    _text("token"),
    Column("sealed_secret", LargeBinary, nullable=False),
    _at("start_at"),  # where the archive begins
    _at("created_at"),
    _at("next_at"),
    _at("claimed_until", nullable=True),
    Column("paused", Boolean, nullable=False),
    _at("last_ok_at", nullable=True),
    _text("last_error", nullable=True),
    UniqueConstraint("workspace_id", "source"),
)

pull_windows = Table(
    "pull_windows",
    metadata,
    _key(),
    _workspace(),
    Column("connection_id", Big, ForeignKey("connections.id"), nullable=False),
    _at("start_at"),
    _at("end_at"),
    _text("cursor", nullable=True),
    _count("pages"),
    _count("received"),
    _count("added"),
    Column("receipt_id", Big, ForeignKey("receipts.id"), nullable=False),
    _at("opened_at"),
    _at("done_at", nullable=True),
    Index(None, "connection_id", "end_at"),
)

people = Table(
    "people",
    metadata,
    _key(),
    Column("username", Plain, nullable=False, unique=True),  # fold_case()d
    _text("name"),
    _text("password_hash", nullable=True),
    _at("created_at"),
    _at("disabled_at", nullable=True),
)

# Who may look at which workspace, and what limits them (accounts.roles, accounts.memberships).
memberships = Table(
    "memberships",
    metadata,
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    _workspace(),
    _text("role"),
    Column("guest", Boolean, nullable=False),
    _text("query"),  # what they see of it, in the search language; empty: everything
    _at("period_start", nullable=True),
    _at("period_end", nullable=True),
    _at("expires_at", nullable=True),
    Column("addresses", Boolean, nullable=False),  # whether hidden ones may be revealed
    _at("created_at"),
    _at("seen_at", nullable=True),
    _at("revealed_until", nullable=True),
    PrimaryKeyConstraint("workspace_id", "person_id"),
    Index(None, "person_id"),
)

setup_links = Table(
    "setup_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), nullable=True),  # None: the first admin
    _at("created_at"),
    _at("expires_at"),
    _at("used_at", nullable=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),
    Column("workspace_id", Big, ForeignKey("workspaces.id"), nullable=True),
    _text("csrf_token"),
    _at("created_at"),
    _at("seen_at"),
    _at("expires_at"),
    Column(
        "method", Plain, nullable=False, server_default="password"
    ),  # how the person proved who they are
    Column("ip", Plain, nullable=False, server_default=""),  # of the newest request that was noted
    Column("user_agent", Plain, nullable=False, server_default=""),
    Column("confirmed_at", BigInteger, nullable=False, server_default="0"),
    Index(None, "person_id"),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("username", Plain, primary_key=True),
    _count("failures"),
    _at("locked_until"),
)

tokens = Table(
    "tokens",
    metadata,
    _key(),
    _workspace(),
    _text("name"),
    _text("prefix"),
    Column("token_hash", LargeBinary(32), nullable=False, unique=True),
    Column("created_by", Big, ForeignKey("people.id"), nullable=True),
    _at("created_at"),
    _at("last_used_at", nullable=True),
    _at("revoked_at", nullable=True),
    # What it may do, in words with a space between them: ingest, read. A member token has none.
    Column("scopes", Plain, nullable=False, server_default="ingest"),
    Column("kind", Plain, nullable=False, server_default="workspace"),  # workspace, member
    Column("person_id", Big, ForeignKey("people.id"), nullable=True),  # whose member token it is
    _at("rotated_at", nullable=True),
    Column("former_hash", LargeBinary(32), nullable=True),  # of the secret before the rotation
    _at("former_until", nullable=True),
    _at("expires_at", nullable=True),
    Index(None, "former_hash"),
)

report_runs = Table(
    "report_runs",
    metadata,
    _key(),
    _workspace(),
    Column("schedule_id", Big, ForeignKey("schedules.id"), nullable=True),
    _at("slot", nullable=True),  # the next_at that this run answers
    _text("kind"),
    _at("period_start"),
    _at("period_end"),
    _text("requested_by"),
    _at("requested_at"),
    _text("state"),  # queued, running, done, failed
    _text("stage"),
    _at("claimed_until", nullable=True),
    _count("attempts"),
    Column("highest_seq", BigInteger, nullable=True),
    _at("finished_at", nullable=True),
    _text("error", nullable=True),
    _text("file_name", nullable=True),
    Column("size", BigInteger, nullable=True),
    Column("sha256", LargeBinary(32), nullable=True),
    Column("pages", Integer, nullable=True),
    Column("rows", BigInteger, nullable=True),
    _at("not_before", nullable=True),  # when a failed run of a schedule is tried again
    Column("result", Plain, nullable=False, server_default=""),  # reports.sending.result, JSON
    Column("order", Plain, nullable=False, server_default="{}"),  # reports.orders.order, JSON
    UniqueConstraint("schedule_id", "slot"),
    Index(None, "state", "claimed_until"),
)

# Images for the covers of reports, decoded and written anew; a run names one by its hash.
report_logos = Table(
    "report_logos",
    metadata,
    _key(),
    _workspace(),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("png", LargeBinary, nullable=False),
    _text("name"),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    _at("added_at"),
    _text("added_by"),
    UniqueConstraint("workspace_id", "sha256"),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    _key(),
    _workspace(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=False),  # its owner
    _text("name"),
    _text("name_key"),  # fold_case(name): a person has one search of a name
    _text("query"),  # as it was written: relative dates stay relative
    Column("language", Integer, nullable=False),  # search.parse.LANGUAGE when it was written
    _text("zone"),
    Column("shared", Boolean, nullable=False),
    _at("created_at"),
    _at("changed_at"),
    UniqueConstraint("workspace_id", "person_id", "name_key"),
)

# Lists of who had what at a moment. `imported_seq` is the event that tells of the import: who looks
# at fewer events does not know it. Like the events they are never changed.
baselines = Table(
    "baselines",
    metadata,
    _key(),
    _workspace(),
    _at("at"),
    _text("name"),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("file", LargeBinary, nullable=False),  # to the byte as it came
    Column("lines", BigInteger, nullable=False),
    _at("imported_at"),
    _text("imported_by"),
    Column("imported_seq", BigInteger, nullable=False),
    Index(None, "workspace_id"),
)

baseline_lines = Table(
    "baseline_lines",
    metadata,
    Column("baseline_id", Big, ForeignKey("baselines.id"), nullable=False),
    Column("line", BigInteger, nullable=False),  # of the file, its header is 1
    _text("subject_kind"),
    _text("subject_name", nullable=True),
    _text("subject_id", nullable=True),
    _text("object_kind"),
    _text("object_name", nullable=True),
    _text("object_id", nullable=True),
    _text("role", nullable=True),
    PrimaryKeyConstraint("baseline_id", "line"),
)

baseline_removals = Table(
    "baseline_removals",
    metadata,
    Column("baseline_id", Big, ForeignKey("baselines.id"), primary_key=True, autoincrement=False),
    _at("removed_at"),
    _text("removed_by"),
    Column("removed_seq", BigInteger, nullable=False),
)
