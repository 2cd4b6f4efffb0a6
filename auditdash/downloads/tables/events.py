"""The table of the events of a search. Its CSV is written by columns, its NDJSON are the records as
they came, and what is typed comes from the index and the records, without an event of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from auditdash.downloads.cells import csv_line
from auditdash.downloads.columns import COLUMNS, cells_of, context_text
from auditdash.downloads.event_lines import EventLines
from auditdash.downloads.ndjson import lines_of
from auditdash.downloads.tables.table import Table, Typed, columns_of
from auditdash.events.catalogue import category_of, op_of
from auditdash.events.folding import storable
from auditdash.index.batch import Entry
from auditdash.queries.stream import Stretch, iterate_records, iterate_stretches
from auditdash.records.glance import glance_at
from auditdash.records.normalise import correlation_of, normalise
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_MANY: Final = 4_000
_COLUMNS: Final = columns_of(COLUMNS)
_OCCURRED, _RECEIVED = COLUMNS.index("occurred_at"), COLUMNS.index("received_at")
_Texts = tuple[str | None, ...]


class EventTable(Table):
    """All events that were asked for, in the order of the query, from the connection's snapshot."""

    def __init__(self, connection: Connection, query: Query, scope: Scope, clock: Clock) -> None:
        super().__init__(_COLUMNS, ())
        self._asked = (connection, query, scope, clock)

    def csv(self) -> Iterator[bytes]:
        """As every table, by columns."""
        yield csv_line(COLUMNS).encode()
        lines = EventLines()
        for stretch in iterate_stretches(*self._asked):
            self.rows += len(stretch.records)
            yield lines.write(stretch)

    def ndjson(self) -> Iterator[bytes]:
        """The records exactly as they came: importing them gives the same events."""
        for records in iterate_records(*self._asked):
            self.rows += len(records)
            yield lines_of(records)

    def typed(self) -> Iterator[list[Typed]]:
        """As every table."""
        known: dict[str, dict[int, _Texts]] = {name: {} for name in _CODED}
        held: list[Typed] = []
        for stretch in iterate_stretches(*self._asked):
            self.rows += len(stretch.records)
            some = _typed(stretch, known)
            held = [a + b for a, b in zip(held, some, strict=True)] if held else some
            if len(held[0]) >= _MANY:
                yield held
                held = []
        if held:
            yield held


def _typed(stretch: Stretch, known: dict[str, dict[int, _Texts]]) -> list[Typed]:
    glances, odd = glance_at(stretch.records)
    found: list[Typed] = [stretch.seqs, stretch.occurred_at, stretch.received_at]
    found += _coded(stretch, "source", known)
    found.append([storable(glance.id or "") or None for glance in glances])
    for name in ("action", "outcome", "actor", "ip", "ua", "subject", "role", "entity"):
        found += _coded(stretch, name, known)
    found.append([correlation_of(each.context) if each.context else None for each in glances])
    found += _coded(stretch, "workspace", known)
    found.append([storable(glance.description or "") or None for glance in glances])
    found.append([context_text(glance.context or {}) for glance in glances])
    found.append([glance.timestamp for glance in glances])
    for place in odd:
        for column, value in zip(found, _odd(stretch, place), strict=True):
            column[place] = value
    return found


def _coded(stretch: Stretch, name: str, known: dict[str, dict[int, _Texts]]) -> list[Typed]:
    """The columns of a code; what it stands for is made once in an answer."""
    codes, entries, texts = stretch.codes[name], stretch.entries[name], known[name]
    for code in set(codes).difference(texts):
        texts[code] = _CODED[name](entries[code])
    return [list(column) for column in zip(*map(texts.__getitem__, codes), strict=True)]


def _odd(stretch: Stretch, place: int) -> Sequence[Any]:
    """One that cannot be read at a glance, made of its event."""
    source = stretch.entries["source"][stretch.codes["source"][place]][0] or ""
    event = normalise(stretch.records[place], source, stretch.slug)
    cells: list[Any] = [each or None for each in cells_of(event)]
    cells[0] = stretch.seqs[place]
    cells[_OCCURRED], cells[_RECEIVED] = stretch.occurred_at[place], stretch.received_at[place]
    return cells


def _action(entry: Entry) -> _Texts:
    action = entry[0] or ""
    return (action or None, category_of(action) or None, op_of(action) or None)


def _first(entry: Entry) -> _Texts:
    return (entry[0] or None,)


def _named(entry: Entry) -> _Texts:
    """Type, name and id, which stands before the name in the index."""
    return (entry[0] or None, entry[2] or None, entry[1] or None)


_CODED: Final[dict[str, Callable[[Entry], _Texts]]] = {
    **dict.fromkeys(("source", "outcome", "ip", "ua", "role", "workspace"), _first),
    **dict.fromkeys(("subject", "entity"), _named),
    "action": _action,
    "actor": lambda entry: (entry[1] or None, entry[0] or None),
}
