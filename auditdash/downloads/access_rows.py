"""Access as people read it: roles in words, and the columns of its files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from auditdash.downloads.cells import Value
from auditdash.downloads.tables.table import Table, columns_of
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.queries.access.difference import Delta
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.oddities import Oddity
from auditdash.queries.access.rows import Evidence, Way

VERSION: Final = 2
_NODE: Final = ("kind", "name", "id")
WAYS: Final = (
    *(f"subject_{part}" for part in _NODE),
    *(f"object_{part}" for part in _NODE),
    *("role", "through", "through_name", "through_id", "since", "until"),
    *("given_seq", "given_at", "given_by", "joined_seq", "joined_at", "joined_by"),
    *("ended_seq", "ended_at", "ended_by", "note"),
    *("given_baseline", "given_line", "joined_baseline", "joined_line"),
)
# What a reviewer writes behind each line of a review.
_DECISION: Final = ("decision", "decision_reason", "decided_by", "decided_at")
GRANTS: Final = ("line", *WAYS, *_DECISION)
DELTAS: Final = (
    "difference",
    *(f"subject_{part}" for part in _NODE),
    *(f"object_{part}" for part in _NODE),
    *("role_before", "role_after", "seq", "at", "by", "baseline", "line"),
)
_ODDITIES: Final = (
    *("kind", "seq", "at", "by"),
    *(f"subject_{part}" for part in _NODE),
    *(f"object_{part}" for part in _NODE),
    *("does_not_fit_seq", "does_not_fit_at"),
    *("baseline", "line", "does_not_fit_baseline", "does_not_fit_line"),
)
_LINES: Final = ("", "given_", "joined_", "does_not_fit_")
_WHOLE: Final = " ".join(f"{each}{part}" for each in _LINES for part in ("baseline", "line"))
_INSTANT: Final = "since until"
NOT_SEEN: Final = "known only from its end: given before the log begins, or not recorded"
DOUBTFUL: Final = "given when it, or the group, was already deleted"
AGAINST: Final = "listed by a baseline, against what the events say"
LISTED: Final = "listed by a baseline"
LISTED_BEFORE: Final = f"{LISTED}: since when is not recorded"


def ways_table(ways: Iterable[Way]) -> Table:
    """Ways to reach something, a row each."""
    return Table(columns_of(WAYS, whole=_WHOLE, instant=_INSTANT), map(way_cells, ways))


def grants_table(ways: Iterable[Way]) -> Table:
    """Access to be reviewed, a numbered row each, with empty columns for the decision."""
    empty = (None,) * len(_DECISION)
    rows = ((number, *way_cells(each), *empty) for number, each in enumerate(ways, 1))
    return Table(columns_of(GRANTS, whole=_WHOLE, instant=_INSTANT), rows)


def deltas_table(deltas: Iterable[Delta]) -> Table:
    """What is different, a row each."""
    return Table(columns_of(DELTAS, whole=_WHOLE), (_delta(each) for each in deltas))


def oddities_table(oddities: Iterable[Oddity]) -> Table:
    """What does not fit together, a row each."""
    return Table(columns_of(_ODDITIES, whole=_WHOLE), (_oddity(each) for each in oddities))


def role_text(role: str | None, thing: Node) -> str:
    """A role as it was written, or plain words: of a group one is a member."""
    if role is not None:
        return role
    return "member" if thing.kind == "group" else "access, role not recorded"


def doubt_of(way: Way) -> str:
    """What must be known of a way before it is believed, or ""."""
    if way.doubtful:
        return AGAINST if way.stated else DOUBTFUL
    unseen = way.given is None or (way.kind == "group" and way.joined is None)
    return NOT_SEEN if way.since is None and unseen else ""


def note_of(way: Way) -> str:
    """The same, and whether a baseline lists it."""
    listed = LISTED_BEFORE if way.since is None else LISTED
    return doubt_of(way) or (listed if way.stated else "")


def line_cells(evidence: Evidence | None) -> tuple[Value, ...]:
    """The numbers of a baseline and of its line; empty where it is no baseline that tells."""
    line = evidence.line if evidence else None
    return (line.baseline, line.line) if line else (None, None)


def way_cells(way: Way) -> tuple[Value, ...]:
    """One cell for each of WAYS."""
    through = way.through
    return (
        *_node(way.subject),
        *_node(way.object),
        role_text(way.role, way.object),
        way.kind,
        through.name if through else None,
        through.id if through else None,
        _instant(way.since),
        _instant(way.until),
        *_evidence(way.given),
        *_evidence(way.joined),
        *_evidence(way.ended),
        note_of(way),
        *line_cells(way.given),
        *line_cells(way.joined),
    )


def _delta(delta: Delta) -> tuple[Value, ...]:
    roles = (
        None if delta.kind == "gained" else role_text(delta.before, delta.object),
        None if delta.kind == "lost" else role_text(delta.after, delta.object),
    )
    nodes = (*_node(delta.subject), *_node(delta.object))
    return (delta.kind, *nodes, *roles, *_evidence(delta.told), *line_cells(delta.told))


def _oddity(oddity: Oddity) -> tuple[Value, ...]:
    told = _evidence(oddity.told)
    nodes = (*_node(oddity.subject), *_node(oddity.object))
    other = _evidence(oddity.other)[:2]
    return (oddity.kind, *told, *nodes, *other, *line_cells(oddity.told), *line_cells(oddity.other))


def _node(node: Node | None) -> tuple[Value, ...]:
    return (node.kind, node.name, node.id) if node else (None, None, None)


def _evidence(evidence: Evidence | None) -> tuple[Value, ...]:
    if evidence is None or evidence.line:
        return (None, None, None)
    return (evidence.seq, to_rfc3339(evidence.at), evidence.actor)


def _instant(instant: Instant | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)
