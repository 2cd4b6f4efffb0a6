"""The manifest of a kept download: what was asked, and the file that came of it."""

from __future__ import annotations

from msgspec import json

from auditdash.downloads.kept.asked import decode_asked
from auditdash.downloads.kept.run import about_of
from auditdash.downloads.orders.all import decode_order
from auditdash.events.instants import to_rfc3339
from auditdash.store.downloads.runs import Download

VERSION = 1


def manifest_of(download: Download, workspace: str, file_name: str) -> bytes:
    """JSON of a finished download, the same to the byte each time. `file_name` is its name as it is
    handed out."""
    order, kept = decode_order(download.order), decode_asked(download.asked)
    told = {
        "manifest": VERSION,
        **dict(about_of(download, order, workspace).lines),
        "highest_seq": download.highest_seq,
        "limited_to": kept.eyes.query if kept.eyes.limited else None,
        "addresses": "shown" if kept.eyes.addresses else "hidden",
        "form": download.form,
        "byte_order_mark": kept.bom,
        "columns": json.decode(download.columns or "[]"),
        "rows": download.rows,
        "file": file_name,
        "size": download.size,
        "sha256": (download.sha256 or b"").hex(),
        "finished_at": to_rfc3339(download.finished_at) if download.finished_at else None,
        "kept_until": to_rfc3339(download.expires_at) if download.expires_at else None,
    }
    return json.format(json.encode(told), indent=2) + b"\n"
