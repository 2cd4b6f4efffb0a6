"""How gunicorn serves auditdash. What an operator sets is in the settings, see README.md."""

import os
import signal
from typing import Any

import auditdash.factory  # noqa: F401 - new workers must not mix the code of the start with newer
from auditdash import jobs
from auditdash.operation import lines
from auditdash.settings import Settings

_settings = Settings.from_env(os.environ)

bind = f"{_settings.host}:{_settings.port}"
workers = _settings.workers
worker_class = "gthread"  # a slow download or upload holds a thread, not a worker
threads = 8
keepalive = 5
graceful_timeout = 30  # requests and jobs under way may end after SIGTERM
timeout = 60  # of silence from a worker's main loop, not of one request
limit_request_line = 8190  # the whole question of a page stands in its address
control_socket_disable = True  # we stop it with signals; one socket less to guard
loglevel = "warning"


def on_starting(_server: object) -> None:
    """Write the log as it is set, the master's lines, too; workers are forked with it."""
    lines.configure(_settings)


def post_worker_init(worker: Any) -> None:
    """Each worker looks for due jobs; the claim row lets only one of them run each. Told to stop,
    it begins no more of them, while it still answers the requests that it has."""
    worker.jobs = under_way = jobs.Jobs(_settings)
    answer = signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: object) -> None:
        under_way.stop()
        answer(number, frame)

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)
    for at_once in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(at_once, _end_at_once)


def _end_at_once(_number: int, _frame: object) -> None:
    """What is under way goes on after the next start. gunicorn's own handler waits for a lock that
    the very code which it interrupts may hold, and then for all requests."""
    os._exit(0)


def worker_exit(_server: object, worker: Any) -> None:
    """Wait for the job that is under way; the master kills whoever exceeds graceful_timeout."""
    under_way: jobs.Jobs | None = getattr(worker, "jobs", None)  # it may not have come that far
    if under_way is not None:
        under_way.stop()
        under_way.wait(graceful_timeout)
