"""Workers that stream side by side keep the order; one that is killed skips nothing."""

from __future__ import annotations

import random
import time
from functools import partial
from itertools import groupby
from multiprocessing.synchronize import Event

from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant
from auditdash.settings import Settings
from auditdash.store.engine import open_engine
from auditdash.streams.send import LEASE, stream_next
from tests.journeys.kills import PATIENCE, kill_in_the_middle
from tests.make import NOW
from tests.processes import Processes
from tests.receivers import Certified, Receiver
from tests.streams.made import (
    add_events,
    add_stream,
    ids_taken,
    stream_of,
    streaming_to,
    to_webhook,
    work_off,
)

EVENTS = 30
KILLS = 3
WORKERS = 3


def stream_all(settings: Settings, now: Instant, begun: Event) -> None:
    """What a worker's process does that has nothing but streams to do."""
    engine = open_engine(settings.database_url)
    engine.connect().close()
    begun.set()
    until = time.monotonic() + PATIENCE
    known = stream_of(engine, 1, 1)
    while known.cursor < EVENTS and time.monotonic() < until:
        stream_next(engine, settings, lambda: now)
        known = stream_of(engine, 1, 1)
    engine.dispose()


def _wait_for_another(receiver: Receiver, before: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(receiver.taken) == before and time.monotonic() < until:
        time.sleep(0.002)


def test_workers_side_by_side_and_killed_ones_skip_nothing_and_keep_the_order(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    receiver: Receiver,
    processes: Processes,
) -> None:
    settings = streaming_to(settings, certified, receiver)
    known = add_stream(engine, settings, workspace_id, to_webhook(receiver, most=1))
    names = [f"e{number:02}" for number in range(EVENTS)]
    add_events(engine, workspace_id, *names)
    dice, now, alive = random.Random(7), NOW, 0
    for _ in range(KILLS):
        wait = partial(_wait_for_another, receiver, len(receiver.taken))
        alive += kill_in_the_middle(
            processes, stream_all, settings, now, latest=0.05, dice=dice, wait=wait
        )
        now = Instant(now + LEASE + MINUTE)
    assert alive == KILLS
    killed = len(receiver.taken)
    begun = [processes.Event() for _ in range(WORKERS)]
    workers = [processes.Process(target=stream_all, args=(settings, now, each)) for each in begun]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    work_off(engine, settings, now)
    arrived = [each for (each,) in ids_taken(receiver)]
    # Each in its order; one again only where a worker was killed behind it.
    assert [each for each, _ in groupby(arrived)] == names
    assert len(arrived) - EVENTS <= KILLS
    assert len(set(arrived[killed + 1 :])) == len(arrived[killed + 1 :])
    assert stream_of(engine, workspace_id, known.id).sent == EVENTS
