"""Reports that are made already, and where tests send them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace
from sqlalchemy import Engine

from auditdash.events.instants import Instant
from auditdash.reports.run import LEASE
from auditdash.reports.schedule import run_now
from auditdash.reports.sending.queue import queue_report
from auditdash.reports.sending.result import Told, encode_result
from auditdash.settings import Sending, Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import Made, claim_run, finish_run
from auditdash.store.schedules import Schedule
from auditdash.store.sending.deliveries import Delivery, list_deliveries
from auditdash.store.sending.destinations import Destination, choose_destinations
from tests.make import NOW
from tests.receivers import PASSWORD, USER, Certified, Mailbox
from tests.reports.papers import ask

PDF = b"%PDF-1.7 not quite\n" * 50
_TOLD = [
    Told(label="Events", said="12"),
    Told(label="Bursts of exports", said="1 burst; the largest 40 by <b>Mary</b>.", ok=False),
    Told(label="Intake", said="None.", ok=True),
]


def sending_to(
    settings: Settings, certified: Certified, mailbox: Mailbox | None = None, **changes: object
) -> Settings:
    """The same settings, with what tests can send to."""
    sending = Sending(url="https://audit.example", authorities=certified.authorities)
    if mailbox is not None:
        sending = replace(
            sending,
            smtp_host="localhost",
            smtp_port=mailbox.port,
            smtp_user=USER,
            smtp_password=PASSWORD,
            mail_from="auditdash@acme.com",
        )
    return replace(settings, sending=replace(sending, **changes))


def send_made(
    engine: Engine,
    settings: Settings,
    workspace_id: int,
    to: Iterable[Destination],
    *,
    rows: int = 12,
    when_empty: bool = True,
) -> int:
    """A report that somebody asked for and that is made, on its way; the id of its run."""
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        queue_report(connection, workspace_id, run_id, to, NOW, when_empty=when_empty)
    finish(engine, settings, rows)
    return run_id


def send_scheduled(
    engine: Engine, settings: Settings, known: Schedule, to: Iterable[Destination]
) -> int:
    """The same by a schedule."""
    with writing(engine) as connection:
        choose_destinations(connection, known.id, [each.id for each in to])
        run_id = run_now(connection, known, "Alice", NOW)
    finish(engine, settings, 12)
    return run_id


def finish(engine: Engine, settings: Settings, rows: int) -> None:
    """Make the report that waits, at once."""
    folder = settings.instance / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    with writing(engine) as connection:
        run = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
        assert run is not None
        made = Made(
            file_name=f"{run.id}.pdf",
            size=len(PDF),
            sha256=hashlib.sha256(PDF).digest(),
            pages=3,
            rows=rows,
            result=encode_result(_TOLD),
        )
        Path(folder / made.file_name).write_bytes(PDF)
        assert finish_run(connection, run, made, NOW)


def deliveries_of(engine: Engine, run_id: int) -> list[Delivery]:
    """As they are now."""
    with reading(engine) as connection:
        return list_deliveries(connection, [run_id])
