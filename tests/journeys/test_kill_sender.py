"""Workers that send side by side send each thing once; one that is killed loses nothing."""

from __future__ import annotations

import random
import time
from collections import Counter
from functools import partial
from multiprocessing.synchronize import Event

from sqlalchemy import Engine

from auditdash.events.instants import MINUTE, Instant
from auditdash.outgoing.webhook import make_secret
from auditdash.reports.sending.deliver import LEASE, send_next
from auditdash.reports.sending.destinations import WebhookTo, seal_secret
from auditdash.settings import Settings
from auditdash.store.engine import open_engine, writing
from auditdash.store.sending.destinations import Destination
from tests.journeys.kills import PATIENCE, kill_in_the_middle
from tests.make import NOW
from tests.processes import Processes
from tests.receivers import Certified, Receiver
from tests.reports.schedules import add_destination
from tests.reports.sending.made import deliveries_of, send_made, sending_to

SENT = 24
WORKERS = 4
KILLS = 6


def send_all(settings: Settings, now: Instant, begun: Event) -> None:
    """What a worker's process does that has nothing but deliveries to do."""
    engine = open_engine(settings.database_url)
    engine.connect().close()
    begun.set()
    while send_next(engine, settings, now):
        pass
    engine.dispose()


def _destinations(
    engine: Engine, settings: Settings, workspace_id: int, receiver: Receiver
) -> list[Destination]:
    sealed = seal_secret(settings.instance, make_secret())
    with writing(engine) as connection:
        return [
            add_destination(
                connection,
                workspace_id,
                WebhookTo(receiver.url),
                kind="webhook",
                now=NOW,
                sealed=sealed,
                name=f"Program {number}",
            )
            for number in range(SENT)
        ]


def _wait_for_another(receiver: Receiver, before: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(receiver.taken) == before and time.monotonic() < until:
        time.sleep(0.002)


def _arrivals(receiver: Receiver) -> Counter[str]:
    return Counter(taken.headers["webhook-id"] for taken in receiver.taken)


def test_four_workers_send_each_thing_once(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    receiver: Receiver,
    processes: Processes,
) -> None:
    settings = sending_to(settings, certified, inside=receiver.inside)
    to = _destinations(engine, settings, workspace_id, receiver)
    run_id = send_made(engine, settings, workspace_id, to)
    begun = [processes.Event() for _ in range(WORKERS)]
    workers = [processes.Process(target=send_all, args=(settings, NOW, each)) for each in begun]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert _arrivals(receiver) == Counter(dict.fromkeys(_arrivals(receiver), 1))
    assert len(receiver.taken) == SENT
    assert [each.attempts for each in deliveries_of(engine, run_id)] == [1] * SENT


def test_a_worker_that_is_killed_while_it_sends_loses_nothing(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    certified: Certified,
    receiver: Receiver,
    processes: Processes,
) -> None:
    settings = sending_to(settings, certified, inside=receiver.inside)
    to = _destinations(engine, settings, workspace_id, receiver)
    run_id = send_made(engine, settings, workspace_id, to)
    dice, now, alive = random.Random(11), NOW, 0
    for _ in range(KILLS):
        alive += kill_in_the_middle(
            processes,
            send_all,
            settings,
            now,
            latest=0.05,
            dice=dice,
            wait=partial(_wait_for_another, receiver, len(receiver.taken)),
        )
        now = Instant(now + LEASE + MINUTE)
    assert alive > 0
    while send_next(engine, settings, now):
        pass
    done = deliveries_of(engine, run_id)
    assert [each.state for each in done] == ["done"] * SENT
    arrived = _arrivals(receiver)
    assert len(arrived) == SENT  # each at least once, a repeated one under its first id
    twice = sum(each.attempts - 1 for each in done)
    assert sum(arrived.values()) <= SENT + twice
