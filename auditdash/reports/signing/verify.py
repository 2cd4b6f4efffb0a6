"""Checks a report as its receiver can: by the file alone, without a database or a network."""

from __future__ import annotations

import hashlib
import logging
import mmap
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from auditdash.events.wording import printable
from auditdash.reports.signing.attachments import (
    Manifest,
    check_attachments,
    read_attachments,
    read_manifest,
)
from auditdash.reports.signing.findings import Finding, UnreadableReportError, Verdict, wrong
from auditdash.reports.signing.process import Checked
from auditdash.reports.signing.signature import check_signature, parse_certificates

# What pyHanko and asn1crypto raise at files that somebody damaged or forged.
_DAMAGE: Final = (
    PdfError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    zlib.error,
)
_END: Final = b"%%EOF"


def verify_report(path: Path, trust_files: Iterable[str], now: datetime) -> Checked:
    """Check signature, coverage, certificate and attachments.

    UnreadableReportError for a file that is no report of auditdash, or so damaged that nothing can
    be read, or for a file of certificates without one; OSError for one that cannot be opened.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it finds is told by us, in words
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    trusted = [each for name in trust_files for each in _certificates(Path(name))]
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        manifest: Manifest | None = None
        try:
            manifest, findings = _check(file, trusted, now)
        except _DAMAGE as error:
            behind = _behind_end(file)
            if not behind:
                raise UnreadableReportError(f"It cannot be read as a PDF ({error}).") from error
            findings = [wrong(f"{behind:,} bytes were added behind the end of the report.")]
    return Checked(
        report=printable(manifest.report) if manifest else None,
        workspace=printable(manifest.workspace) if manifest else None,
        made_at=printable(manifest.made_at) if manifest else None,
        sha256=sha256,
        verdict=Verdict(findings=tuple(findings)),
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return parse_certificates(path.read_bytes())
    except (ValueError, TypeError) as error:
        raise UnreadableReportError(f"{path} is no file of certificates ({error}).") from None


def _check(
    file: BinaryIO, trusted: Sequence[x509.Certificate], now: datetime
) -> tuple[Manifest, list[Finding]]:
    reader = PdfFileReader(file)
    files = read_attachments(reader)
    manifest = read_manifest(files)
    found = check_signature(reader, file, trusted, now)
    return manifest, [*found, *check_attachments(files, manifest)]


def _behind_end(file: BinaryIO) -> int:
    """Bytes behind the last end mark of a PDF; 0 where it has none."""
    size = file.seek(0, 2)
    if not size:
        return 0
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.rfind(_END)
        return 0 if at < 0 else len(content[at + len(_END) :].strip())
