"""What stands out beside habits, and habits that are counted in two goes."""

from __future__ import annotations

import numpy as np
import pytest

from auditdash.queries.exports.days import DAY_COUNT, BusiestDay
from auditdash.queries.exports.habits import Habits, together
from auditdash.queries.exports.order import day_key
from auditdash.queries.exports.usual import Usual

CALM = Usual(median=2, spread=1, days=5, people=3)
BUSY = Usual(median=90, spread=1, days=5, people=3)


@pytest.mark.parametrize(
    ("count", "own", "peers", "unusual"),
    [
        (50, CALM, CALM, True),
        (50, BUSY, CALM, False),  # it is their habit
        (50, CALM, BUSY, False),  # everybody does so
        (DAY_COUNT, CALM, CALM, True),
        (DAY_COUNT - 1, CALM, CALM, False),
        (50, Usual(), CALM, True),
        (50, Usual(), Usual(), False),  # there is nothing to compare it with
    ],
)
def test_a_day_is_unusual_beside_both_their_own_and_their_peers(
    count: int, own: Usual, peers: Usual, unusual: bool
) -> None:
    assert BusiestDay(day=0, count=count, own=own, peers=peers).is_unusual == unusual


def _habits(people: list[int], days: list[int], first: list[int]) -> Habits:
    """One export of each person on their day."""
    keys = day_key(np.array(people), np.array(days))
    firsts = (np.array(first), np.array(first))
    return Habits(len(keys), keys, np.ones(len(keys), np.int64), np.zeros(len(keys), bool), firsts)


def test_of_two_counts_the_earlier_first_export_of_a_person_holds() -> None:
    one, two = _habits([0, 1], [7, 7], [70, 75]), _habits([0, 1, 2], [7, 6, 8], [72, 60, 80])
    for both in (together(one, two), together(two, one)):
        assert both.first_of_person.tolist() == [70, 60, 80]
        assert both.first_of_report.tolist() == [70, 60, 80]
        assert (both.exports, both.counts.tolist()) == (5, [2, 1, 1, 1])
