"""The next events of a stream, and one batch of them on its way."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.downloads.forms.form import FORMS, NDJSON, Form
from auditdash.events.event import Event
from auditdash.events.instants import Instant, parse_zone
from auditdash.outgoing.http import Surroundings
from auditdash.outgoing.syslog import Receiver, send_syslog
from auditdash.outgoing.webhook import post_webhook
from auditdash.queries.stream import find_arrivals
from auditdash.search.parse import parse
from auditdash.search.period import instant_text
from auditdash.search.scope import Clock, Scope
from auditdash.settings import Settings
from auditdash.store.sending.streams import Stream
from auditdash.streams.destinations import (
    SyslogTo,
    WebhookTo,
    config_of,
    parse_selection,
    secret_of,
)
from auditdash.streams.frames import frame_of

_SYSLOG_EVENTS: Final = 1_000
_MOST_BYTES: Final = 1 << 20  # of one message, unless a single event is longer
_SECONDS: Final = 30.0
# A selection depends on no clock.
_ANY_TIME: Final = Clock(Instant(0), parse_zone("UTC"))


class Batch(Struct, frozen=True, kw_only=True):
    """Written events, one after the other; `cursor` is the seq up to which all was looked at."""

    events: tuple[Event, ...]
    written: tuple[bytes, ...]
    cursor: int


def find_batch(connection: Connection, known: Stream) -> Batch:
    """What comes next, in the order of arrival; BadInput where the stream cannot be read."""
    config, form = config_of(known), FORMS[known.form]
    most = config.most if isinstance(config, WebhookTo) else _SYSLOG_EVENTS
    events, seen = find_arrivals(
        connection,
        parse_selection(known.query),
        Scope(workspace_id=known.workspace_id),
        _ANY_TIME,
        known.cursor,
        most,
    )
    written: list[bytes] = []
    size = 0
    for event in events:
        text = form.write(event)
        size += len(text) + 1
        if written and size > _MOST_BYTES:
            taken = events[: len(written)]
            return Batch(events=taken, written=tuple(written), cursor=taken[-1].seq)
        written.append(text)
    return Batch(events=events, written=tuple(written), cursor=seen)


def find_cursor_before(connection: Connection, workspace_id: int, since: Instant) -> int:
    """The seq before the first event that came at this moment or later; clocks may have gone back
    since, and nothing may be left out."""
    query, scope = parse(f"received:>={instant_text(since)}"), Scope(workspace_id=workspace_id)
    events, seen = find_arrivals(connection, query, scope, _ANY_TIME, 0, 1)
    return events[0].seq - 1 if events else seen


def send_batch(settings: Settings, known: Stream, batch: Batch, now: Instant) -> str:
    """Send it; what came of it, in words. Raises SendingError, BadInput or OSError."""
    sending = settings.sending
    around = Surroundings(inside=sending.inside, authorities=sending.authorities, seconds=_SECONDS)
    config = config_of(known)
    match config:
        case WebhookTo(url, body):
            media_type, content = _body(FORMS[known.form], body, batch.written)
            return post_webhook(
                url,
                secret_of(settings.instance, known),
                around,
                message_id=_message_id(known, batch),
                at=now,
                body=content,
                media_type=media_type,
            )
        case SyslogTo():
            receiver = Receiver(host=config.host, port=config.port, authority=config.authority)
            pairs = zip(batch.events, batch.written, strict=True)
            frames = [frame_of(config, sending, event, text) for event, text in pairs]
            return send_syslog(receiver, around, frames)


def _message_id(known: Stream, batch: Batch) -> str:
    """The same for the same events, however often they are sent."""
    return f"stream-{known.id}_{batch.events[0].seq}-{batch.events[-1].seq}_{len(batch.events)}"


def _body(form: Form, body: str, written: tuple[bytes, ...]) -> tuple[str, bytes]:
    if body == "lines":
        return NDJSON, b"".join(text + b"\n" for text in written)
    return form.batch, b"[" + b",".join(written) + b"]"
