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
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

# Code point order in both databases, so that sorting and prefixes agree.
Plain: TypeEngine[str] = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
# JSON text as it came, or bytes: what SQLite keeps in one column takes two types elsewhere.
Record: TypeEngine[str] = Text().with_variant(LargeBinary(), "postgresql")
# SQLite numbers rows by itself only in a column that is INTEGER to the letter.
Big: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")


def _key() -> Column[int]:
    return Column("id", Big, primary_key=True, autoincrement=True)


def _workspace() -> Column[int]:
    return Column("workspace_id", Big, ForeignKey("workspaces.id"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Plain, nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


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

# Where reports can be sent. What opens it is sealed; it is ended, never removed.
destinations = Table(
    "destinations",
    metadata,
    _key(),
    _workspace(),
    _text("name"),
    _text("kind"),  # mail, folder, s3, webhook, slack
    _text("config"),  # reports.sending.destinations, JSON
    Column("sealed", LargeBinary, nullable=True),
    Column("created_by", Big, ForeignKey("people.id"), nullable=True),
    _at("created_at"),
    _at("ended_at", nullable=True),
    Index(None, "workspace_id"),
)

schedules = Table(
    "schedules",
    metadata,
    _key(),
    _workspace(),
    _text("kind"),
    _text("zone"),
    Column("created_by", Big, ForeignKey("people.id"), nullable=True),
    Column("name", Plain, nullable=False, server_default="Monthly report"),
    Column("rhythm", Plain, nullable=False, server_default="monthly 1 06:00"),
    Column("ends_on", Plain, nullable=True),  # the last local day, 2026-12-31
    Column("when_empty", Boolean, nullable=False, server_default=true()),
    Column("owner_id", Big, ForeignKey("people.id"), nullable=True),
    Column("tell", Plain, nullable=False, server_default=""),  # where the owner gets mail
    _at("ended_at", nullable=True),
    _at("created_at"),
    _at("next_at"),
    Column("paused", Boolean, nullable=False),
    Column("order", Plain, nullable=False, server_default="{}"),  # reports.orders.order, JSON
)

schedule_destinations = Table(
    "schedule_destinations",
    metadata,
    Column("schedule_id", Big, ForeignKey("schedules.id"), nullable=False),
    Column("destination_id", Big, ForeignKey("destinations.id"), nullable=False),
    PrimaryKeyConstraint("schedule_id", "destination_id"),
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

# One thing to send to one recipient. `key` is the same for each attempt.
deliveries = Table(
    "deliveries",
    metadata,
    _key(),
    _workspace(),
    Column("key", Plain, nullable=False, unique=True),
    _text("purpose"),  # report, failure, test
    Column("run_id", Big, ForeignKey("report_runs.id"), nullable=True),
    Column("destination_id", Big, ForeignKey("destinations.id"), nullable=True),
    _text("recipient"),  # a mail address; of other kinds empty
    _text("note"),  # what it says, where it is about no report
    Column("when_empty", Boolean, nullable=False),
    _at("created_at"),
    _text("state"),  # waiting, sending, done, failed, skipped
    _count("attempts"),
    _at("next_at"),
    _at("claimed_until", nullable=True),
    _text("outcome"),
    _at("finished_at", nullable=True),
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
    _key(),
    _workspace(),
    Column("person_id", Big, ForeignKey("people.id"), nullable=True),  # None: everybody
    _at("at"),
    _text("text"),
    _text("path"),
    _at("seen_at", nullable=True),
    Index(
        "ix_notices_unseen",
        "workspace_id",
        sqlite_where=text("seen_at IS NULL"),
        postgresql_where=text("seen_at IS NULL"),
    ),
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
