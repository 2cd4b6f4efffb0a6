"""The plain table: one column of text for each field of an event, as anybody would make it."""

from __future__ import annotations

COLUMNS = (
    "id",
    "occurred_at",
    "action",
    "description",
    "workspace",
    "actor_id",
    "actor",
    "ip",
    "user_agent",
    "entity_type",
    "entity_id",
    "entity",
    "subject",
    "role",
    "correlation_id",
    "context",
)
# As the feed names what the subject column holds, best first.
SUBJECT_KEYS = ("member_username", "group_name", "email", "channel_name")
SEARCHED = ("actor", "action", "entity", "subject", "description", "ip", "context")
INDEXED = ("action", "actor", "entity", "ip")  # each with the time; the time alone is the fifth

ACTIONS = """
CREATE TABLE actions (
    action TEXT PRIMARY KEY, category TEXT, permission INTEGER, subject_is_entity INTEGER
)
"""

# What the wire holds, for msgspec and DuckDB.
ActionRow = tuple[str, str, int, int]


def create_table(key: str = "") -> str:
    """CREATE TABLE events, with `key` after the id."""
    columns = ", ".join(f"{name} TEXT{key if name == 'id' else ''}" for name in COLUMNS)
    return f"CREATE TABLE events ({columns})"


def insert() -> str:
    """INSERT of one row with a ? for each column."""
    return f"INSERT INTO events VALUES ({', '.join('?' * len(COLUMNS))})"
