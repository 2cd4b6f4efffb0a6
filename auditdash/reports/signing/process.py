"""Signs and verifies in a process of its own: a file that somebody sends is read under limits, and
the library for it (45 MB) is loaded by whoever needs it alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from auditdash.reports.printing.process import bare_environment
from auditdash.reports.signing.findings import Finding, UnreadableReportError, Verdict, ok, wrong
from auditdash.reports.signing.key import KeyFiles, SigningError
from auditdash.settings import ROOT

_SECONDS: Final = 600


class Sign(Struct, frozen=True, tag=True):
    """Sign the file at a path."""

    path: str
    key: KeyFiles


class Verify(Struct, frozen=True, tag=True):
    """Check the file at a path; `trusted` are files of certificates."""

    path: str
    trusted: tuple[str, ...]


class Signed(Struct, frozen=True, tag=True):
    """The file is signed."""


class Checked(Struct, frozen=True, kw_only=True, tag=True):
    """What a file says that it is, where that can be read, and what was found."""

    report: str | None
    workspace: str | None
    made_at: str | None
    sha256: str
    verdict: Verdict


class Refused(Struct, frozen=True, tag=True):
    """Why it could not be done."""

    reason: str


Task = Sign | Verify
Answer = Signed | Checked | Refused


def sign_file(path: Path, key: KeyFiles) -> None:
    """Sign a finished PDF where it is; SigningError says why it cannot be."""
    answer = _ask(Sign(str(path), key))
    if not isinstance(answer, Signed):
        raise SigningError(answer.reason if isinstance(answer, Refused) else "It was not signed.")


def verify_file(path: Path, trusted: Sequence[Path]) -> Checked:
    """Check a report by its file alone; UnreadableReportError when it cannot be checked at all."""
    answer = _ask(Verify(str(path), tuple(map(str, trusted))))
    if not isinstance(answer, Checked):
        said = answer.reason if isinstance(answer, Refused) else "It was not checked."
        raise UnreadableReportError(said)
    return answer


def compare_stored(checked: Checked, stored: str) -> Finding:
    """The file's SHA-256 against the one that was stored when the report was made."""
    if checked.sha256 == stored:
        return ok(f"Stored hash: the file is the one that was made here, SHA-256 {stored}.")
    return wrong(f"Stored hash: another file was made here, SHA-256 {stored}.")


def _ask(task: Task) -> Answer:
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "auditdash.reports.signing.child"],
            input=msgspec.json.encode(task),
            capture_output=True,
            cwd=ROOT,
            env=bare_environment(),
            timeout=_SECONDS,
            check=False,
        )
        answer: Answer = msgspec.json.decode(ended.stdout, type=Answer)
        return answer
    except subprocess.TimeoutExpired:
        return Refused(f"It took longer than {_SECONDS} seconds.")
    except msgspec.MsgspecError:
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return Refused(f"The process ended with code {ended.returncode}. {' '.join(last)[:300]}")
