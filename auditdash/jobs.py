"""What happens without a reader: pulls, silences, schedules, reports, deliveries, streams. One due
thing at a time, claimed by a conditional UPDATE, so any number of processes may run this side by
side."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable

from sqlalchemy import Engine

from auditdash.downloads.kept.left import remove_left_downloads
from auditdash.downloads.kept.run import make_next
from auditdash.events.instants import Instant, now
from auditdash.index.files.damage import IndexBehind
from auditdash.index.keep_up import warm
from auditdash.ingest.sources import mode
from auditdash.ingest.sources.mode_client import Surroundings
from auditdash.ingest.uploads import take_next_upload
from auditdash.ingest.watching.echo import step_next
from auditdash.ingest.watching.silences import watch_next
from auditdash.queries.beforehand.summaries import warm_summaries
from auditdash.reports import run, schedule
from auditdash.reports.left import remove_left_reports
from auditdash.reports.sending import deliver
from auditdash.reports.sending.telling import admin_addresses
from auditdash.settings import Settings
from auditdash.store.engine import DatabaseTrouble, open_engine
from auditdash.streams.send import stream_next

_PAUSE_SECONDS = 1.0
_CRASH_PAUSE_SECONDS = 30.0
_log = logging.getLogger(__name__)
_Clock = Callable[[], Instant]


def run_due(
    engine: Engine,
    settings: Settings,
    clock: _Clock = now,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Do what is due until nothing is, or this process is stopping: then it ends behind the page of
    a pull or the step of an upload, and gives back the report that it is at. Answers how many
    things it did."""
    around, done = Surroundings(clock=clock, is_stopping=is_stopping), 0
    while not is_stopping() and (
        mode.pull_next(engine, settings, clock, around) is not None
        or take_next_upload(engine, settings, clock(), is_stopping)
        or step_next(engine, settings, around)
        or watch_next(engine, clock(), admin_addresses)
        or schedule.fire_due(engine, clock())
        or deliver.send_next(engine, settings, clock())
        or run.run_next(engine, settings, clock(), is_stopping)
        or make_next(engine, settings, clock, is_stopping)
        or stream_next(engine, settings, clock, is_stopping)
    ):
        done += 1
    return done


class Jobs:
    """Due jobs, run in a thread of this process until it is told to end."""

    def __init__(self, settings: Settings) -> None:
        self._stop = threading.Event()
        given = (settings, self._stop)
        self._thread = threading.Thread(target=_watch, args=given, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Whether what it was at has ended within that time."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


def run_forever(settings: Settings, stop: threading.Event) -> None:
    """Look for due jobs every second until `stop` is set."""
    engine = open_engine(settings.database_url, settings.index_folder)
    is_warm = False
    while not stop.is_set():
        try:
            if not is_warm:
                _tidy(engine, settings)
                warm(engine)
                is_warm = True
                _warm_summaries(engine, stop)
            run_due(engine, settings, is_stopping=stop.is_set)
        except IndexBehind as behind:
            _log.warning("jobs: %s", behind)
            is_warm = False
        except DatabaseTrouble as trouble:
            _log.warning("jobs: the database did not answer (%s); trying again", trouble)
        stop.wait(_PAUSE_SECONDS)


def _tidy(engine: Engine, settings: Settings) -> None:
    """What workers that were killed have left behind."""
    removed = remove_left_reports(engine, settings) + remove_left_downloads(engine, settings)
    if removed:
        _log.warning("jobs: removed what killed workers have left (%d)", removed)


def _warm_summaries(engine: Engine, stop: threading.Event) -> None:
    """Beside the jobs, which do not wait for it, nor does who asks whether we are ready."""

    def make() -> None:
        try:
            warm_summaries(engine, stop)
        except (IndexBehind, DatabaseTrouble) as trouble:
            _log.warning("jobs: summaries will be made when they are asked for (%s)", trouble)

    threading.Thread(target=make, name="warming", daemon=True).start()


def _watch(settings: Settings, stop: threading.Event) -> None:
    """A defect in a job ends this process, and gunicorn starts a fresh one: never a silent stop."""
    try:
        run_forever(settings, stop)
    finally:
        if not stop.is_set():
            _log.critical("jobs: ended by a defect; this worker restarts")
            stop.wait(_CRASH_PAUSE_SECONDS)
            os.kill(os.getpid(), signal.SIGTERM)
