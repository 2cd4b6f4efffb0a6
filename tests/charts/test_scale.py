from __future__ import annotations

import pytest

from auditdash.charts.scale import LEVELS, heat_level, nice_ticks, spread


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (7, (0, 2, 4, 6, 8)),
        (812, (0, 200, 400, 600, 800, 1000)),
        (1988, (0, 500, 1000, 1500, 2000)),
        (10_000_001, (0, 5_000_000, 10_000_000, 15_000_000)),
    ],
)
def test_ticks_are_round_and_reach_the_highest(highest: int, ticks: tuple[int, ...]) -> None:
    assert nice_ticks(highest) == ticks


@pytest.mark.parametrize("highest", [*range(1, 200), 12_345, 99_999, 10**12 + 7])
def test_there_are_a_few_ticks_whatever_the_numbers_are(highest: int) -> None:
    ticks = nice_ticks(highest)
    assert 2 <= len(ticks) <= 6
    assert ticks[-2] < highest <= ticks[-1]


def test_nothing_has_its_own_shade_and_the_highest_the_darkest() -> None:
    assert heat_level(0, 100) == 0
    assert heat_level(1, 1_000_000) == 1
    assert heat_level(100, 100) == LEVELS
    assert heat_level(0, 0) == 0
    levels = [heat_level(value, 50) for value in range(51)]
    assert levels == sorted(levels)


def test_labels_are_spread_evenly_and_are_never_too_many() -> None:
    assert list(spread(10, 4)) == [0, 3, 6, 9]
    assert list(spread(3, 10)) == [0, 1, 2]
    assert list(spread(0, 5)) == []
    assert len(spread(130, 7)) <= 7
    assert list(spread(5, 0)) == [0]
