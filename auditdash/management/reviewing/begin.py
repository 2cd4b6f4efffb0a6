"""An access review is planned, begun and closed."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.downloads.access_rows import note_of
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, to_rfc3339
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.management.reviewing.reviewers import Dealt, Reviewer, deal_out
from auditdash.queries.access.rows import open_sight
from auditdash.queries.reviewing.freeze import find_grants, freeze
from auditdash.queries.reviewing.own import Concerned
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.campaigns.rows import RULES, Campaign, FrozenLine, NewCampaign
from auditdash.store.campaigns.table import (
    close_campaign,
    find_campaign,
    insert_campaign,
    lock_campaign,
)
from auditdash.store.saved_searches import parse_name

CREATED, DECIDED, HANDED_OVER, CLOSED = (
    f"auditdash_review_{deed}" for deed in ("created", "decided", "handed_over", "closed")
)
ENTITY: Final = "access_review"


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody decides about a review, as it was typed."""

    name: str
    at: Instant
    query: str
    rule: str
    due_at: Instant


class Plan(Struct, frozen=True, kw_only=True):
    """A review that could begin: its lines, and who would be asked."""

    new: NewCampaign
    lines: list[FrozenLine]
    reviewers: list[Reviewer]
    dealt: Dealt

    @property
    def nobodys(self) -> int:
        """How many lines nobody would be asked about: all reviewers have the access."""
        return len(self.lines) - len(self.dealt.asked)

    def count_of(self, person_id: int) -> int:
        """How many lines one of them would be asked about."""
        return sum(each == person_id for each in self.dealt.asked.values())


def plan_review(
    connection: Connection, scope: Scope, clock: Clock, wanted: Wanted, reviewers: list[Reviewer]
) -> Plan:
    """What would be asked of whom, as far as is known now; BadInput names what cannot be, a
    QueryError what cannot be searched."""
    if wanted.at > clock.now:
        raise BadInput("that moment is still to come", where="on", expected="a past moment")
    if wanted.due_at <= clock.now:
        raise BadInput("that day is over", where="due", expected="a day to come")
    if wanted.rule not in RULES:
        raise BadInput("this is no way to deal lines out", where="rule")
    seq = find_highest_seq(connection, scope)
    sight = open_sight(connection, structs.replace(scope, highest_seq=seq))
    found = find_grants(sight, parse(wanted.query), clock, wanted.at)
    if not found:
        raise BadInput("nothing stood then that answers", where="q", expected="another search")
    concerned = Concerned(sight, wanted.at)
    lines = [freeze(concerned, at, way, note_of(way)) for at, way in enumerate(found, 1)]
    new = NewCampaign(
        name=parse_name(wanted.name),
        at=wanted.at,
        seq=seq,
        query=wanted.query,
        rule=wanted.rule,
        due_at=wanted.due_at,
    )
    dealt = deal_out(lines, reviewers, wanted.rule, concerned)
    return Plan(new=new, lines=lines, reviewers=reviewers, dealt=dealt)


def begin_review(connection: Connection, act: Act, plan: Plan) -> int:
    """It is asked from now on; its number."""
    number = insert_campaign(
        connection,
        act.workspace.id,
        plan.new,
        plan.lines,
        plan.dealt.asked,
        by=act.by,
        now=act.now,
    )
    found = there(connection, act, number)
    told = {
        "as_of": to_rfc3339(found.at),
        "known": str(found.seq),
        "query": found.query,
        "due": to_rfc3339(found.due_at),
        "lines": str(found.lines),
        "reviewers": ", ".join(each.username for each in plan.reviewers),
        "rule": found.rule,
    }
    tell(connection, act, found, CREATED, "begun", told)
    return number


def close_review(connection: Connection, act: Act, number: int, undecided: int) -> None:
    """Nothing is decided any more; what is undecided stays so."""
    found = open_one(connection, act, number)
    told = {"lines": str(found.lines), "undecided": str(undecided)}
    seq = tell(connection, act, found, CLOSED, "closed", told)
    close_campaign(connection, number, act.now, act.by, seq)


def open_one(connection: Connection, act: Act, number: int) -> Campaign:
    """A review that is open, and stays so until the transaction ends; BadInput for a closed one."""
    lock_campaign(connection, number)
    found = there(connection, act, number)
    if found.closed_at is not None:
        raise BadInput("this review is closed: nothing is decided any more")
    return found


def there(connection: Connection, act: Act, number: int) -> Campaign:
    """One of the workspace."""
    found = find_campaign(connection, act.workspace.id, number)
    if found is None:
        raise BadInput(f"there is no access review {number}")
    return found


def tell(
    connection: Connection, act: Act, found: Campaign, action: str, deed: str, told: dict[str, str]
) -> int:
    """Keep the event that tells of an act; its seq."""
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=action,
        description=f"access review {deed} in auditdash",
        entity=(ENTITY, str(found.id), found.name),
        context={"deed": deed, **told},
    )
    return append_access(connection, event)
