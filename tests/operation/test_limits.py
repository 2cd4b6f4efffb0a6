"""How often a token may ask: counted together, paid back steadily, for whoever waits as told."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from auditdash.events.instants import MINUTE, SECOND, Instant
from auditdash.operation.limits import RequestLimits
from tests.make import NOW


def test_as_many_as_the_limit_come_through_and_then_whoever_waits(tmp_path: Path) -> None:
    ours, others = RequestLimits(tmp_path), RequestLimits(tmp_path)  # two workers
    taken = [(ours, others)[number % 2].take(7, 60, NOW) for number in range(61)]
    assert [each.wait for each in taken] == [0] * 60 + [1]
    assert [each.left for each in taken] == [*range(59, -1, -1), 0]
    assert [each.reset for each in taken] == [*range(1, 61), 60]
    assert ours.take(8, 60, NOW).left == 59  # another token has its own
    assert ours.take(7, 60, Instant(NOW + SECOND)).wait == 0
    assert others.take(7, 60, Instant(NOW + SECOND)).wait == 1
    assert ours.take(7, 60, Instant(NOW + 2 * MINUTE)).left == 59


def test_a_clock_that_was_set_back_shuts_nobody_out_for_long(tmp_path: Path) -> None:
    ours = RequestLimits(tmp_path)
    ours.take(7, 60, Instant(NOW + 900 * MINUTE))
    assert ours.take(7, 60, NOW).wait <= 60
    assert ours.take(7, 60, Instant(NOW + MINUTE)).wait == 0


def test_more_tokens_than_places_forget_the_quiet_ones(tmp_path: Path) -> None:
    ours = RequestLimits(tmp_path)
    for key in range(1, 3 * 8_192):
        assert ours.take(key, 10, Instant(NOW + key)).wait == 0
    last = Instant(NOW + 3 * 8_192)
    assert ours.take(3 * 8_192 - 1, 10, last).left == 8


@given(st.lists(st.integers(0, 3 * SECOND), max_size=100), st.integers(1, 90))
def test_never_more_than_twice_the_limit_within_any_minute(pauses: list[int], limit: int) -> None:
    """A full burst, and what is paid back while the minute lasts: no more."""
    with TemporaryDirectory() as folder:
        ours, now, seen = RequestLimits(Path(folder)), int(NOW), []
        for pause in pauses:
            now += pause
            if ours.take(1, limit, Instant(now)).wait == 0:
                seen.append(now)
    for at in seen:
        assert sum(at <= each < at + MINUTE for each in seen) <= 2 * limit
