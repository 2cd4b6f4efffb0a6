"""What tests of pulling share: time that passes only in sleep, and a pull in one line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine, select

from auditdash.events.instants import DAY, MINUTE, SECOND, Instant, to_rfc3339
from auditdash.ingest.sources.mode import PullSummary, pull_now
from auditdash.ingest.sources.mode_client import Surroundings
from auditdash.ingest.sources.mode_login import Details, connect
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.schema import events
from tests.fake_mode import FakeMode
from tests.make import NOW, make_record

START = Instant(NOW - 3 * DAY)


class Time:
    """Stands still but for `sleep`, which it notes."""

    def __init__(self, now: Instant = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def clock(self) -> Instant:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_(seconds * SECOND)

    def pass_(self, microseconds: float) -> None:
        self.now = Instant(self.now + round(microseconds))

    def around(self, chance: float = 0.5) -> Surroundings:
        return Surroundings(clock=self.clock, sleep=self.sleep, chance=lambda: chance)


class Puller:
    """The archive `workspace_id`, connected to a fake Mode whose time is the same."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        workspace_id: int,
        mode: FakeMode,
        time: Time,
        start_at: Instant = START,
    ) -> None:
        self.engine, self.settings, self.workspace_id = engine, settings, workspace_id
        self.mode, self.time = mode, time
        mode.clock = time.clock
        given = Details(
            base_url=mode.url,
            remote_workspace=mode.workspace,
            token=mode.token,
            secret=mode.secret,
            start_at=start_at,
        )
        with writing(engine) as connection:
            self.feed_id = connect(connection, settings, workspace_id, given, time.now)

    def pull(self, **options: Any) -> PullSummary:
        """Pull all there is."""
        around = self.time.around()
        return pull_now(self.engine, self.settings, self.workspace_id, around=around, **options)

    def pull_well(self, **options: Any) -> PullSummary:
        """Pull all there is, and expect no error."""
        summary = self.pull(**options)
        assert summary.error is None
        return summary

    def stored_ids(self) -> list[str]:
        """In the order of arrival; asserts that seq has no gaps."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(events.c.seq, events.c.event_id)
                .where(events.c.workspace_id == self.workspace_id)
                .order_by(events.c.seq)
            ).all()
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
        return [row.event_id for row in rows]


def records_over(days: int, count: int, end: Instant = NOW) -> list[dict[str, Any]]:
    """`count` records, evenly spread over the days before `end`."""
    step = days * DAY // count
    return [
        make_record(
            id=f"event-{number}", timestamp=to_rfc3339(Instant(end - MINUTE - number * step))
        )
        for number in range(count)
    ]


def encode(records: Iterable[dict[str, Any]]) -> bytes:
    """As NDJSON."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)
