"""Intake: files in, receipts, and all that did not become an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct
from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.ingest.intake import Receipt
from auditdash.ingest.quarantine import replay
from auditdash.ingest.uploads import put_down
from auditdash.queries.evidence import ActionCount, count_by_action
from auditdash.queries.timeline import find_event
from auditdash.search import edit
from auditdash.search.parse import parse
from auditdash.store.engine import reading, writing
from auditdash.store.quarantine import (
    Conflict,
    Rejected,
    count_conflicts,
    count_rejected,
    find_rejected,
    list_conflicts,
    list_rejected,
)
from auditdash.store.receipts import find_receipt, list_receipts
from auditdash.web import fragments, params, readers
from auditdash.web.frame.differences import Difference, compare_records
from auditdash.web.frame.question import link

blueprint = Blueprint("intake", __name__, url_prefix="/intake")

_PAGE: Final = "/intake"
_ROWS: Final = 50
_AT_ONCE: Final = 500
_HIGHEST_ID: Final = (1 << 63) - 1
_UNMAPPED: Final = "is:unmapped"


class ConflictView(Struct, frozen=True):
    """A conflict beside the event that came first, field by field."""

    conflict: Conflict
    differences: tuple[Difference, ...]


class UnmappedView(Struct, frozen=True):
    """An unknown action, and the search that shows its events."""

    counted: ActionCount
    href: str


@blueprint.get("")
def page() -> Response:
    """The ways in, and the receipts of what came."""
    readers.record_access("intake")
    before = params.number("before", 0, 1, _HIGHEST_ID) or None
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        receipts = list_receipts(connection, workspace_id, before=before, limit=_ROWS + 1)
    shown, more = receipts[:_ROWS], len(receipts) > _ROWS
    return fragments.render(
        "intake/page.html",
        "intake/_receipts.html",
        200,
        receipts=shown,
        before=before,
        older=shown[-1].id if more else None,
        limit_mb=readers.settings().max_body_bytes >> 20,
        **_tabs("receipts"),
    )


@blueprint.post("/upload")
def upload() -> Response:
    """Keep a file and its open receipt; a job takes it in."""
    given = params.uploaded("file")
    if given is None:
        raise BadInput("no file was chosen", where="file", expected="a file of events")
    source = params.field("source") or "mode"
    if not (source.isascii() and source.replace("-", "").replace("_", "").isalnum()):
        raise BadInput(
            "this is no name of a source", where="source", expected="letters, digits, - and _"
        )
    receipt_id = put_down(
        readers.engine(),
        readers.settings(),
        workspace_id=readers.reader().workspace.id,
        source=source[:64],
        name=given.name,
        stream=given.stream,
        now=readers.now(),
    )
    return fragments.see_other(f"{_PAGE}/receipts/{receipt_id}")


@blueprint.get("/receipts/<int:receipt_id>")
def receipt(receipt_id: int) -> Response:
    """What became of one delivery; while it goes on, how far it is."""
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        row = find_receipt(connection, workspace_id, receipt_id)
        if row is None:
            abort(404)
        rejected = list_rejected(
            connection, workspace_id, limit=_ROWS, waiting_only=False, receipt_id=receipt_id
        )
    if not fragments.is_fragment():
        readers.record_access("intake")
    return fragments.render(
        "intake/receipt.html", "intake/_receipt.html", receipt=row, rejected=rejected
    )


@blueprint.get("/quarantine")
def quarantine() -> Response:
    """Records that wait to be understood."""
    readers.record_access("quarantine")
    after = params.number("after", 0, 0, _HIGHEST_ID)
    with reading(readers.engine()) as connection:
        found = list_rejected(
            connection, readers.reader().workspace.id, after=after, limit=_ROWS + 1
        )
    return fragments.render(
        "intake/quarantine.html",
        "intake/_rejected.html",
        200,
        rejected=found[:_ROWS],
        next_after=found[_ROWS - 1].id if len(found) > _ROWS else None,
        **_tabs("quarantine"),
    )


@blueprint.get("/quarantine.ndjson")
def download_quarantine() -> Response:
    """The waiting records as they came, one after the other."""
    readers.record_access("quarantine")
    body = _records(readers.engine(), readers.reader().workspace.id)
    return _attachment(Response(body, content_type="application/octet-stream"), "quarantine.ndjson")


@blueprint.get("/quarantine/<int:rejected_id>/record")
def download_rejected(rejected_id: int) -> Response:
    """One record to the byte as it came."""
    readers.record_access("quarantine")
    row = _find(rejected_id)
    response = Response(row.record, content_type="application/octet-stream")
    return _attachment(response, f"record-{rejected_id}.bin")


@blueprint.post("/quarantine/replay")
def replay_quarantine() -> Response:
    """Try one record again, or all that wait."""
    workspace_id, now = readers.reader().workspace.id, readers.now()
    if params.field("id"):
        with writing(readers.engine()) as connection:
            total = replay(connection, workspace_id, [_find(params.id_field("id"))], now)
        return fragments.see_other(f"{_PAGE}/receipts/{total.id}")
    after, total = 0, Receipt(id=0)
    while rows := _rows_after(readers.engine(), workspace_id, after):
        with writing(readers.engine()) as connection:
            total = replay(connection, workspace_id, rows, now).added_to(total)
        after = rows[-1].id
    return fragments.see_other(f"{_PAGE}/receipts/{total.id}" if total.id else _PAGE)


@blueprint.get("/conflicts")
def conflicts() -> Response:
    """Other contents that came under the id of a known event."""
    readers.record_access("intake")
    after = params.number("after", 0, 0, _HIGHEST_ID)
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        found = list_conflicts(connection, workspace_id, after=after, limit=_ROWS + 1)
        views = []
        for conflict in found[:_ROWS]:
            event = find_event(connection, readers.scope(), conflict.seq)
            first = event.record if event else "{}"
            views.append(ConflictView(conflict, compare_records(first, conflict.record)))
    return fragments.render(
        "intake/conflicts.html",
        "intake/_conflicts.html",
        200,
        conflicts=views,
        next_after=found[_ROWS - 1].id if len(found) > _ROWS else None,
        **_tabs("conflicts"),
    )


@blueprint.get("/unmapped")
def unmapped() -> Response:
    """Actions that the catalogue does not know."""
    readers.record_access("unmapped")
    with reading(readers.engine()) as connection:
        counts = count_by_action(
            connection, parse(_UNMAPPED), readers.scope(), readers.clock()
        ).values()
    views = [
        UnmappedView(each, link("/timeline", edit.include(_UNMAPPED, "action", each.action)))
        for each in sorted(counts, key=lambda each: (-each.count, each.action))
    ]
    return fragments.render(
        "intake/unmapped.html", "intake/unmapped.html", 200, unmapped=views, **_tabs("unmapped")
    )


def _tabs(current: str) -> dict[str, object]:
    """Which part of the intake this is, and how much waits in the others."""
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        unknown = count_by_action(connection, parse(_UNMAPPED), readers.scope(), readers.clock())
        return {
            "tab": current,
            "waiting": count_rejected(connection, workspace_id),
            "conflicting": count_conflicts(connection, workspace_id),
            "unknown": len(unknown),
        }


def _find(rejected_id: int) -> Rejected:
    with reading(readers.engine()) as connection:
        row = find_rejected(connection, readers.reader().workspace.id, rejected_id)
    if row is None:
        abort(404)
    return row


def _records(engine: Engine, workspace_id: int) -> Iterator[bytes]:
    after = 0
    while rows := _rows_after(engine, workspace_id, after):
        for row in rows:
            yield row.record.rstrip(b"\r\n") + b"\n"
        after = rows[-1].id


def _rows_after(engine: Engine, workspace_id: int, after: int) -> list[Rejected]:
    with reading(engine) as connection:
        return list_rejected(connection, workspace_id, after=after, limit=_AT_ONCE)


def _attachment(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
