"""API tokens: who made them, who revoked them, and what became of whoever made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.instants import DAY, Instant
from auditdash.index.view import View
from auditdash.queries.counting.groups import MISSING as NOBODY
from auditdash.queries.counting.groups import groups_of
from auditdash.queries.counting.persons import people_of_subjects
from auditdash.queries.exports.listed import Listed
from auditdash.queries.exports.order import Ints
from auditdash.queries.inventory.chosen import chosen_by
from auditdash.queries.inventory.last_seen import NEVER, find_last_seen
from auditdash.queries.inventory.rows import Mark, Rows, Wanted, derive, mark_at, read_rows
from auditdash.queries.inventory.stretches import MISSING, Step, Stretches, Verb, find_stretches
from auditdash.queries.permissions.directions import DOWN
from auditdash.queries.permissions.ledger import ledger_of
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope

_VERBS: Final[dict[str, Verb]] = {
    "api_token_workspace_created": "begin",
    "api_token_member_key_generated": "begin",
    "api_token_workspace_revoked": "end",
    "api_token_member_key_revoked": "end",
}
_OF_WORKSPACE: Final = ("api_token_workspace_created", "api_token_workspace_revoked")
_WANTED: Final = Wanted("tokens", frozenset(_VERBS))
_ROLES: Final = Wanted("workspace roles", frozenset({"org_user_role_changed"}))
AWAY: Final = 90 * DAY  # whoever did nothing for so long may have left: the feed tells no leaving
KEPT, AWAY_MAKER, LOWERED, REVOKED = range(4)


class Token(Struct, frozen=True, kw_only=True):
    """One token. `began` None: made before the first event. `lowered`: the event that took from its
    maker a part of their workspace role afterwards; `maker_seen_at` None: they never did anything.
    `is_away`: nothing for 90 days. Both are told of tokens that are still there alone."""

    name: str | None
    id: str | None
    of_workspace: bool
    began: Mark | None
    ended: Mark | None
    lowered: Mark | None
    maker_seen_at: Instant | None
    is_away: bool


class Tokens(Struct, frozen=True, kw_only=True):
    """Those that need a look first: of makers who lost their role, then of makers who are away,
    then the others that are there, then revoked ones; of each those of the whole workspace, then
    the newest, first."""

    all: Sequence[Token]
    now: int
    lowered: int
    away: int


def find_tokens(connection: Connection, query: Query, scope: Scope, clock: Clock) -> Tokens:
    """The tokens that were made by an event that the query asks for; where it is not in sight,
    revoked by one."""
    view = open_view(connection, scope)
    rows = read_rows(view, _WANTED)
    stretches = derive(view, "tokens", rows, _derive)
    chosen = chosen_by(view, query, clock, _WANTED, rows, stretches)
    makers = _makers(view, rows, stretches)[chosen]
    lowered = _lowered(view, rows, stretches)[chosen]
    seen = find_last_seen(view)[makers]
    there = stretches.there[chosen]
    away = there & (seen < clock.now - AWAY) & (makers != NOBODY)
    states = np.where(lowered >= 0, LOWERED, np.where(away, AWAY_MAKER, KEPT))
    states = np.where(there, states, REVOKED)
    rank = np.array([2, 1, 0, 3])[states]
    told = stretches.told[chosen]
    names = view.dictionaries["action"].entries
    wide = np.array([entry[0] in _OF_WORKSPACE for entry in names], np.bool_)
    narrow = ~wide[rows.codes["action"][told]]
    order = np.lexsort((-rows.times[told], narrow, rank))
    roles = read_rows(view, _ROLES)

    def make(place: int) -> Token:
        at, told = int(chosen[place]), int(stretches.told[chosen[place]])
        _, identity, name = view.dictionaries["entity"].entries[int(rows.codes["entity"][told])]
        action = view.dictionaries["action"].entries[int(rows.codes["action"][told])][0]
        is_there = bool(there[place])
        return Token(
            name=name or None,
            id=identity or None,
            of_workspace=action in _OF_WORKSPACE,
            began=mark_at(view, rows, int(stretches.began[at])),
            ended=mark_at(view, rows, int(stretches.ended[at])),
            lowered=mark_at(view, roles, int(lowered[place])) if is_there else None,
            maker_seen_at=Instant(int(seen[place])) if seen[place] != NEVER else None,
            is_away=bool(away[place]),
        )

    return Tokens(
        all=Listed(order.tolist(), make),
        now=int(there.sum()),
        lowered=int((states == LOWERED).sum()),
        away=int((states == AWAY_MAKER).sum()),
    )


def _derive(view: View, rows: Rows) -> Stretches:
    return find_stretches(_steps(view, rows))


def _steps(view: View, rows: Rows) -> Iterator[Step]:
    entries = view.dictionaries["action"].entries
    verbs = [_VERBS.get(entry[0] or "", "end") for entry in entries]
    tokens = groups_of(view, "report").of_code[rows.codes["entity"]].tolist()
    for action, token in zip(rows.codes["action"].tolist(), tokens, strict=True):
        yield Step(verbs[action], token, ())


def _makers(view: View, rows: Rows, stretches: Stretches) -> Ints:
    """The group of who made each; NOBODY where that is not in sight."""
    people = groups_of(view, "actor").of_code[rows.codes["actor"]]
    if not len(people):
        return np.zeros(0, np.int64)
    return np.where(stretches.began == MISSING, NOBODY, people[stretches.began])


def _lowered(view: View, rows: Rows, stretches: Stretches) -> Ints:
    """The number, among the changes of workspace roles, of the last one that took from the maker of
    each a part of theirs after it was made; MISSING where there is none."""
    by_person = _last_lowered(view)
    changes = read_rows(view, _ROLES)
    makers = _makers(view, rows, stretches).tolist()
    found = np.array([by_person.get(person, MISSING) for person in makers], np.int64)
    if not len(found) or not len(changes):
        return found
    after = changes.times[found] > rows.times[stretches.told]
    return np.where((found != MISSING) & after & (stretches.began != MISSING), found, MISSING)


def _last_lowered(view: View) -> Mapping[int, int]:
    rows = read_rows(view, _ROLES)
    _, ledger = ledger_of(view)
    down = np.flatnonzero(ledger.directions[ledger.places(rows.seqs)] == DOWN)
    codes, people = people_of_subjects(view)
    found: dict[int, int] = {}
    for number, subject in zip(down.tolist(), rows.codes["subject"][down].tolist(), strict=True):
        start, end = np.searchsorted(codes, (subject, subject + 1)).tolist()
        found |= dict.fromkeys(people[start:end].tolist(), number)
    return found
