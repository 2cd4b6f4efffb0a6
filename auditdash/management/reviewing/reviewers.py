"""Who can be asked about lines of an access review, and who is asked about which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.accounts.memberships import list_members
from auditdash.accounts.people import find_person_by_id
from auditdash.accounts.roles import ROLES, Permission
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.queries.reviewing.own import Concerned
from auditdash.store.campaigns.rows import OBJECT, FrozenLine


class Reviewer(Struct, frozen=True, kw_only=True):
    """Somebody who may decide."""

    person_id: int
    username: str
    name: str

    @property
    def names(self) -> tuple[str, str]:
        """By which their own access is known."""
        return self.username, self.name


class Dealt(Struct, frozen=True, kw_only=True):
    """Who is asked, by the number of the line; and how many lines are about whose own access."""

    asked: dict[int, int]
    own: dict[int, int]


def find_reviewers(
    connection: Connection, workspace_id: int, now: Instant, also: int | None = None
) -> list[Reviewer]:
    """All members of a workspace who can decide now, by name. `also` is one who may without being a
    member: the demo has none."""
    found = [
        Reviewer(person_id=each.person_id, username=each.username, name=each.name)
        for each in list_members(connection, workspace_id)
        if not each.is_disabled
        and not each.is_over(now)
        and Permission.REVIEW in ROLES[each.role].may
    ]
    if also is not None and all(each.person_id != also for each in found):
        person = find_person_by_id(connection, also)
        if person is not None:
            found.append(Reviewer(person_id=person.id, username=person.username, name=person.name))
    return sorted(found, key=lambda each: (each.name, each.username))


def choose_reviewers(candidates: Sequence[Reviewer], chosen: Sequence[int]) -> list[Reviewer]:
    """Those with these ids; BadInput without any, and for one who cannot decide."""
    known = {each.person_id: each for each in candidates}
    if not chosen:
        raise BadInput("nobody is asked", where="reviewers", expected="one reviewer at least")
    if any(each not in known for each in chosen):
        raise BadInput(
            "somebody among the reviewers cannot decide here",
            where="reviewers",
            expected="admins and officers of this workspace",
        )
    return [known[each] for each in dict.fromkeys(chosen)]


def deal_out(
    lines: Sequence[FrozenLine], reviewers: Sequence[Reviewer], rule: str, concerned: Concerned
) -> Dealt:
    """Each line to one reviewer whose access it is not: to whoever has the fewest so far; by OBJECT
    all lines of one thing to the same, but for those of their own. Lines stand by their object."""
    own = {
        each.person_id: {line.line for line in lines if concerned.is_about(line, each.names)}
        for each in reviewers
    }
    counts = dict.fromkeys(own, 0)
    asked: dict[int, int] = {}
    for some in _together(lines, rule, own):
        turn = sorted(own, key=counts.__getitem__)
        for line in some:
            chosen = next((each for each in turn if line not in own[each]), None)
            if chosen is not None:
                asked[line] = chosen
                counts[chosen] += 1
    return Dealt(asked=asked, own={each: len(found) for each, found in own.items()})


def _together(
    lines: Sequence[FrozenLine], rule: str, own: dict[int, set[int]]
) -> Iterable[list[int]]:
    """Which lines are dealt out together; first those that not everyone can be asked about, so that
    the others even it out."""
    if rule == OBJECT:
        for _, some in groupby(
            lines, lambda each: (each.object_kind, each.object_id, each.object_name)
        ):
            yield [each.line for each in some]
        return
    narrow = set().union(*own.values())
    yield from ([each.line] for each in lines if each.line in narrow)
    yield from ([each.line] for each in lines if each.line not in narrow)
