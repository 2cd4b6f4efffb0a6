"""Whose access was changed by whom, with the role before and after."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.permission_rows import access_texts, unknown_text
from auditdash.events.catalogue import action_label
from auditdash.events.event import Entity, Subject
from auditdash.events.instants import Instant
from auditdash.queries.permission_changes import (
    ChangeCounts,
    PermissionChange,
    count_permission_changes,
    find_first_recorded,
    find_permission_changes,
)
from auditdash.reports.question import Question


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
        self_made=tuple(row for row in rows if row.self_made),
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
