"""The process of a helper: an order, then tasks from standard input, steps to standard output."""

from __future__ import annotations

import gc
import os
import sys
from typing import cast

from auditdash.ingest.preparing.crew import Order, Task
from auditdash.ingest.preparing.frames import read_frame, write_frame
from auditdash.ingest.preparing.prepare import prepare
from auditdash.store.records import Packer


def main() -> None:
    """Until there is no more, or nobody who would take it."""
    try:
        _work()
    except EOFError:
        pass
    except BrokenPipeError:  # and nothing is left to be written at the end of the process
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _work() -> None:
    order = cast("Order", read_frame(sys.stdin.buffer))
    packer = Packer(order.learned) if order.learned else None
    gc.freeze()
    gc.disable()  # looking through each new event, again and again, would take a third of the time
    while True:
        task = cast("Task", read_frame(sys.stdin.buffer))
        write_frame(sys.stdout.buffer, prepare(order.terms, task, packer))
        del task
        gc.collect()


if __name__ == "__main__":
    main()
