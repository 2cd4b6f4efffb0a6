"""The file of a finished report: it leaves the house only as it was made."""

from __future__ import annotations

import hashlib
from pathlib import Path

from auditdash.settings import Settings
from auditdash.store.report_runs import ReportRun


class KeptFileError(Exception):
    """The file is gone, or is no longer the one that was made; says which."""


def report_path(settings: Settings, file_name: str) -> Path:
    """Where the file of a finished run stands."""
    return settings.instance / "reports" / file_name


def find_kept(settings: Settings, run: ReportRun) -> Path:
    """The file of a run, with the hash that was stored when it was made; or KeptFileError."""
    if run.file_name is None or run.sha256 is None:
        raise KeptFileError("This report has no file.")
    path = report_path(settings, run.file_name)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    except OSError:
        raise KeptFileError(
            "The file of this report is no longer on the disk of auditdash."
        ) from None
    if found != run.sha256:
        raise KeptFileError(
            "The file of this report was changed on the disk of auditdash since it was made: its "
            f"SHA-256 is {found.hex()}, and was {run.sha256.hex()}. It is not handed out. Put the "
            "file back from a backup, or make the report again."
        )
    return path
