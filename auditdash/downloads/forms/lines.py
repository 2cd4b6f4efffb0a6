"""All events of a question in one of the forms, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from auditdash.downloads.forms.form import Form, write_lines
from auditdash.queries.stream import iterate_events
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_AT_ONCE: Final = 500


def lines_in(form: Form) -> Callable[[Connection, Query, Scope, Clock], Iterator[bytes]]:
    """What writes the events of a question in this form, in pieces of some hundred lines."""

    def iterate(
        connection: Connection, query: Query, scope: Scope, clock: Clock
    ) -> Iterator[bytes]:
        events = iterate_events(connection, query, scope, clock)
        while some := list(islice(events, _AT_ONCE)):
            yield write_lines(form, some)

    return iterate
