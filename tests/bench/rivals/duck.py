"""DuckDB with a table of its own. As a program it takes events in and answers SQL."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from typing import Any

from tests.bench.rivals.schema import ACTIONS, SUBJECT_KEYS, ActionRow
from tests.bench.workers import Message, serve

_WIRE = """{
    id: 'VARCHAR', action: 'VARCHAR', description: 'VARCHAR', timestamp: 'TIMESTAMP',
    workspace_username: 'VARCHAR', context: 'JSON',
    actor: 'STRUCT(ip VARCHAR, user_agent VARCHAR, user_id VARCHAR, username VARCHAR)',
    entity: 'STRUCT(entity_name VARCHAR, entity_type VARCHAR, entity_id VARCHAR)'
}"""
_KEYS = ", ".join(f"context->>'{key}'" for key in SUBJECT_KEYS)
_ROWS = f"""
SELECT
    id, "timestamp" AS occurred_at, wire.action, description, workspace_username AS workspace,
    actor.user_id AS actor_id, actor.username AS actor, actor.ip AS ip,
    actor.user_agent AS user_agent, entity.entity_type AS entity_type,
    entity.entity_id AS entity_id, entity.entity_name AS entity,
    coalesce(CASE WHEN subject_is_entity = 1 THEN entity.entity_name END, {_KEYS}) AS subject,
    context->>'role' AS role, context->>'correlation_id' AS correlation_id,
    context::VARCHAR AS context
FROM read_json(?, format = 'newline_delimited', columns = {_WIRE}) wire
LEFT JOIN actions ON actions.action = wire.action
"""
_INSERT = f"INSERT INTO events {_ROWS}"


class Duck:
    """One open database."""

    def __init__(self) -> None:
        # Installed for the peers, not for us: our linters and tests do not know it.
        self._library: Any = importlib.import_module("duckdb")
        self._connection: Any = None

    def make(self, events: str, database: str, actions: Sequence[ActionRow]) -> Message:
        """A new table of a file, by DuckDB's own reader of JSON, on every core."""
        connection = self._library.connect(database)
        began = time.perf_counter()
        connection.execute(ACTIONS)
        connection.executemany("INSERT INTO actions VALUES (?, ?, ?, ?)", [*map(list, actions)])
        connection.execute(f"CREATE TABLE events AS {_ROWS}", [events])
        connection.execute("CHECKPOINT")
        return self._finish(connection, began)

    def add(self, events: str, database: str) -> Message:
        """Add a file to the table."""
        connection = self._library.connect(database)
        began = time.perf_counter()
        connection.execute(_INSERT, [events])
        connection.execute("CHECKPOINT")
        return self._finish(connection, began)

    def _finish(self, connection: Any, began: float) -> Message:
        seconds = time.perf_counter() - began
        count = connection.execute("SELECT count(*) FROM events").fetchone()[0]
        connection.close()
        return {"seconds": seconds, "events": count}

    def open(self, database: str) -> Message:
        """Open a database for `ask`."""
        self._connection = self._library.connect(database, read_only=True)
        return {"version": self._library.__version__}

    def ask(self, statements: Sequence[str], parameters: dict[str, str]) -> Message:
        """The rows of each statement, and the seconds that all took together."""
        began = time.perf_counter()
        rows = [self._run(statement, parameters) for statement in statements]
        return {"seconds": time.perf_counter() - began, "rows": rows}

    def _run(self, statement: str, parameters: dict[str, str]) -> list[list[str]]:
        used = {name: value for name, value in parameters.items() if f"${name}" in statement}
        rows = self._connection.execute(statement, used).fetchall()
        return [[str(value) for value in row] for row in rows]


if __name__ == "__main__":
    duck = Duck()
    serve({"make": duck.make, "add": duck.add, "open": duck.open, "ask": duck.ask})
