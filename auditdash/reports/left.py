"""What attempts at reports that were killed have left: a PDF that no row names, half-made work."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from auditdash.downloads.kept.left import Left, Standing, asking, find_left, remove
from auditdash.settings import Settings
from auditdash.store.report_runs import ReportRun, find_standing

_PDF: Final = re.compile(r"([0-9]+-[0-9]+)-([0-9]{1,9})-[0-9a-f]{32}\.pdf")
_WORK: Final = re.compile(r"(work-[0-9]+)-([0-9]{1,9})")
_FORMER: Final = re.compile(r"[0-9a-f]{32}\.pdf")  # names that do not say whose they are


def new_name(run: ReportRun) -> str:
    """A name that is never used twice, and says which attempt of what it is: the number of a run
    may come again, in a database that was restored, but not with the same moment."""
    return f"{run.id}-{run.requested_at}-{run.attempts}-{secrets.token_hex(16)}.pdf"


def work_name(run: ReportRun) -> str:
    """The folder in which an attempt works."""
    return f"work-{run.id}-{run.attempts}"


def find_left_reports(settings: Settings, find: Callable[[], Standing]) -> Left:
    """Those of reports; unknown are also PDFs of a former version that no run names. `find` is
    store.report_runs.find_standing."""
    folder = settings.instance / "reports"
    former = [path for path in sorted(folder.glob("*.pdf")) if _FORMER.fullmatch(path.name)]
    pdfs, works = find_left(folder, _PDF, find), find_left(folder, _WORK, find)
    named = {name for _, _, name in find().values()} if former else set()
    strays = tuple(path for path in former if path.name not in named)
    return Left(pdfs.over + works.over, pdfs.unknown + works.unknown + strays)


def remove_left_reports(engine: Engine, settings: Settings) -> int:
    """Remove what killed attempts have left; how much it was."""
    return remove(find_left_reports(settings, asking(engine, find_standing)))
