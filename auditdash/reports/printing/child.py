"""The process that renders one report: `python -m auditdash.reports.printing.child JOB.json`.

It limits its own memory, tells its progress as JSON lines on standard output, and ends when its
standard input closes, which is when the worker that started it is gone.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import threading
from pathlib import Path

import msgspec

from auditdash.reports.printing.process import (
    Done,
    Failed,
    Job,
    RenderError,
    Stage,
    Word,
    too_much_memory,
)
from auditdash.reports.render import render_pdf


def main() -> None:
    """Render the job in the file named by the first argument."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    limit = job.megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Boxes stay until the end: to look at each of them again and again takes a tenth of the time.
    gc.set_threshold(200_000, 50, 1000)
    try:
        pages = render_pdf(job, lambda text: _tell(Stage(text=text)))
    except RenderError as error:
        _tell(Failed(reason=str(error)))
    except MemoryError:
        _tell(Failed(reason=too_much_memory(job.megabytes)))
    else:
        _tell(Done(pages=pages))


def _tell(word: Word) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(3)


if __name__ == "__main__":
    main()
