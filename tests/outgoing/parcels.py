"""Files to send."""

from __future__ import annotations

import hashlib
from pathlib import Path

from auditdash.outgoing.outcome import Parcel


def make_parcel(folder: Path, content: bytes, key: str = "run-12/target-3") -> Parcel:
    """A file with this content, on its way."""
    path = folder / "kept.pdf"
    path.write_bytes(content)
    return Parcel(
        key=key,
        path=path,
        name="acme-compliance-2026-10.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
    )
