"""Sums that are kept are the sums that a count from the start gives."""

from __future__ import annotations

import random

from sqlalchemy import Engine, insert, update

from auditdash.events.instants import MINUTE, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.receipts import COUNTS
from auditdash.store.schema import receipts
from auditdash.store.standing.totals import DeliveredSums
from tests.databases import add_workspace
from tests.make import NOW


def test_kept_sums_are_those_of_all_receipts(engine: Engine, workspace_id: int) -> None:
    dice, kept = random.Random(7), DeliveredSums()
    with writing(engine) as connection:
        both = [workspace_id, add_workspace(connection, "other", "Other")]
    for step in range(12):
        now = Instant(NOW + step * 40 * MINUTE)
        with writing(engine) as connection:
            # One that was open is filled further, and mostly closed.
            still_open = update(receipts).where(receipts.c.finished_at.is_(None))
            done = {"finished_at": now} if step % 3 else {}
            connection.execute(still_open.values(added=receipts.c.added + 1, **done))
            for _ in range(dice.randrange(4)):
                row: dict[str, object] = {name: dice.randrange(9) for name in COUNTS}
                row |= {"workspace_id": dice.choice(both), "channel": dice.choice(["api", "pull"])}
                row |= {"source": "mode", "name": "x", "started_at": now}
                row |= {"finished_at": dice.choice([now, None])}
                row |= {"error": dice.choice(["broken", None])}
                connection.execute(insert(receipts), row)
        with reading(engine) as connection:
            assert kept.count(connection, now) == DeliveredSums().count(connection, NOW)
    assert kept._settled[0] > 0
