"""Pulling from Mode, for a person who asks and for the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, SECOND, Instant
from auditdash.ingest.sources.mode_client import (
    ModeClient,
    Patience,
    Surroundings,
    UnavailableError,
)
from auditdash.ingest.sources.mode_login import (
    SOURCE,
    adopt_environment,
    is_new_environment,
    open_login,
)
from auditdash.ingest.sources.mode_pulling import LEASE, OnProgress, Progress, Pulling, PullSummary
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import ClaimLostError, Feed

__all__ = ["Progress", "PullSummary", "pull", "pull_next", "pull_now"]

_TURN: Final = MINUTE  # how long the worker stays with one feed before others get their turn
_SOON: Final = SECOND
_log = logging.getLogger(__name__)


def pull_now(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    *,
    around: Surroundings | None = None,
    on_progress: OnProgress = lambda _: None,
) -> PullSummary:
    """Pull all there is for a person who asks; a pull under way elsewhere gives way to this one.

    Raises BadInput when this workspace has no connection.
    """
    around = around or Surroundings()
    with writing(engine) as connection:
        adopt_environment(connection, settings, around.clock())
        feed = connections.find(connection, workspace_id, SOURCE)
        if feed is None:
            raise BadInput(
                "nothing is connected to this workspace",
                expected="a connection made on the coverage page, or AUDITDASH_MODE_*",
            )
        feed = connections.take_over(connection, feed, around.clock(), LEASE)
    return pull(engine, settings, feed, around=around, on_progress=on_progress)


def pull_next(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], Instant] = instants.now,
    around: Surroundings | None = None,
) -> PullSummary | None:
    """Pull the feed that is due, for a minute at most; None when none is due. For the worker."""
    around = around or Surroundings(clock=clock)
    with reading(engine) as connection:  # most looks find nothing, and need not wait for a writer
        if not (is_new_environment(connection, settings) or _is_due(connection, around.clock())):
            return None
    with writing(engine) as connection:
        adopt_environment(connection, settings, around.clock())
        feed = connections.claim_due(connection, around.clock(), LEASE)
    if feed is None:
        return None
    latest = Instant(around.clock() + _TURN)
    summary = pull(engine, settings, feed, around=around, latest=latest)
    if summary.error is not None:
        _log.warning("pull of connection %d ended early: %s", feed.id, summary.error)
    return summary


def pull(
    engine: Engine,
    settings: Settings,
    feed: Feed,
    *,
    around: Surroundings,
    patience: Patience | None = None,
    latest: Instant | None = None,
    on_progress: OnProgress = lambda _: None,
) -> PullSummary:
    """Pull a claimed feed up to now, or until `latest`; gives the claim back, also after an error.

    What goes wrong with Mode is told in the summary, not raised.
    """
    patience = patience or Patience(max_bytes=settings.max_body_bytes)
    pulling = Pulling(engine, feed, around, latest, on_progress)
    interval = settings.pull_minutes * MINUTE
    try:
        login = open_login(settings, feed)
        with ModeClient(login, around=around, patience=patience, alive=pulling.renew) as client:
            whole = pulling.run(client)
    except ClaimLostError as error:
        return replace(pulling.summary, error=str(error))
    except KeyboardInterrupt:
        pulling.finish(around.clock(), "it was interrupted; the next pull goes on from there")
        raise
    except BadInput as error:
        again_at = error.again_at if isinstance(error, UnavailableError) else None
        pulling.finish(max(again_at or 0, around.clock() + interval), str(error))
    else:
        pulling.finish(around.clock() + (interval if whole else _SOON), None)
    return pulling.summary


def _is_due(connection: Connection, now: Instant) -> bool:
    return any(feed.next_at <= now and not feed.paused for feed in connections.find_all(connection))
