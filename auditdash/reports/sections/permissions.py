"""Whose access was changed by whom, with the role before and after."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.permission_rows import access_texts, unknown_text
from auditdash.events.catalogue import action_label
from auditdash.events.event import Entity, Subject
from auditdash.events.instants import Instant, to_datetime
from auditdash.events.wording import time_text
from auditdash.queries.permission_changes import (
    ChangeCounts,
    PermissionChange,
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
)
from auditdash.reports.longtables.table import Cell, Column, LongTable, write_rows_of
from auditdash.reports.question import Question
from auditdash.reports.sections.listing import LONG

_MOST_OWN: Final = 200  # printed a second time
_NAME: Final = "permissions"
_COLUMNS: Final = (
    Column(title="When", millimetres=21, is_header=True),
    Column(title="Who", millimetres=31),
    Column(title="Whose access", millimetres=33),
    Column(title="To what", millimetres=33),
    Column(title="What, before → after"),
    Column(title="Event no.", millimetres=15, align="right"),
)
_ABOVE_MM: Final = 15  # its heading, at the top of a page


class ChangeRow(Struct, frozen=True, kw_only=True):
    """One change as it is printed. `kind` is granted, revoked or changed."""

    seq: int
    at: Instant
    actor: str | None
    address: str | None
    subject: str | None
    subject_type: str | None
    entity: str | None
    entity_type: str | None
    label: str
    kind: str
    before: str
    after: str
    self_made: bool


class Permissions(Struct, frozen=True, kw_only=True):
    """All changes counted, the first ones listed. `people` changed something."""

    counts: ChangeCounts
    rows: tuple[ChangeRow, ...]
    self_made: tuple[ChangeRow, ...]

    @property
    def is_long(self) -> bool:
        """Whether reports.longtables sets them."""
        return len(self.rows) > LONG


def gather_permissions(connection: Connection, question: Question, limit: int) -> Permissions:
    """Count all changes of the question and list the first `limit`, oldest first."""
    asked = (connection, question.query, question.scope, question.clock)
    first = find_first_recorded(connection, question.scope)
    unknown = unknown_text(first, question.clock.zone)
    page = find_permission_changes(*asked, limit=limit)
    rows = tuple(_row(change, unknown) for change in page.changes)
    return Permissions(
        counts=count_permission_changes(*asked),
        rows=rows,
        self_made=tuple(islice((row for row in rows if row.self_made), _MOST_OWN)),
    )


def write_long_changes(
    part: Permissions, zone: ZoneInfo, millimetres: float, folder: Path
) -> LongTable:
    """Its rows, in a file of the folder; `millimetres` is how high the text of a page is."""
    path = folder / f"{_NAME}.rows"
    write_rows_of(path, (_cells(row, zone) for row in part.rows))
    return LongTable(
        name=_NAME, columns=_COLUMNS, rows=str(path), first_millimetres=millimetres - _ABOVE_MM
    )


def _cells(row: ChangeRow, zone: ZoneInfo) -> tuple[Cell, ...]:
    kind = "" if row.subject_type == "member" else row.subject_type
    whose = ("Own access" if row.self_made else "", kind)
    return (
        Cell(f"{to_datetime(row.at, zone):%Y-%m-%d}", time_text(row.at, zone)),
        Cell(row.actor or "unknown", row.address or ""),
        Cell(row.subject or "nobody named", ", ".join(filter(None, whose))),
        Cell(row.entity or "not named", row.entity_type or ""),
        Cell(row.label, f"{row.before} → {row.after}"),
        Cell(f"{row.seq:,}"),
    )


def _row(change: PermissionChange, unknown: str) -> ChangeRow:
    event = change.event
    before, after = access_texts(change, unknown)
    return ChangeRow(
        seq=event.seq,
        at=event.occurred_at,
        actor=event.actor.username or event.actor.id,
        address=event.actor.ip,
        subject=_name(event.subject),
        subject_type=event.subject.type,
        entity=_name(event.entity),
        entity_type=event.entity.type,
        label=action_label(event.action),
        kind=change.kind,
        before=before,
        after=after,
        self_made=change.self_made,
    )


def _name(named: Subject | Entity) -> str | None:
    return named.name or named.id
