"""The form of a stream: what was typed, so that a refused one comes back."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten
from auditdash.events.periods import midnight
from auditdash.management.streams import Wanted
from auditdash.store.sending.streams import Stream
from auditdash.store.workspaces import find_workspace
from auditdash.streams.batch import find_cursor_before
from auditdash.streams.destinations import KINDS, Config, SyslogTo, WebhookTo, config_of
from auditdash.web import params, readers

STARTS = {
    "now": "with what comes from now on",
    "beginning": "with the first event that was ever stored",
    "day": "with what came in since a day",
}


class StreamForm(Struct, frozen=True, kw_only=True):
    """Fields of all kinds; a secret never comes back. `start` and `day` are for new ones."""

    kind: str
    name: str = ""
    q: str = "-source:auditdash"
    form: str = "auditdash"
    tell: str = ""
    start: str = "now"
    day: str = ""
    url: str = ""
    body: str = "list"
    most: str = "500"
    host: str = ""
    port: str = "6514"
    authority: str = ""
    facility: str = "audit"
    severity: str = ""
    enterprise: str = "32473"
    text: str = "utf-8"


def read_stream(kind: str) -> StreamForm:
    """What was sent."""
    return params.read_form(StreamForm, kind=kind)


def read_kind(given: str) -> str:
    """One of KINDS; anything else is BadInput."""
    if given not in KINDS:
        raise BadInput(
            f"{shorten(given)} is no kind of destination", where="kind", expected=", ".join(KINDS)
        )
    return given


def stream_form(known: Stream) -> StreamForm:
    """A stream as its form has it."""
    form = StreamForm(
        kind=known.kind, name=known.name, q=known.query, form=known.form, tell=known.tell
    )
    config = config_of(known)
    match config:
        case WebhookTo(url, body, most):
            return replace(form, url=url, body=body, most=str(most))
        case SyslogTo():
            return replace(
                form,
                host=config.host,
                port=str(config.port),
                authority=config.authority,
                facility=config.facility,
                severity=config.severity,
                enterprise=config.enterprise,
                text=config.text,
            )


def wanted_by(form: StreamForm) -> Wanted:
    """What the form says; BadInput names the field that cannot be read."""
    return Wanted(
        name=form.name,
        query=form.q,
        config=_config(form),
        form=form.form,
        secret=params.secret_field("secret").strip(),
        tell=form.tell,
    )


def start_of(connection: Connection, form: StreamForm) -> int:
    """The seq behind which a new stream begins."""
    workspace = readers.reader().workspace
    if form.start == "beginning":
        return 0
    if form.start == "day":
        return cursor_of_day(connection, form.day)
    if form.start != "now":
        raise BadInput("choose where it begins", where="start", expected=", ".join(STARTS))
    found = find_workspace(connection, workspace.id)
    return found.last_seq if found else 0


def cursor_of_day(connection: Connection, text: str) -> int:
    """The seq before the first event that came on that day of the reader's, or later."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(
            f"{shorten(text)} is not a day", where="day", expected="such as 2026-11-01"
        ) from None
    reader = readers.reader()
    return find_cursor_before(connection, reader.workspace.id, midnight(day, reader.zone))


def whole_number(name: str, text: str) -> int:
    """A number of at most 18 digits."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(f"{shorten(text)} does not fit", where=name, expected="a whole number")
    return int(text)


def _config(form: StreamForm) -> Config:
    if form.kind == "webhook":
        most = whole_number("most", form.most)
        return WebhookTo(url=form.url, body=form.body, most=most)
    return SyslogTo(
        host=form.host,
        port=whole_number("port", form.port),
        authority=form.authority,
        facility=form.facility,
        severity=form.severity,
        enterprise=form.enterprise,
        text=form.text,
    )
