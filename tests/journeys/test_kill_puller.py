"""A puller that is killed again and again loses nothing and doubles nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event

import pytest
from sqlalchemy import Engine, func, select

from auditdash.events.instants import DAY, MINUTE, Instant, now, to_rfc3339
from auditdash.ingest.sources.mode import pull_now
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, reading
from auditdash.store.feeds import windows
from auditdash.store.schema import receipts, workspaces
from tests.fake_mode import FakeMode
from tests.index.equal import differences
from tests.ingest.pulls import Puller, Time, records_over
from tests.journeys.kills import PATIENCE, kill_in_the_middle
from tests.make import make_record
from tests.processes import Processes

KILLS = 20
EVENTS = 1500


def pull(settings: Settings, workspace_id: int, begun: Event) -> None:
    """What the killed process runs."""
    engine = open_engine(settings.database_url)
    engine.connect().close()
    begun.set()
    pull_now(engine, settings, workspace_id)


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode(page_size=10, latency=0.012) as mode:
        mode.add_all(records_over(3, EVENTS, now()))
        yield mode


def wait_for_requests(mode: FakeMode, count: int) -> None:
    """However busy the machine is, let it come so far."""
    wanted, latest = len(mode.seen) + count, time.monotonic() + PATIENCE
    while len(mode.seen) < wanted and time.monotonic() < latest:
        time.sleep(0.002)


def test_a_puller_killed_at_random_moments_loses_and_doubles_nothing(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    mode: FakeMode,
    processes: Processes,
) -> None:
    started_at = now()
    puller = Puller(
        engine,
        settings,
        workspace_id,
        mode,
        Time(started_at),
        Instant(started_at - 3 * DAY - MINUTE),
    )
    mode.clock = now
    dice, alive_when_killed, reached = random.Random(20), 0, []
    for number in range(KILLS):
        alive_when_killed += kill_in_the_middle(
            processes,
            pull,
            settings,
            workspace_id,
            latest=0.1,
            dice=dice,
            wait=lambda: wait_for_requests(mode, dice.randrange(8)),
        )
        reached.append(len(puller.stored_ids()))  # which also asserts that seq has no gaps
        late = Instant(now() - 3 * MINUTE)
        mode.add(make_record(id=f"late-{number}", timestamp=to_rfc3339(late)))
    assert alive_when_killed >= KILLS - 3
    assert len(set(reached)) > 5, "the kills did not fall into the middle of the work"
    summary = pull_now(engine, settings, workspace_id)
    assert summary.error is None
    with reading(engine) as connection:
        closed = windows.find_covered(connection, puller.feed_id)[-1].end or 0
        added = connection.execute(select(func.sum(receipts.c.added))).scalar_one()
        last_seq = connection.execute(select(workspaces.c.last_seq)).scalar_one()
    stored = puller.stored_ids()
    assert len(stored) == len(set(stored)) == added == last_seq
    assert set(stored) == mode.ids(before=closed)
    assert len(stored) >= EVENTS + KILLS
    assert differences(engine, workspace_id) == []
