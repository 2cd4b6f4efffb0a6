"""The file of what changed between two periods: one row for each name that is new or gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.changed.compare import Compared, Named

VERSION: Final = 2
CHANGED: Final = (
    *("kind", "change", "name", "id_or_type", "events", "period_start", "period_end"),
    "outside",
)


def changed_table(compared: Sequence[Compared]) -> Table:
    """The header and the rows, kind by kind, most events first. Instants are UTC."""
    rows = (
        _row(each, change, named)
        for each in compared
        for change, found in ((each.kind.new_head, each.new), (each.kind.gone_head, each.gone))
        for named in found
    )
    return Table(columns_of(CHANGED, whole="events", instant="period_start period_end"), rows)


def _row(compared: Compared, change: str, named: Named) -> tuple[Value, ...]:
    period = named.period
    return (
        compared.kind.name,
        change.casefold(),
        named.label,
        named.note,
        named.count,
        _text(period.start),
        _text(period.end),
        "" if named.outside is None else "yes" if named.outside else "no",
    )


def _text(instant: Instant | None) -> str:
    return "" if instant is None else to_rfc3339(instant)
