"""Lines of an access review are decided, or given to another reviewer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.downloads.access_rows import role_text
from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case, storable
from auditdash.ingest.accesses import Act
from auditdash.management.reviewing.begin import DECIDED, HANDED_OVER, open_one, tell
from auditdash.management.reviewing.reviewers import Reviewer
from auditdash.queries.access.nodes import Node
from auditdash.queries.access.rows import open_sight
from auditdash.queries.reviewing.own import Concerned
from auditdash.search.scope import Scope
from auditdash.store.campaigns.lines import Which, append_decisions, assign_lines, find_some
from auditdash.store.campaigns.rows import CHANGE, DECISIONS, KEEP, Campaign, Decision, Line

LONGEST_REASON: Final = 2_000
LONGEST_ROLE: Final = 100
MOST: Final = 1_000  # lines in one act


class Choice(Struct, frozen=True, kw_only=True):
    """What somebody decides, as it was typed."""

    decision: str
    to_role: str = ""
    reason: str = ""


def check_choice(choice: Choice, lines: Sequence[Line]) -> Choice:
    """The same as it is kept; BadInput for what lacks a reason or a role, or changes nothing."""
    if choice.decision not in DECISIONS:
        raise BadInput("nothing was decided", where="decision", expected="keep, remove or change")
    reason, role = storable(choice.reason).strip(), " ".join(storable(choice.to_role).split())
    if len(reason) > LONGEST_REASON:
        most = f"{LONGEST_REASON:,} letters at most"
        raise BadInput("the reason is too long", where="reason", expected=most)
    if choice.decision != KEEP and not reason:
        raise BadInput("a reason is missing", where="reason", expected="why it is not kept")
    if choice.decision != CHANGE:
        return Choice(decision=choice.decision, reason=reason)
    if not role or len(role) > LONGEST_ROLE or not role.isprintable():
        expected = f"1 to {LONGEST_ROLE} printable letters"
        raise BadInput("the new role is missing", where="to_role", expected=expected)
    for line in lines:
        if line.object_kind == "group":
            raise BadInput("a group has no roles", where="decision", expected="keep or remove")
        if line.role is not None and fold_case(line.role) == fold_case(role):
            raise BadInput("that is the role it has", where="to_role", expected="another role")
    return Choice(decision=CHANGE, to_role=role, reason=reason)


def find_own(
    connection: Connection, scope: Scope, campaign: Campaign, lines: Iterable[Line], who: Reviewer
) -> set[int]:
    """The numbers of the lines that are about this reviewer's own access, as it was frozen."""
    sight = open_sight(connection, structs.replace(scope, highest_seq=campaign.seq))
    concerned = Concerned(sight, campaign.at)
    return {each.line for each in lines if concerned.is_about(each, who.names)}


def find_to_decide(
    connection: Connection, scope: Scope, campaign: Campaign, numbers: Sequence[int], who: Reviewer
) -> list[Line]:
    """Lines that this reviewer can decide on; BadInput where one is somebody else's to decide, or
    is about their own access. What it looks at is frozen, so it may be asked before the deed."""
    lines = _some(connection, campaign.id, numbers)
    own = find_own(connection, scope, campaign, lines, who)
    if own:
        raise BadInput(
            f"line {min(own):,} is about your own access",
            where="line",
            expected="another reviewer for it",
        )
    return lines


def decide(
    connection: Connection, act: Act, number: int, lines: Sequence[Line], choice: Choice, by: int
) -> None:
    """One decision on lines of `find_to_decide`; what was decided before is kept."""
    campaign = open_one(connection, act, number)
    now_asked = _some(connection, number, [each.line for each in lines])
    for line in now_asked:
        if line.person_id != by:
            raise BadInput(
                f"line {line.line:,} is not yours to decide",
                where="line",
                expected=f"{line.reviewer or 'another reviewer'} for it",
            )
    checked = check_choice(choice, now_asked)
    told = {
        "decision": checked.decision,
        "lines": ranges([each.line for each in lines]),
        "reason": checked.reason,
    }
    if checked.to_role:
        told["changed_to"] = checked.to_role
    if len(now_asked) == 1:
        told |= _said(now_asked[0])
    seq = tell(connection, act, campaign, DECIDED, "decided", told)
    rows = [
        Decision(
            line=each.line,
            decision=checked.decision,
            to_role=checked.to_role,
            reason=checked.reason,
            person_id=by,
            decided_by=act.by,
            decided_at=act.now,
            seq=seq,
        )
        for each in lines
    ]
    append_decisions(connection, number, rows)


def hand_over(
    connection: Connection, act: Act, number: int, numbers: Sequence[int], to: Reviewer
) -> None:
    """Ask another reviewer about these lines; which of them are theirs is asked before."""
    campaign = open_one(connection, act, number)
    lines = _some(connection, number, numbers)
    told = {"lines": ranges([each.line for each in lines]), "reviewer": to.username}
    tell(connection, act, campaign, HANDED_OVER, "handed over", told)
    assign_lines(connection, number, [each.line for each in lines], to.person_id)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in few words: 1-3, 7."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def _some(connection: Connection, number: int, numbers: Sequence[int]) -> list[Line]:
    wanted = sorted(set(numbers))
    if not wanted:
        raise BadInput("no line is selected", where="line", expected="one line at least")
    if len(wanted) > MOST:
        raise BadInput("these are too many lines at once", where="line", expected=f"{MOST:,}")
    lines = find_some(connection, Which(campaign_id=number), wanted)
    if len(lines) != len(wanted):
        raise BadInput("there is no such line in this review", where="line")
    return lines


def _said(line: Line) -> dict[str, str]:
    """Who and to what, with which role."""
    who = Node(line.subject_kind, line.subject_id, line.subject_name)
    thing = Node(line.object_kind, line.object_id, line.object_name)
    return {
        "who": who.label or who.kind,
        "to_what": thing.label or thing.kind,
        "with": role_text(line.role, thing),
    }
