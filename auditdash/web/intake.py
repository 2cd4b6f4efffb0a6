"""Intake: files in, receipts, and all that did not become an event."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, abort
from msgspec import Struct
from sqlalchemy import Engine

from auditdash.accounts.roles import Permission
from auditdash.events.errors import BadInput
from auditdash.ingest.intake import parse_source
from auditdash.ingest.quarantine import iterate_waiting, replay, replay_all
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
    list_beginnings,
    list_conflicts,
)
from auditdash.store.receipts import find_receipt, list_receipts
from auditdash.web import fragments, params, readers
from auditdash.web.frame.differences import Difference, compare_records
from auditdash.web.frame.question import link

blueprint = Blueprint("intake", __name__, url_prefix="/intake")

_log = logging.getLogger(__name__)
_PAGE: Final = "/intake"
_ROWS: Final = 50
_MOST_DIFFERENCES: Final = 100
_HIGHEST_ID: Final = (1 << 63) - 1
_UNMAPPED: Final = "is:unmapped"


class ConflictView(Struct, frozen=True):
    """A conflict beside the event that came first, field by field; `more` are not shown."""

    conflict: Conflict
    differences: tuple[Difference, ...]
    more: int


class UnmappedView(Struct, frozen=True):
    """An unknown action, and the search that shows its events."""

    counted: ActionCount
    href: str


@blueprint.get("")
@readers.needs(Permission.INTAKE)
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
        limit=readers.settings().max_body_bytes,
        **_tabs("receipts"),
    )


@blueprint.post("/upload")
@readers.needs(Permission.INTAKE)
def upload() -> Response:
    """Keep a file and its open receipt; a job takes it in."""
    given = params.uploaded("file")
    if given is None:
        raise BadInput("no file was chosen", where="file", expected="a file of events")
    try:
        receipt_id = put_down(
            readers.engine(),
            readers.settings(),
            workspace_id=readers.reader().workspace.id,
            source=parse_source(params.field("source") or "mode"),
            name=given.name,
            stream=given.stream,
            now=readers.now(),
        )
    except OSError as error:
        _log.error("an upload cannot be kept: %s", error)
        abort(503, f"The server cannot keep the file: {error.strerror}. Nothing of it came in.")
    return fragments.see_other(f"{_PAGE}/receipts/{receipt_id}")


@blueprint.get("/receipts/<int:receipt_id>")
@readers.needs(Permission.INTAKE)
def receipt(receipt_id: int) -> Response:
    """What became of one delivery; while it goes on, how far it is."""
    with reading(readers.engine()) as connection:
        workspace_id = readers.reader().workspace.id
        row = find_receipt(connection, workspace_id, receipt_id)
        if row is None:
            abort(404)
        rejected = list_beginnings(connection, workspace_id, limit=_ROWS, receipt_id=receipt_id)
    if not fragments.is_fragment():
        readers.record_access("intake")
    return fragments.render(
        "intake/receipt.html", "intake/_receipt.html", receipt=row, rejected=rejected
    )


@blueprint.get("/quarantine")
@readers.needs(Permission.INTAKE)
def quarantine() -> Response:
    """Records that wait to be understood."""
    readers.record_access("quarantine")
    after = params.number("after", 0, 0, _HIGHEST_ID)
    with reading(readers.engine()) as connection:
        found = list_beginnings(
            connection, readers.reader().workspace.id, after=after, limit=_ROWS + 1
        )
    return fragments.render(
        "intake/quarantine.html",
        "intake/_rejected.html",
        200,
        rejected=found[:_ROWS],
        after=after,
        next_after=found[_ROWS - 1].id if len(found) > _ROWS else None,
        **_tabs("quarantine"),
    )


@blueprint.get("/quarantine.ndjson")
@readers.needs(Permission.INTAKE)
def download_quarantine() -> Response:
    """The waiting records as they came, one after the other."""
    readers.record_access("quarantine")
    body = _records(readers.engine(), readers.reader().workspace.id)
    return _attachment(Response(body, content_type="application/octet-stream"), "quarantine.ndjson")


@blueprint.get("/quarantine/<int:rejected_id>/record")
@readers.needs(Permission.INTAKE)
def download_rejected(rejected_id: int) -> Response:
    """One record to the byte as it came."""
    readers.record_access("quarantine")
    row = _find(rejected_id)
    response = Response(row.record, content_type="application/octet-stream")
    return _attachment(response, f"record-{rejected_id}.bin")


@blueprint.post("/quarantine/replay")
@readers.needs(Permission.INTAKE)
def replay_quarantine() -> Response:
    """Try one record again, or all that wait."""
    workspace_id, now = readers.reader().workspace.id, readers.now()
    if params.field("id"):
        row = _find(params.id_field("id"))
        with writing(readers.engine()) as connection:
            total = replay(connection, workspace_id, [row], now)
    else:
        total = replay_all(readers.engine(), workspace_id, now)
    return fragments.see_other(f"{_PAGE}/receipts/{total.id}" if total.id else _PAGE)


@blueprint.get("/conflicts")
@readers.needs(Permission.INTAKE)
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
            differences = compare_records(event.record if event else "{}", conflict.record)
            views.append(
                ConflictView(
                    conflict,
                    differences[:_MOST_DIFFERENCES],
                    max(len(differences) - _MOST_DIFFERENCES, 0),
                )
            )
    return fragments.render(
        "intake/conflicts.html",
        "intake/_conflicts.html",
        200,
        conflicts=views,
        after=after,
        next_after=found[_ROWS - 1].id if len(found) > _ROWS else None,
        **_tabs("conflicts"),
    )


@blueprint.get("/unmapped")
@readers.needs(Permission.INTAKE)
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
    for row in iterate_waiting(engine, workspace_id):
        yield row.record.rstrip(b"\r\n") + b"\n"


def _attachment(response: Response, name: str) -> Response:
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
