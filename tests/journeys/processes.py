"""Processes that begin at once, to be killed in the middle of their work."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.synchronize import Event

import pytest

from auditdash.cli.main import main
from auditdash.settings import ROOT

Processes = multiprocessing.context.ForkServerContext
Work = Callable[..., None]
# What a child would else import first; of the dialect SQLAlchemy learns only from an address.
_IMPORTED = (
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
    "tests.journeys.test_kill_importer",
    "tests.journeys.test_kill_puller",
    "tests.journeys.test_kill_worker",
)


@pytest.fixture(scope="session")
def processes() -> Processes:
    """Processes of their own that begin at once, because everything is imported before."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        forkserver.ensure_running()
    return context


def kill_in_the_middle(
    processes: Processes,
    work: Work,
    *given: object,
    latest: float,
    dice: random.Random,
    wait: Callable[[], None] | None = None,
) -> bool:
    """Run `work(*given, begun)`; when it has set `begun`, and after `wait`, kill it at a random
    moment within `latest` seconds. Whether it was still alive then."""
    begun = processes.Event()
    process = processes.Process(target=work, args=(*given, begun))
    process.start()
    assert begun.wait(30)
    if wait is not None:
        wait()
    time.sleep(dice.uniform(0.0, latest))
    alive = process.is_alive()
    process.kill()
    process.join()
    process.close()
    return alive


def run_command(environment: dict[str, str], arguments: list[str], begun: Event) -> None:
    """What `auditdash ARGUMENTS` does in a process with this environment."""
    os.environ.clear()
    os.environ.update(environment)
    begun.set()
    main(arguments)
