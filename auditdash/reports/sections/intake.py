"""What could not be counted as it came: unmapped, rejected, conflicting."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.catalogue import find_action
from auditdash.queries.evidence import (
    ActionCount,
    ConflictRow,
    RejectedRow,
    find_conflicts,
    find_rejected,
)
from auditdash.reports.question import Question
from auditdash.reports.sections.actions import ActionLine, line_of


class Intake(Struct, frozen=True, kw_only=True):
    """What could not be counted as it came."""

    unmapped: tuple[ActionLine, ...]
    rejected: int
    rejected_rows: tuple[RejectedRow, ...]
    conflicts: int
    conflict_rows: tuple[ConflictRow, ...]

    @property
    def unmapped_count(self) -> int:
        """Events of actions that the catalogue does not know."""
        return sum(line.count for line in self.unmapped)


def gather_intake(
    connection: Connection, question: Question, counts: Mapping[str, ActionCount], limit: int
) -> Intake:
    """Count all of it and list the first `limit` records of each kind."""
    made_at = question.clock.now
    rejected, rejected_rows = find_rejected(
        connection, question.scope, question.period, made_at, limit
    )
    conflicts, conflict_rows = find_conflicts(
        connection, question.query, question.scope, question.clock, made_at, limit
    )
    unmapped = sorted(name for name in counts if find_action(name) is None)
    return Intake(
        unmapped=tuple(line_of(name, counts[name]) for name in unmapped),
        rejected=rejected,
        rejected_rows=tuple(rejected_rows),
        conflicts=conflicts,
        conflict_rows=tuple(conflict_rows),
    )
