"""Destinations are made, changed and ended here, each act with the event that tells of it.

What opens a destination goes only where it went before: another address needs it typed again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from auditdash.events.errors import BadInput
from auditdash.ingest.accesses import Act, append_access, event_of
from auditdash.outgoing.guard import parse_place
from auditdash.outgoing.webhook import make_secret, parse_secret
from auditdash.reports.sending.destinations import (
    Config,
    SlackTo,
    StorageTo,
    WebhookTo,
    config_of,
    encode_config,
    parse_config,
    seal_secret,
    where_text,
)
from auditdash.reports.sending.queue import queue_report, queue_test
from auditdash.settings import Settings
from auditdash.store.report_runs import ReportRun
from auditdash.store.saved_searches import parse_name
from auditdash.store.sending.destinations import (
    Destination,
    change_destination,
    end_destination,
    find_destination,
    insert_destination,
)


def make_destination(
    connection: Connection,
    act: Act,
    settings: Settings,
    *,
    name: str,
    kind: str,
    config: Config,
    secret: str,
    person_id: int | None,
) -> tuple[int, str]:
    """Its id, and the signing secret that was made for it, to be shown once, or ""."""
    config = parse_config(config, settings.sending)
    secret, shown = _secret(settings, config, secret, needed=True)
    number = insert_destination(
        connection,
        workspace_id=act.workspace.id,
        name=parse_name(name),
        kind=kind,
        config=encode_config(config),
        sealed=seal_secret(settings.instance, secret),
        person_id=person_id,
        now=act.now,
    )
    found = find_destination(connection, act.workspace.id, number)
    if found is None:
        raise AssertionError("unreachable: it was just made")
    _tell(connection, act, found, "report_destination_created", "created")
    return number, shown


def edit_destination(
    connection: Connection,
    act: Act,
    settings: Settings,
    known: Destination,
    *,
    name: str,
    config: Config,
    secret: str,
) -> str:
    """Another name or address; the signing secret that was made for it, to be shown once, or ""."""
    config = parse_config(config, settings.sending)
    moved = _goes_to(config) != _goes_to(config_of(known))
    secret, shown = _secret(settings, config, secret, needed=moved)
    sealed = seal_secret(settings.instance, secret)
    change_destination(
        connection, known, name=parse_name(name), config=encode_config(config), sealed=sealed
    )
    found = find_destination(connection, act.workspace.id, known.id) or known
    _tell(connection, act, found, "report_destination_edited", "changed")
    return shown


def end(connection: Connection, act: Act, known: Destination) -> None:
    """Nothing more is sent there, by no schedule."""
    end_destination(connection, known, act.now)
    _tell(connection, act, known, "report_destination_deleted", "removed")


def try_out(connection: Connection, act: Act, known: Destination) -> None:
    """Send a test there, by the same way as reports."""
    queue_test(connection, known, act.now)
    _tell(connection, act, known, "report_destination_edited", "tried")


def send_to(connection: Connection, act: Act, run: ReportRun, to: list[Destination]) -> None:
    """Send a report that somebody asked for to these, as soon as it is made."""
    if not to:
        raise BadInput("nothing is chosen", where="destinations", expected="a destination")
    queue_report(connection, act.workspace.id, run.id, to, act.now)
    for each in to:
        _tell(
            connection,
            act,
            each,
            "report_destination_edited",
            "sent a report by hand",
            report=f"AD-{run.id:06}",
        )


def _goes_to(config: Config) -> object:
    """What decides where a secret goes."""
    match config:
        case StorageTo(bucket, access):
            return bucket.endpoint, access
        case WebhookTo(url):
            return url
    return None


def _secret(settings: Settings, config: Config, given: str, *, needed: bool) -> tuple[str, str]:
    """What is to be kept, "" for what is there already; and what is to be shown."""
    match config:
        case WebhookTo() if given:
            return parse_secret(given), ""
        case WebhookTo() if needed:
            made = make_secret()
            return made, made
        case SlackTo() if given:
            parse_place(given, settings.sending.inside)
        case StorageTo() | SlackTo() if needed and not given:
            raise BadInput(
                "it is missing", where="secret", expected="the secret, typed again for a new place"
            )
    return given, ""


def _tell(
    connection: Connection, act: Act, known: Destination, action: str, deed: str, **more: str
) -> None:
    event = event_of(
        act.workspace,
        act.now,
        act.actor,
        action=action,
        description=f"destination of reports {deed} in auditdash",
        entity=("report_destination", str(known.id), known.name),
        context={"deed": deed, "kind": known.kind, "where": where_text(known), **more},
    )
    append_access(connection, event)
