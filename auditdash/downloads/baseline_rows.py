"""Baselines as files: the list of them, and the lines of one with what they do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import to_rfc3339
from auditdash.queries.access.baselines import LineEffect
from auditdash.store.baselines.rows import Baseline, Line

VERSION: Final = 1
_BASELINES: Final = (
    *("baseline", "at", "file", "sha256", "lines"),
    *("imported_at", "imported_by", "imported_seq", "removed_at", "removed_by", "removed_seq"),
)
_LINE: Final = Line.__struct_fields__


def baselines_table(baselines: Iterable[Baseline]) -> Table:
    """All that were ever imported, a row each. Instants are UTC."""
    return Table(
        columns_of(_BASELINES, whole="baseline lines"), (_baseline(each) for each in baselines)
    )


def lines_table(lines: Iterable[LineEffect]) -> Table:
    """The lines of one as they were understood, with what each does to the picture."""
    rows = (
        (*(getattr(each.line, name) for name in _LINE), each.effect, each.contradiction)
        for each in lines
    )
    return Table(columns_of((*_LINE, "effect", "contradiction"), whole="line"), rows)


def _baseline(each: Baseline) -> tuple[Value, ...]:
    removed = None if each.removed_at is None else to_rfc3339(each.removed_at)
    return (
        each.id,
        to_rfc3339(each.at),
        each.name,
        each.sha256.hex(),
        each.lines,
        to_rfc3339(each.imported_at),
        each.imported_by,
        each.imported_seq,
        removed,
        each.removed_by,
        each.removed_seq,
    )
