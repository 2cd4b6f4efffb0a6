"""The process that signs or verifies one file: a task as JSON comes in, the answer goes out."""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from auditdash.reports.signing.findings import UnreadableReportError
from auditdash.reports.signing.key import SigningError, read_key
from auditdash.reports.signing.process import Answer, Refused, Sign, Signed, Task
from auditdash.reports.signing.sign import sign_in_place
from auditdash.reports.signing.verify import verify_report

_MEGABYTES: Final = 4096


def main() -> None:
    """Do what standard input says."""
    limit = _MEGABYTES << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(_answer(task)))


def _answer(task: Task) -> Answer:
    try:
        if isinstance(task, Sign):
            sign_in_place(Path(task.path), read_key(task.key))
            return Signed()
        return verify_report(Path(task.path), task.trusted, datetime.now(UTC))
    except (SigningError, UnreadableReportError, OSError) as error:
        return Refused(str(error))
    except MemoryError:
        return Refused(f"It needs more than {_MEGABYTES:,} MB of memory.")


if __name__ == "__main__":
    main()
