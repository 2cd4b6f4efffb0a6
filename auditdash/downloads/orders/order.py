"""One order of a table: what it is called, and how its rows are found, here or by a worker later.

An order is a struct of plain values. Query, scope and clock stand beside it, for it is asked with
what its reader may see.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.tables.table import Table
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope


class Asked(Struct, frozen=True, kw_only=True):
    """Of whom and of what a table is asked: `home` is the zone of the workspace, `domains` are the
    firm's own."""

    connection: Connection
    query: Query
    scope: Scope
    clock: Clock
    home: ZoneInfo
    domains: frozenset[str]

    @property
    def question(self) -> tuple[Connection, Query, Scope, Clock]:
        """As questions take it."""
        return self.connection, self.query, self.scope, self.clock


class Order(Struct, frozen=True, kw_only=True, tag_field="table"):
    """What every table that can be ordered tells. A struct has no abstract methods: what each kind
    must say itself raises until it does."""

    @property
    def stem(self) -> str:
        """The word in the file's name."""
        raise NotImplementedError  # each kind of order says its own

    @property
    def title(self) -> str:
        """What it is, for people."""
        raise NotImplementedError  # each kind of order says its own

    @property
    def arguments(self) -> tuple[tuple[str, str], ...]:
        """What was asked beside the query: name and value of each."""
        return ()

    def table(self, asked: Asked) -> Table:
        """Its rows, which live as long as the connection."""
        raise NotImplementedError  # each kind of order says its own

    def count(self, asked: Asked) -> int | None:
        """How many rows there will be, where that is quickly told."""
        return None
