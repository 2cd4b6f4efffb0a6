"""What happens without a reader: pulls, schedules, reports. One due thing at a time, claimed by a
conditional UPDATE, so any number of processes may run this side by side."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable

from sqlalchemy import Engine

from auditdash.events.instants import Instant, now
from auditdash.index.files.damage import IndexBehind
from auditdash.index.keep_up import warm
from auditdash.ingest.sources import mode
from auditdash.ingest.uploads import take_next_upload
from auditdash.reports import run, schedule
from auditdash.settings import Settings
from auditdash.store.engine import DatabaseTrouble, open_engine

_PAUSE_SECONDS = 1.0
_CRASH_PAUSE_SECONDS = 30.0
_log = logging.getLogger(__name__)
_Clock = Callable[[], Instant]


def run_due(engine: Engine, settings: Settings, clock: _Clock = now) -> int:
    """Do what is due until nothing is; answers how many things it did."""
    done = 0
    while (
        mode.pull_next(engine, settings, clock) is not None
        or take_next_upload(engine, settings, clock())
        or schedule.fire_due(engine, clock())
        or run.run_next(engine, settings, clock())
    ):
        done += 1
    return done


def start(settings: Settings) -> None:
    """Run due jobs in a thread of this process for as long as it lives."""
    threading.Thread(target=_watch, args=(settings,), name="jobs", daemon=True).start()


def run_forever(settings: Settings, stop: threading.Event) -> None:
    """Look for due jobs every second until `stop` is set."""
    engine = open_engine(settings.database_url, settings.index_folder)
    is_warm = False
    while not stop.is_set():
        try:
            if not is_warm:
                warm(engine)
                is_warm = True
            run_due(engine, settings)
        except IndexBehind as behind:
            _log.warning("jobs: %s", behind)
            is_warm = False
        except DatabaseTrouble as trouble:
            _log.warning("jobs: the database did not answer (%s); trying again", trouble)
        stop.wait(_PAUSE_SECONDS)


def _watch(settings: Settings) -> None:
    """A defect in a job ends this process, and gunicorn starts a fresh one: never a silent stop."""
    stop = threading.Event()
    try:
        run_forever(settings, stop)
    finally:
        _log.critical("jobs: ended by a defect; this worker restarts")
        stop.wait(_CRASH_PAUSE_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
