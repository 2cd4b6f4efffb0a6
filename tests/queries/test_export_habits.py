"""What stands out beside habits, and days that a clock brings back."""

from __future__ import annotations

import numpy as np
import pytest

from auditdash.queries.exports.days import DAY_COUNT, BusiestDay
from auditdash.queries.exports.habits import habits_of_days
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


def test_a_day_that_a_clock_brings_back_is_counted_once() -> None:
    people, days = np.array([0, 0, 0, 1]), np.array([7, 8, 7, 7])
    counts, nights = np.array([2, 1, 3, 4]), np.array([False, False, True, False])
    none = np.zeros(2, np.int64)
    habits = habits_of_days(10, day_key(people, days), counts, nights, (none, none))
    assert habits.keys.tolist() == day_key(np.array([0, 0, 1]), np.array([7, 8, 7])).tolist()
    assert habits.counts.tolist() == [5, 1, 4]
    assert habits.at_night.tolist() == [True, False, False]
    assert not habits.days_stand
