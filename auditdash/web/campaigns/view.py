"""Reviews and their lines made ready for templates/campaigns/."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from auditdash.downloads.access_rows import role_text
from auditdash.downloads.campaign_rows import days_since, outcome_text
from auditdash.events.instants import MINUTE, Instant, to_datetime
from auditdash.events.periods import midnight
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.rows import BaselineLine, Evidence, roles_of
from auditdash.queries.reviewing.proof import Outcome
from auditdash.search.scope import Clock
from auditdash.store.campaigns.rows import UNDECIDED, Campaign, Count, Decision, Line
from auditdash.web.access.asked import Asked, Moment
from auditdash.web.access.view import NodeView, node_view

_KINDS: Final = {"done": "ok", "back": "danger", "open": "warning", "unclear": ""}
_WORDS: Final = {
    "keep": ("Keep", "ok"),
    "remove": ("Remove", "danger"),
    "change": ("Change", "info"),
}


class LineView(Struct, frozen=True, kw_only=True):
    """One line. `given` is what gave it; `history` all that was decided before the decision that
    holds, the oldest first. `own`: it is the reader's own access; `can_decide`: they are asked.
    `roles` are suggested for a change; none where there are no roles."""

    line: Line
    subject: NodeView
    object: NodeView
    role: str
    role_known: bool
    given: Evidence | None
    decision: tuple[str, str]
    outcome: str
    outcome_kind: str
    told: Evidence | None
    back: Evidence | None
    days: int
    history: Sequence[Decision]
    own: bool
    can_decide: bool
    roles: Sequence[str]


class ReviewerView(Struct, frozen=True, kw_only=True):
    """How far a reviewer is; without a name those lines that nobody is asked about."""

    name: str
    asked: int
    decided: int


class Progress(Struct, frozen=True, kw_only=True):
    """How far a review is: lines by decision, and what was done of those where it had to be."""

    lines: int
    undecided: int
    keep: int
    remove: int
    change: int
    done: int
    back: int
    open: int
    unclear: int
    nobodys: int
    mine: int
    reviewers: Sequence[ReviewerView]

    @property
    def decided(self) -> int:
        """Lines with a decision."""
        return self.lines - self.undecided

    @property
    def percent(self) -> int:
        """Whole ones, 100 only when all of it is decided."""
        return self.decided * 100 // self.lines if self.lines else 100


def progress(
    campaign: Campaign, counts: Iterable[Count], outcomes: Mapping[int, Outcome], person_id: int
) -> Progress:
    """The figures of a review; `mine` are the lines that wait for this person."""
    found = list(counts)
    by = Counter[str]()
    for each in found:
        by[each.decision] += each.count
    states = Counter(each.state for each in outcomes.values())
    waiting = [each for each in found if each.decision == UNDECIDED]
    return Progress(
        lines=campaign.lines,
        undecided=by[UNDECIDED],
        keep=by["keep"],
        remove=by["remove"],
        change=by["change"],
        done=states["done"],
        back=states["back"],
        open=states["open"],
        unclear=states["unclear"],
        nobodys=sum(each.count for each in found if each.person_id is None),
        mine=sum(each.count for each in waiting if each.person_id == person_id),
        reviewers=_reviewers(found),
    )


def _reviewers(counts: Iterable[Count]) -> list[ReviewerView]:
    asked, decided = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for each in counts:
        key = (each.reviewer or "", each.person_id or 0)
        asked[key] += each.count
        if each.decision != UNDECIDED:
            decided[key] += each.count
    return [
        ReviewerView(name=key[0], asked=asked[key], decided=decided[key]) for key in sorted(asked)
    ]


def asked_of(campaign: Campaign, clock: Clock) -> Asked:
    """The pages of access as of the moment that is reviewed, with what was known then."""
    at = campaign.at
    local = to_datetime(at, clock.zone)
    moment = Moment(at=at, day=local.date().isoformat())
    if at + 1 != midnight(local.date() + timedelta(days=1), clock.zone):
        up = to_datetime(Instant(-(-at // MINUTE) * MINUTE), clock.zone)
        moment = Moment(at=at, day=up.date().isoformat(), time=f"{up:%H:%M}")
    return Asked(moment=moment, text="", seq=campaign.seq)


def line_view(
    line: Line,
    asked: Asked,
    outcome: Outcome | None,
    history: Sequence[Decision],
    *,
    own: bool,
    can_decide: bool,
    now: Instant,
) -> LineView:
    """One row."""
    subject = Node(line.subject_kind, line.subject_id, line.subject_name)
    thing = Node(line.object_kind, line.object_id, line.object_name)
    decided = line.decided
    return LineView(
        line=line,
        subject=node_view(subject, asked),
        object=node_view(thing, asked),
        role=role_text(line.role, thing),
        role_known=line.role is not None or line.object_kind == "group",
        given=_given(line),
        decision=_WORDS[decided.decision] if decided else ("Undecided", ""),
        outcome=outcome_text(outcome) if outcome else "",
        outcome_kind=_KINDS[outcome.state] if outcome else "",
        told=outcome.told if outcome else None,
        back=outcome.back if outcome else None,
        days=days_since(decided.decided_at, now) if decided else 0,
        history=history[:-1],
        own=own,
        can_decide=can_decide,
        roles=roles_of(line.object_kind) if line.object_kind != "group" else (),
    )


def _given(line: Line) -> Evidence | None:
    if line.given_at is None:
        return None
    if line.given_baseline is not None and line.given_line is not None:
        stated = BaselineLine(line.given_baseline, line.given_line)
        return Evidence(0, line.given_at, None, stated)
    return Evidence(line.given_seq or 0, line.given_at, line.given_by)
