"""Baselines as files: the list of them, and the lines of one with what they do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.csv import iterate_table
from auditdash.events.instants import to_rfc3339
from auditdash.queries.access.baselines import LineEffect
from auditdash.store.baselines.rows import Baseline, Line

VERSION: Final = 1
_BASELINES: Final = (
    *("baseline", "at", "file", "sha256", "lines"),
    *("imported_at", "imported_by", "imported_seq", "removed_at", "removed_by", "removed_seq"),
)
_LINE: Final = Line.__struct_fields__


def iterate_baselines_csv(baselines: Iterable[Baseline]) -> Iterator[bytes]:
    """All that were ever imported, a row each. Instants are UTC."""
    return iterate_table(_BASELINES, (_baseline(each) for each in baselines))


def iterate_lines_csv(lines: Iterable[LineEffect]) -> Iterator[bytes]:
    """The lines of one as they were understood, with what each does to the picture."""
    rows = (
        (*(getattr(each.line, name) for name in _LINE), each.effect, each.contradiction)
        for each in lines
    )
    return iterate_table((*_LINE, "effect", "contradiction"), rows)


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
