"""Killing processes in the middle of their work."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event

from auditdash.cli.main import main
from tests.processes import Processes

PATIENCE = 120  # seconds, on a busy machine
Work = Callable[..., None]


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
    assert begun.wait(PATIENCE)
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
