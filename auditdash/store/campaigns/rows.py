"""What the tables of access reviews hold."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from auditdash.events.instants import Instant

KEEP, REMOVE, CHANGE = DECISIONS = ("keep", "remove", "change")
UNDECIDED: Final = ""
TURN, OBJECT = RULES = ("turn", "object")


class NewCampaign(Struct, frozen=True, kw_only=True):
    """What somebody decides about a review: the grants that stood `at` a moment, as far as the
    first `seq` events tell, narrowed by `query`; lines are dealt out by one of RULES."""

    name: str
    at: Instant
    seq: int
    query: str
    rule: str
    due_at: Instant


class Campaign(NewCampaign, frozen=True, kw_only=True):
    """A review. It is open until it is closed."""

    id: int
    workspace_id: int
    lines: int
    created_at: Instant
    created_by: str
    closed_at: Instant | None
    closed_by: str | None

    def is_overdue(self, now: Instant) -> bool:
        """Whether it is open still, and should not be."""
        return self.closed_at is None and now > self.due_at


class FrozenLine(Struct, frozen=True, kw_only=True):
    """One grant as it stood; `role` is None where none was told. `given_seq` is the event that
    gave it, or `given_baseline` and `given_line` state it; `ended_seq` is what ended it later, if
    that was known. `members` is how many the group had that has the access."""

    line: int
    subject_kind: str
    subject_name: str | None
    subject_id: str | None
    object_kind: str
    object_name: str | None
    object_id: str | None
    role: str | None
    through: str
    since: Instant | None
    given_seq: int | None
    given_at: Instant | None
    given_by: str | None
    given_baseline: int | None
    given_line: int | None
    ended_seq: int | None
    note: str
    members: int | None


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided of a line, by whom and when; `seq` is the event of our log that tells it."""

    line: int
    decision: str
    to_role: str
    reason: str
    person_id: int
    decided_by: str
    decided_at: Instant
    seq: int


class Line(FrozenLine, frozen=True, kw_only=True):
    """A line with who is asked (None: nobody yet), and the decision that holds."""

    person_id: int | None
    reviewer: str | None
    decided: Decision | None


class Count(Struct, frozen=True, kw_only=True):
    """How many lines of a reviewer (None: nobody's) have this decision, or none (UNDECIDED)."""

    person_id: int | None
    reviewer: str | None
    decision: str
    count: int
