"""Streams are made, changed, paused, moved and ended here, each act with the event that tells it.

What signs a stream goes only where it went before: another address gets another secret.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.outgoing.mail import parse_address
from auditdash.outgoing.webhook import make_secret, parse_secret
from auditdash.settings import Settings
from auditdash.store.saved_searches import parse_name
from auditdash.store.sending import streams as store
from auditdash.store.sending.streams import NewStream, Stream, find_stream
from auditdash.store.workspaces import find_workspace
from auditdash.streams.destinations import (
    KINDS,
    Config,
    WebhookTo,
    config_of,
    encode_config,
    goes_to,
    parse_config,
    parse_form,
    parse_selection,
    seal_secret,
    where_text,
)

CREATED, EDITED, DELETED = (f"auditdash_stream_{deed}" for deed in ("created", "edited", "deleted"))


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody decides about a stream, as it was typed."""

    name: str
    query: str
    config: Config
    form: str
    secret: str = ""
    tell: str = ""


def make_stream(
    connection: Connection,
    act: Act,
    settings: Settings,
    wanted: Wanted,
    *,
    cursor: int,
    owner_id: int | None,
) -> tuple[int, str]:
    """A stream that is on, behind this seq. Its id, and the signing secret that was made for it, to
    be shown once, or ""; BadInput names the field that cannot be."""
    new = _new(settings, wanted)
    secret, shown = _secret(wanted.config, wanted.secret, needed=True)
    number = store.insert_stream(
        connection,
        act.workspace.id,
        new,
        sealed=seal_secret(settings.instance, secret),
        cursor=cursor,
        owner_id=owner_id,
        now=act.now,
    )
    _tell(connection, act, _find(connection, act, number), CREATED, "created")
    return number, shown


def edit_stream(
    connection: Connection, act: Act, settings: Settings, known: Stream, wanted: Wanted
) -> str:
    """Other decisions from the next batch on; the signing secret that was made, or ""."""
    new = _new(settings, wanted)
    moved = goes_to(wanted.config) != goes_to(config_of(known))
    secret, shown = _secret(wanted.config, wanted.secret, needed=moved)
    store.change_stream(connection, known, new, sealed=seal_secret(settings.instance, secret))
    _tell(connection, act, _find(connection, act, known.id), EDITED, "changed")
    return shown


def pause(connection: Connection, act: Act, known: Stream) -> None:
    """Nothing is sent until it is resumed; what comes meanwhile is sent then."""
    store.pause_stream(connection, known)
    _tell(connection, act, known, EDITED, "paused")


def resume(connection: Connection, act: Act, known: Stream) -> None:
    """Go on where it stopped."""
    store.resume_stream(connection, known, act.now)
    _tell(connection, act, known, EDITED, "resumed")


def replay(connection: Connection, act: Act, known: Stream, cursor: int) -> None:
    """Send all events behind this seq, also those that were sent; BadInput where there is none."""
    workspace = find_workspace(connection, act.workspace.id)
    newest = workspace.last_seq if workspace else 0
    if not 0 <= cursor <= newest:
        raise BadInput(
            f"there is no event {cursor + 1:,}", where="seq", expected=f"1 to {newest + 1:,}"
        )
    store.move_stream(connection, known, cursor, act.now)
    _tell(connection, act, known, EDITED, "moved", from_seq=str(cursor + 1))


def end(connection: Connection, act: Act, known: Stream) -> None:
    """Over for good; what signed it is forgotten."""
    store.end_stream(connection, known, act.now)
    _tell(connection, act, known, DELETED, "ended")


def _new(settings: Settings, wanted: Wanted) -> NewStream:
    parse_selection(wanted.query)
    config = parse_config(wanted.config, settings.sending)
    return NewStream(
        name=parse_name(wanted.name),
        query=wanted.query,
        kind="webhook" if isinstance(config, WebhookTo) else "syslog",
        config=encode_config(config),
        form=parse_form(wanted.form),
        tell=parse_address(wanted.tell) if wanted.tell else "",
    )


def _secret(config: Config, given: str, *, needed: bool) -> tuple[str, str]:
    """What is to be kept, "" for what is there already; and what is to be shown."""
    if not isinstance(config, WebhookTo):
        return "", ""
    if given:
        return parse_secret(given), ""
    made = make_secret() if needed else ""
    return made, made


def _find(connection: Connection, act: Act, number: int) -> Stream:
    found = find_stream(connection, act.workspace.id, number)
    if found is None:
        raise BadInput("the stream is not there any more")
    return found


def _tell(
    connection: Connection, act: Act, known: Stream, action: str, deed: str, **more: str
) -> None:
    told = {
        "deed": deed,
        "kind": KINDS[known.kind],
        "where": where_text(config_of(known)),
        "query": known.query,
        "form": known.form,
        "position": str(known.cursor),
        **more,
    }
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=action,
        description=f"stream of events {deed} in auditdash",
        entity=("event_stream", str(known.id), known.name),
        context=told,
    )
    append_access(connection, event)
