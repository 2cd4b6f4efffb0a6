"""What somebody had after a change, and whether that is more or less than before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditdash.events.catalogue import category_of, op_of, role_ranks
from auditdash.index.batch import Entry
from auditdash.queries.counting.groups import Groups
from auditdash.queries.permissions.numbering import Numbers

Kind: TypeAlias = Literal["granted", "revoked", "changed"]
Direction: TypeAlias = Literal["up", "down", "sideways", "unknown"]
KINDS: Final[tuple[Kind, ...]] = ("granted", "revoked", "changed")
DIRECTIONS: Final[tuple[Direction, ...]] = ("up", "down", "sideways", "unknown")
GRANTED, REVOKED, CHANGED = range(3)
UP, DOWN, SIDEWAYS, UNKNOWN = range(4)
# What somebody may have: nothing, who knows, access whose role is not recorded, or a role.
HAS_NONE, HAS_UNKNOWN, HAS_UNNAMED, FIRST_ROLE = range(4)
_ENDS: Final = ("revoke", "remove")
_BEGINS: Final = ("grant", "invite", "create")
_WITHOUT_ROLES: Final = "user-groups"  # one is a member or not


def kind_of(action: str) -> Kind:
    """What an action does to access."""
    op = op_of(action)
    if op in _ENDS:
        return "revoked"
    return "granted" if op in _BEGINS else "changed"


def kinds_of(actions: Sequence[Entry]) -> NDArray[np.uint8]:
    """For each code of an action the number of its kind."""
    return np.array([KINDS.index(kind_of(entry[0] or "")) for entry in actions], np.uint8)


def states_after(kinds: NDArray[Any], role_groups: Numbers) -> Numbers:
    """What each change leaves somebody with. Group 0 of the roles is that of no role."""
    given = np.where(role_groups == 0, HAS_UNNAMED, role_groups - 1 + FIRST_ROLE)
    return np.where(kinds == REVOKED, HAS_NONE, given)


def states_before(kinds: NDArray[Any], earlier: NDArray[Any], states: NDArray[Any]) -> Numbers:
    """What somebody had before: what the earlier change left, -1 where there is none.

    Whoever is added had nothing; of all else the log knows no beginning.
    """
    first = np.where(kinds == GRANTED, HAS_NONE, HAS_UNKNOWN)
    return np.where(earlier >= 0, states[earlier] if len(states) else 0, first)


class Ranks:
    """How much each state allows, in the order of each category that has one."""

    def __init__(self, actions: Sequence[Entry], roles: Groups) -> None:
        slugs = [category_of(entry[0] or "") for entry in actions]
        distinct = sorted(set(slugs))
        self._order_of = np.array([distinct.index(slug) for slug in slugs], np.int64)
        self._has_roles = np.array([slug != _WITHOUT_ROLES for slug in distinct], np.bool_)
        self._ranks = np.zeros((len(distinct), len(roles.keys) - 1 + FIRST_ROLE), np.int64)
        for order, slug in enumerate(distinct):
            known = role_ranks(slug)
            for group, key in enumerate(roles.keys):
                if group:
                    self._ranks[order, group - 1 + FIRST_ROLE] = known.get(str(key), 0)

    def directions(
        self, actions: NDArray[Any], before: Numbers, after: Numbers
    ) -> NDArray[np.uint8]:
        """Up, down, sideways or unknown."""
        orders = self._order_of[actions]
        one, other = self._ranks[orders, before], self._ranks[orders, after]
        found = np.full(len(actions), UNKNOWN, np.uint8)
        known = (one > 0) & (other > 0)
        found[known & (other > one)] = UP
        found[known & (other < one)] = DOWN
        same = (before == after) & (before != HAS_UNKNOWN)
        unnamed = same & (before == HAS_UNNAMED) & self._has_roles[orders]
        found[(known & (one == other)) | (same & ~unnamed)] = SIDEWAYS
        found[(after == HAS_NONE) & (before != HAS_NONE)] = DOWN
        found[(before == HAS_NONE) & (after != HAS_NONE)] = UP
        return found
