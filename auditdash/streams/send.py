"""Streams that are due: one is claimed, and its batches are sent in the order of arrival, each
counted when it has arrived. Whoever is killed in between has sent one batch that is sent again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine

from auditdash.accounts.people import find_person_by_id
from auditdash.events.errors import BadInput
from auditdash.events.instants import HOUR, MINUTE, SECOND, Instant
from auditdash.outgoing.outcome import SendingError, UnavailableError
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.sending.deliveries import NewDelivery, insert_deliveries
from auditdash.store.sending.notices import tell
from auditdash.store.sending.streams import (
    Stream,
    advance_stream,
    claim_stream,
    fail_stream,
    is_stream_due,
    release_stream,
    stop_stream,
)
from auditdash.streams.batch import Batch, find_batch, send_batch

LEASE: Final = 3 * MINUTE
# After the first failure, the second, …; then the last one again and again.
WAITS: Final = tuple(seconds * SECOND for seconds in (5, 15, 30, 60, 120, 300, 600, 900))
PATIENCE: Final = 24 * HOUR  # of failing, before it is paused
PAGE: Final = "/settings/streams"
_TURN_SECONDS: Final = 10.0  # then something else may be due, too
_log = logging.getLogger(__name__)
_Clock = Callable[[], Instant]


def stream_next(
    engine: Engine,
    settings: Settings,
    clock: _Clock,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Send what the stream has that has waited longest, for a while; False when none is due."""
    now = clock()
    with reading(engine) as connection:  # an idle worker must not take the write lock
        if not is_stream_due(connection, now):
            return False
    with writing(engine) as connection:
        claimed = claim_stream(connection, now=now, lease=LEASE)
    if claimed is None:
        return False
    until, held = time.monotonic() + _TURN_SECONDS, _Held(claimed)
    try:
        while _send_one(engine, settings, held, clock()):
            if is_stopping() or time.monotonic() > until:
                break
    finally:
        with writing(engine) as connection:
            release_stream(connection, held.stream)
    return True


class _Held:
    """The stream that is ours, as it was last counted."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream


def _send_one(engine: Engine, settings: Settings, held: _Held, now: Instant) -> bool:
    """One batch; whether there may be another one."""
    try:
        with reading(engine) as connection:
            batch = find_batch(connection, held.stream)
        outcome = send_batch(settings, held.stream, batch, now) if batch.events else ""
    except UnavailableError as error:
        _fail(engine, held.stream, str(error), now)
    except (SendingError, BadInput, OSError) as error:
        _stop(engine, held.stream, str(error), now)
    else:
        return _advance(engine, held, batch, outcome, now)
    return False


def _advance(engine: Engine, held: _Held, batch: Batch, outcome: str, now: Instant) -> bool:
    with writing(engine) as connection:
        following = advance_stream(
            connection,
            held.stream,
            cursor=batch.cursor,
            sent=len(batch.events),
            outcome=outcome,
            now=now,
            lease=LEASE,
        )
    if following is None:
        return False
    held.stream = following
    return bool(batch.events)


def _fail(engine: Engine, known: Stream, said: str, now: Instant) -> None:
    if known.failing_since is not None and now - known.failing_since >= PATIENCE:
        _stop(engine, known, f"{said} (for {PATIENCE // HOUR} hours)", now)
        return
    _log.warning("stream %d: attempt %d failed", known.id, known.failures + 1)
    wait = WAITS[min(known.failures, len(WAITS) - 1)]
    with writing(engine) as connection:
        fail_stream(connection, known, said=said, now=now, next_at=Instant(now + wait))


def _stop(engine: Engine, known: Stream, said: str, now: Instant) -> None:
    _log.warning("stream %d: paused after attempt %d", known.id, known.failures + 1)
    with writing(engine) as connection:
        if stop_stream(connection, known, said=said, now=now):
            _tell_owner(connection, known, f"The stream {known.name} was paused: {said}", now)


def _tell_owner(connection: Connection, known: Stream, said: str, now: Instant) -> None:
    """On their pages, or on everybody's where nobody owns it any more; and by mail."""
    owner = find_person_by_id(connection, known.owner_id) if known.owner_id else None
    tell(
        connection,
        workspace_id=known.workspace_id,
        person_id=owner.id if owner and owner.disabled_at is None else None,
        text=said,
        path=f"{PAGE}/{known.id}",
        now=now,
    )
    if known.tell:
        mail = NewDelivery(
            workspace_id=known.workspace_id,
            key=f"failure/stream-{known.id}-{now}",
            purpose="stream",
            recipient=known.tell,
            note=said,
        )
        insert_deliveries(connection, [mail], now)
