"""The process of a helper: an order, then tasks from standard input, steps to standard output."""

from __future__ import annotations

import gc
import os
import pickle
import sys

from auditdash.ingest.preparing.crew import Order
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
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  # from who started this
    packer = Packer(order.learned) if order.learned else None
    gc.freeze()
    gc.disable()  # looking through each new event, again and again, would take a third of the time
    while True:
        step = prepare(order.terms, pickle.load(sys.stdin.buffer), packer)  # noqa: S301  # as above
        pickle.dump(step, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.flush()
        del step
        gc.collect()


if __name__ == "__main__":
    main()
