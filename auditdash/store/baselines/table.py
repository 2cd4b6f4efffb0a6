"""The tables of baselines: only ever inserted, also when one is removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from auditdash.events.instants import Instant
from auditdash.store.baselines.rows import Baseline, Line
from auditdash.store.engine import insert_tuples
from auditdash.store.schema import baseline_lines, baseline_removals, baselines, workspaces

_NAMES: Final = Line.__struct_fields__
_FIND = (
    select(
        *(baselines.c[name] for name in Baseline.__struct_fields__ if name in baselines.c),
        baseline_removals.c.removed_at,
        baseline_removals.c.removed_by,
        baseline_removals.c.removed_seq,
    )
    .outerjoin(baseline_removals, baseline_removals.c.baseline_id == baselines.c.id)
    .where(baselines.c.workspace_id == bindparam("workspace"))
    .order_by(baselines.c.at, baselines.c.id)
)


def lock_baselines(connection: Connection, workspace_id: int) -> None:
    """Of two who import at once, the second waits to see what the first did."""
    found = select(workspaces.c.id).where(workspaces.c.id == workspace_id)
    connection.execute(found.with_for_update())


def append_baseline(
    connection: Connection, workspace_id: int, values: dict[str, object], lines: Sequence[Line]
) -> int:
    """Keep a list with its lines; its id."""
    row = {"workspace_id": workspace_id, "lines": len(lines), **values}
    baseline_id = int(
        connection.execute(insert(baselines).returning(baselines.c.id), row).scalar_one()
    )
    rows = ((baseline_id, *(getattr(each, name) for name in _NAMES)) for each in lines)
    insert_tuples(connection, baseline_lines, ("baseline_id", *_NAMES), rows)
    return baseline_id


def append_removal(
    connection: Connection, baseline_id: int, at: Instant, by: str, seq: int
) -> None:
    """Take a list out of the picture; it stays."""
    row = {"baseline_id": baseline_id, "removed_at": at, "removed_by": by, "removed_seq": seq}
    connection.execute(insert(baseline_removals), row)


def find_baselines(connection: Connection, workspace_id: int) -> list[Baseline]:
    """All that were ever imported, by the moment that they tell of."""
    rows = connection.execute(_FIND, {"workspace": workspace_id}).mappings()
    return [Baseline(**{**row, "sha256": bytes(row["sha256"])}) for row in rows]


def find_baseline(connection: Connection, workspace_id: int, baseline_id: int) -> Baseline | None:
    """One of them."""
    found = find_baselines(connection, workspace_id)
    return next((each for each in found if each.id == baseline_id), None)


def find_file(connection: Connection, baseline_id: int) -> bytes:
    """The file to the byte as it came."""
    statement = select(baselines.c.file).where(baselines.c.id == baseline_id)
    return bytes(connection.execute(statement).scalar_one())


def iterate_lines(connection: Connection, baseline_id: int) -> Iterable[Line]:
    """The lines of one, in the order of the file."""
    statement = (
        select(*(baseline_lines.c[name] for name in _NAMES))
        .where(baseline_lines.c.baseline_id == baseline_id)
        .order_by(baseline_lines.c.line)
    )
    for row in connection.execute(statement):
        yield Line(**dict(zip(_NAMES, row, strict=True)))
