"""As a program: answers the dashboard's questions on a loaded archive, in process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from auditdash.events import instants
from auditdash.queries.data_exports import summarise_exports
from auditdash.queries.facets import count_facets
from auditdash.queries.histogram import count_over_time
from auditdash.queries.permission_changes import count_permission_changes, find_permission_changes
from auditdash.queries.timeline import count_events, find_events
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import open_engine, reading
from auditdash.store.workspaces import list_workspaces
from tests.bench.workers import Message, serve

_ROWS = 50
_FACETS = ("actor", "action", "entity", "ip")  # what the peers count, too; the page shows more
_UTC = ZoneInfo("UTC")


class Answers:
    """One open archive."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._scope = Scope(workspace_id=0)

    def open(self, database_url: str) -> Message:
        """Open an archive; its only real workspace is asked."""
        self._engine = open_engine(database_url)
        with reading(self._engine) as connection:
            real = [each for each in list_workspaces(connection) if each.kind == "real"]
        self._scope = Scope(workspace_id=real[0].id)
        return {"version": _sqlite_version(self._engine)}

    def ask(self, kind: str, text: str) -> Message:
        """The seconds from the text to the whole answer, and its number (see answer_of)."""
        began = time.perf_counter()
        query, clock = parse(text), Clock(instants.now(), _UTC)
        with self._reading() as connection:
            answer = _KINDS[kind](connection, query, self._scope, clock)
            seconds = time.perf_counter() - began
        return {"seconds": seconds, "answer": answer}

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        assert self._engine is not None
        with reading(self._engine) as connection:
            yield connection


def _sqlite_version(engine: Engine) -> str:
    if engine.dialect.name != "sqlite":
        return ""
    with engine.connect() as connection:
        found: str = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    return found


def _page(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    return len(find_events(connection, query, scope, clock, limit=_ROWS).events)


def _histogram(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    return count_over_time(connection, query, scope, clock, "month").total


def _facets(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    return count_facets(connection, query, scope, clock, fields=_FACETS).total


def _exports(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    return summarise_exports(connection, query, scope, clock, _UTC).total


def _permissions(connection: Connection, query: Query, scope: Scope, clock: Clock) -> int:
    find_permission_changes(connection, query, scope, clock, limit=_ROWS)
    return count_permission_changes(connection, query, scope, clock).total


_KINDS: dict[str, Callable[[Connection, Query, Scope, Clock], int]] = {
    "page": _page,
    "count": count_events,
    "facets": _facets,
    "histogram": _histogram,
    "exports": _exports,
    "permissions": _permissions,
}

if __name__ == "__main__":
    answers = Answers()
    serve({"open": answers.open, "ask": answers.ask})
