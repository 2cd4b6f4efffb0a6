"""Streams: made, changed, paused, resumed, sent again from an earlier point, ended. For admins."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, abort
from sqlalchemy import Connection

from auditdash.accounts.roles import Permission
from auditdash.downloads.forms.form import FORMS
from auditdash.events.errors import BadInput
from auditdash.management import streams as management
from auditdash.outgoing.syslog import FACILITIES, SEVERITIES
from auditdash.store.engine import reading, writing
from auditdash.store.saved_searches import find_saved_search, list_saved_searches
from auditdash.store.sending.streams import Stream, find_stream, list_streams
from auditdash.store.workspaces import find_workspace
from auditdash.streams.destinations import BODIES, KINDS, TEXTS
from auditdash.streams.send import PAGE
from auditdash.web import fragments, params, readers
from auditdash.web.signing import confirm
from auditdash.web.streams.forms import (
    STARTS,
    StreamForm,
    cursor_of_day,
    read_kind,
    read_stream,
    start_of,
    stream_form,
    wanted_by,
    whole_number,
)
from auditdash.web.streams.view import StreamLine, stream_line

blueprint = Blueprint("streams", __name__, url_prefix=PAGE)

_ONE: Final = "/<int:stream_id>"
_LIST: Final = "streams/page.html"
_SHOW: Final = "streams/one.html"
_FORM: Final = "streams/form.html"
_SAYS: Final = {
    "webhook": "Signed batches to a program of yours, over HTTPS",
    "syslog": "A message for each event to a SIEM or log server (RFC 5424, RFC 5425)",
}


@blueprint.get("")
@readers.needs(Permission.STREAMS)
def index() -> Response:
    """All streams of the workspace, and the kinds of new ones."""
    reader = readers.reader()
    with reading(readers.engine()) as connection:
        lines = [_line(connection, each) for each in list_streams(connection, reader.workspace.id)]
    kinds = [(kind, label, _SAYS[kind]) for kind, label in KINDS.items()]
    return fragments.render(_LIST, _LIST, lines=lines, kinds=kinds)


@blueprint.get("/new")
@readers.needs(Permission.STREAMS)
def new() -> Response:
    """The form of one kind, with the text of a saved search where one was chosen."""
    kind, reader = read_kind(params.text("kind", "webhook")), readers.reader()
    form = StreamForm(kind=kind)
    number = params.number("search", 0, 0, (1 << 53) - 1)
    with reading(readers.engine()) as connection:
        if number:
            search = find_saved_search(connection, reader.workspace.id, reader.person_id, number)
            if search is None:
                abort(404)
            form = StreamForm(kind=kind, name=search.name, q=search.query)
        return _form(connection, form)


@blueprint.post("")
@readers.needs(Permission.STREAMS)
@confirm.first
def create() -> Response:
    """Make it; the answer is the only page that ever shows a signing secret."""
    form = read_stream(read_kind(params.field("kind")))
    try:
        with writing(readers.engine()) as connection:
            number, shown = management.make_stream(
                connection,
                readers.act(),
                readers.settings(),
                wanted_by(form),
                cursor=start_of(connection, form),
                owner_id=readers.reader().person_id,
            )
    except BadInput as error:
        return _refused(form, error)
    return _shown_once(number, shown)


@blueprint.get(_ONE)
@readers.needs(Permission.STREAMS)
def show(stream_id: int) -> Response:
    """One of them: where it goes, how far it is, what went wrong."""
    with reading(readers.engine()) as connection:
        return _shown(connection, _find(connection, stream_id))


@blueprint.get(f"{_ONE}/edit")
@readers.needs(Permission.STREAMS)
def edit(stream_id: int) -> Response:
    """Its form."""
    with reading(readers.engine()) as connection:
        known = _find_live(connection, stream_id)
        return _form(connection, stream_form(known), known=known)


@blueprint.post(_ONE)
@readers.needs(Permission.STREAMS)
@confirm.first
def change(stream_id: int) -> Response:
    """Decide otherwise from the next batch on; a new address gets a new secret, shown once."""
    with reading(readers.engine()) as connection:
        known = _find_live(connection, stream_id)
    form = read_stream(known.kind)
    try:
        with writing(readers.engine()) as connection:
            shown = management.edit_stream(
                connection,
                readers.act(),
                readers.settings(),
                _find_live(connection, stream_id),
                wanted_by(form),
            )
    except BadInput as error:
        return _refused(form, error, known)
    return _shown_once(stream_id, shown)


@blueprint.post(f"{_ONE}/<any(pause, resume, end):deed>")
@readers.needs(Permission.STREAMS)
def act_on(stream_id: int, deed: str) -> Response:
    """Pause, resume or end it."""
    deeds = {"pause": management.pause, "resume": management.resume, "end": management.end}
    with writing(readers.engine()) as connection:
        deeds[deed](connection, readers.act(), _find_live(connection, stream_id))
    return fragments.see_other(PAGE if deed == "end" else f"{PAGE}/{stream_id}")


@blueprint.post(f"{_ONE}/replay")
@readers.needs(Permission.STREAMS)
def replay(stream_id: int) -> Response:
    """Send again what came from an event or a day on."""
    try:
        with writing(readers.engine()) as connection:
            known = _find_live(connection, stream_id)
            if params.field("day"):
                cursor = cursor_of_day(connection, params.field("day"))
            else:
                cursor = whole_number("seq", params.field("seq")) - 1
            management.replay(connection, readers.act(), known, cursor)
    except BadInput as error:
        with reading(readers.engine()) as connection:
            return _shown(connection, _find(connection, stream_id), error=error)
    return fragments.see_other(f"{PAGE}/{stream_id}")


def _find(connection: Connection, stream_id: int) -> Stream:
    return find_stream(connection, readers.reader().workspace.id, stream_id) or abort(404)


def _find_live(connection: Connection, stream_id: int) -> Stream:
    known = _find(connection, stream_id)
    return known if known.ended_at is None else abort(410, "This stream has ended.")


def _line(connection: Connection, known: Stream) -> StreamLine:
    workspace = find_workspace(connection, known.workspace_id)
    return stream_line(connection, known, workspace.last_seq if workspace else 0, readers.now())


def _shown_once(stream_id: int, secret: str) -> Response:
    if not secret:
        return fragments.see_other(f"{PAGE}/{stream_id}")
    with reading(readers.engine()) as connection:
        return _shown(connection, _find(connection, stream_id), secret)


def _shown(
    connection: Connection, known: Stream, new_secret: str = "", error: BadInput | None = None
) -> Response:
    return fragments.render(
        _SHOW,
        _SHOW,
        400 if error else 200,
        line=_line(connection, known),
        new_secret=new_secret,
        error=error,
    )


def _refused(form: StreamForm, error: BadInput, known: Stream | None = None) -> Response:
    with reading(readers.engine()) as connection:
        return _form(connection, form, known=known, error=error)


def _form(
    connection: Connection,
    form: StreamForm,
    known: Stream | None = None,
    error: BadInput | None = None,
) -> Response:
    reader = readers.reader()
    return fragments.render(
        _FORM,
        _FORM,
        400 if error else 200,
        form=form,
        known=known,
        error=error,
        kind=KINDS[form.kind],
        says=_SAYS[form.kind],
        searches=list_saved_searches(connection, reader.workspace.id, reader.person_id),
        forms=[(each.name, each.label) for each in FORMS.values()],
        starts=tuple(STARTS.items()),
        bodies=tuple(BODIES.items()),
        texts=tuple(TEXTS.items()),
        facilities=[(name, f"{name} ({number})") for name, number in FACILITIES.items()],
        severities=[
            ("", "by the event: 6 informational, 5 notice where it is sensitive or failed"),
            *((name, f"{number} {name}") for name, number in SEVERITIES.items()),
        ],
        has_mail=bool(readers.settings().sending.smtp_host),
    )
