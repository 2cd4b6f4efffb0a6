"""Downloads that are made in the background: what to make, mine, their files and manifests."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, current_app, send_file
from msgspec import Struct
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from auditdash.accounts.roles import Permission
from auditdash.downloads.files.form import FORMS
from auditdash.downloads.kept.asked import decode_asked, may_read
from auditdash.downloads.kept.manifest import manifest_of
from auditdash.downloads.kept.run import KEPT, file_of
from auditdash.events.instants import DAY, to_datetime
from auditdash.store.downloads.runs import (
    OPEN,
    Download,
    cancel_download,
    find_download,
    list_downloads,
)
from auditdash.store.engine import reading, writing
from auditdash.web import fragments, params, readers
from auditdash.web.taking.keep import PATH, eyes_of
from auditdash.web.taking.menu import file_forms

blueprint = Blueprint("taking", __name__, url_prefix=PATH)

_SHOWN: Final = 100


class Line(Struct, frozen=True, kw_only=True):
    """One download of the list: `percent` is of its rows, None where nobody knows how many."""

    run: Download
    form: str
    query: str
    sha256: str
    percent: int | None

    @property
    def state(self) -> str:
        """As it is for its reader: what is over is gone, though a worker has yet to remove it."""
        run = self.run
        over = run.expires_at is not None and run.expires_at <= readers.now()
        return "removed" if run.state == "done" and over else run.state


@blueprint.get("")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def index() -> Response:
    """Mine in this workspace; the list asks for itself again until nothing is being made."""
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        found = list_downloads(connection, reader.workspace.id, reader.person_id, _SHOWN)
    return fragments.render(
        "downloads/page.html",
        "downloads/_list.html",
        200,
        lines=[_line(each) for each in found],
        working=any(each.state in OPEN for each in found),
        days=KEPT // DAY,
    )


@blueprint.get("/new")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def new() -> Response:
    """The forms of the table at `?of=`; `?long=1` where its file is too long to wait for."""
    address = params.text("of")
    if not _is_file(address):
        abort(404)
    return fragments.render(
        "downloads/new.html",
        "downloads/new.html",
        200,
        forms=file_forms(address),
        of=address,
        is_long=params.choice("long", ("", "1"), "") == "1",
        days=KEPT // DAY,
    )


@blueprint.get("/<int:number>/file")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def download_file(number: int) -> Response:
    """The file, as it was made; 410 when its time is over."""
    found, name = _readable(number), ""
    path = file_of(readers.settings(), found)
    if not path.is_file():
        abort(410, "The file is no longer on the disk of auditdash. Make it again.")
    name = _name(found)
    readers.record_access("download-file", file=name, sha256=(found.sha256 or b"").hex())
    response = send_file(
        Path(path), FORMS[found.form].media_type, as_attachment=True, download_name=name
    )
    response.headers["Repr-Digest"] = f"sha-256=:{b64encode(found.sha256 or b'').decode()}:"
    return response


@blueprint.get("/<int:number>/manifest.json")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def manifest(number: int) -> Response:
    """What was asked and what came of it; it stays when the file has gone."""
    found = _mine(number)
    if found.sha256 is None:
        abort(404)
    name = _name(found)
    readers.record_access("download-manifest", file=name)
    body = manifest_of(found, readers.reader().workspace.slug, name)
    response = Response(body, content_type="application/json")
    file_name = f"{name}.manifest.json"
    response.headers.set("Content-Disposition", "attachment", filename=file_name)
    return response


@blueprint.post("/<int:number>/remove")
@readers.needs(Permission.DOWNLOAD, scoped=True)
def remove(number: int) -> Response:
    """End one that waits or is being made, or let go of a file before its time."""
    reader = readers.reader()
    with writing(readers.engine()) as connection:
        ended = cancel_download(
            connection, reader.workspace.id, reader.person_id, number, readers.now()
        )
    if not ended:
        abort(404)
    return fragments.see_other(PATH)


def _mine(number: int) -> Download:
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        found = find_download(connection, reader.workspace.id, reader.person_id, number)
    if found is None:
        abort(404)
    return found


def _readable(number: int) -> Download:
    """One of mine whose file may be handed out now."""
    found = _mine(number)
    if found.state == "removed" or (found.expires_at or readers.now()) <= readers.now():
        abort(404 if found.file_name is None else 410, "This file was removed. Make it again.")
    if found.state != "done":
        abort(404)
    then = decode_asked(found.asked).eyes
    if not may_read(eyes_of(readers.reader().membership, readers.scope()), then):
        abort(
            403,
            "This file has in it what you may not see just now: your view was narrowed since it "
            "was made, or IP addresses are hidden. Make it again, or reveal them first.",
        )
    return found


def _is_file(address: str) -> bool:
    """Whether it is the address of one of our files."""
    if not address.startswith("/") or address.startswith("//"):
        return False
    try:
        _, found = current_app.url_map.bind("").match(address.partition("?")[0], "POST")
    except (HTTPException, RequestRedirect):
        return False
    return found.get("form") in FORMS


def _line(run: Download) -> Line:
    asked = decode_asked(run.asked)
    percent = None if not run.total else min(100, run.rows * 100 // run.total)
    return Line(
        run=run,
        form=FORMS[run.form].title,
        query=asked.query,
        sha256=(run.sha256 or b"").hex(),
        percent=percent,
    )


def _name(run: Download) -> str:
    """As a direct download is called."""
    asked = decode_asked(run.asked)
    day = to_datetime(run.requested_at, readers.zone()).date().isoformat()
    stem = "".join(each if each.isalnum() else "-" for each in run.title.lower())
    kind = "-bom" if asked.bom else ""
    slug = readers.reader().workspace.slug
    return f"{slug}-{stem}-{day}-seq{run.highest_seq}{kind}.{run.form}"
