"""The columns of the file of an access review: what was asked, what was decided, what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from auditdash.downloads.access_rows import role_text
from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import DAY, Instant, to_rfc3339
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.rows import Evidence
from auditdash.queries.reviewing.proof import Outcome
from auditdash.store.campaigns.rows import Line

VERSION: Final = 1
_NODE: Final = ("kind", "name", "id")
COLUMNS: Final = (
    "line",
    *(f"subject_{part}" for part in _NODE),
    *(f"object_{part}" for part in _NODE),
    *("role", "through", "since", "given_seq", "given_at", "given_by"),
    *("given_baseline", "given_line", "ended_seq", "members", "note"),
    *("reviewer", "decision", "decision_role", "decision_reason"),
    *("decided_by", "decided_at", "decided_seq"),
    *("outcome", "done_seq", "done_at", "done_by", "back_seq", "back_at", "back_by", "open_days"),
)
_WHOLE: Final = "line given_baseline given_line members open_days"


def lines_table(lines: Iterable[Line], outcomes: Mapping[int, Outcome], now: Instant) -> Table:
    """A row each."""
    rows = (_cells(each, outcomes.get(each.line), now) for each in lines)
    return Table(columns_of(COLUMNS, whole=_WHOLE, instant="since"), rows)


def outcome_text(outcome: Outcome) -> str:
    """What became of a decision, in a few words."""
    match outcome.state:
        case "done":
            how = "taken away instead" if outcome.instead else "done"
            return f"{how}, before the decision" if outcome.early else how
        case "back":
            return "came back"
        case "open":
            return "not done yet"
        case "unclear":
            return "cannot be told"


def days_since(then: Instant, now: Instant) -> int:
    """Whole days."""
    return max(0, now - then) // DAY


def _cells(line: Line, outcome: Outcome | None, now: Instant) -> tuple[Value, ...]:
    thing = Node(line.object_kind, line.object_id, line.object_name)
    decided = line.decided
    is_open = outcome is not None and outcome.state == "open" and decided is not None
    return (
        line.line,
        *(line.subject_kind, line.subject_name, line.subject_id),
        *(line.object_kind, line.object_name, line.object_id),
        *(role_text(line.role, thing), line.through, _instant(line.since)),
        *(line.given_seq, _instant(line.given_at if line.given_seq else None), line.given_by),
        *(line.given_baseline, line.given_line, line.ended_seq, line.members, line.note),
        line.reviewer,
        *((decided.decision, decided.to_role, decided.reason) if decided else (None, None, None)),
        decided.decided_by if decided else None,
        _instant(decided.decided_at if decided else None),
        decided.seq if decided else None,
        outcome_text(outcome) if outcome else None,
        *_evidence(outcome.told if outcome else None),
        *_evidence(outcome.back if outcome else None),
        days_since(decided.decided_at, now) if is_open and decided else None,
    )


def _evidence(evidence: Evidence | None) -> tuple[Value, ...]:
    if evidence is None:
        return (None, None, None)
    return (evidence.seq or None, to_rfc3339(evidence.at), evidence.actor)


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
