"""Deliveries that are due: each is claimed, sent outside of any transaction, and settled.

At least once: a worker that dies between sending and settling leaves it to be sent again, under the
same key, by which mailboxes, receivers, folders and storage know what they have.
"""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, Instant
from auditdash.outgoing.outcome import RefusedError, SendingError, UnavailableError
from auditdash.reports.question import report_id
from auditdash.reports.sending.send import Sent, Shipment, send_shipment
from auditdash.reports.sending.telling import tell_of_run
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import find_run
from auditdash.store.schedules import find_schedule
from auditdash.store.sending.deliveries import (
    ROUND,
    Delivery,
    claim_delivery,
    finish_delivery,
    give_up,
    is_delivery_due,
    list_deliveries,
    postpone_delivery,
)
from auditdash.store.sending.destinations import find_destination, list_destinations
from auditdash.store.workspaces import find_workspace

LEASE: Final = 10 * MINUTE
# After the first attempt of a round, the second, …: eleven hours in all.
WAITS: Final = tuple(minutes * MINUTE for minutes in (1, 5, 30, 120, 480))
_log = logging.getLogger(__name__)


def send_next(engine: Engine, settings: Settings, now: Instant) -> bool:
    """Send what has been due longest; False when nothing is."""
    with reading(engine) as connection:  # an idle worker must not take the write lock
        if not is_delivery_due(connection, now):
            return False
    with writing(engine) as connection:
        for lost in give_up(connection, now):
            _tell(connection, lost, lost.outcome, now)
        claimed = claim_delivery(connection, now=now, until=Instant(now + LEASE))
    if claimed is None:
        return False
    try:
        with reading(engine) as connection:
            shipment = _gather(connection, claimed)
        sent = send_shipment(settings, shipment, now)
    except UnavailableError as error:
        _try_again(engine, claimed, str(error), now)
    except (SendingError, BadInput, OSError) as error:
        _fail(engine, claimed, str(error), now)
    else:
        _finish(engine, claimed, sent, now)
    return True


def _gather(connection: Connection, claimed: Delivery) -> Shipment:
    """All that sending needs, from one snapshot; RefusedError when there is nothing to send."""
    workspace = find_workspace(connection, claimed.workspace_id)
    if workspace is None:
        raise RefusedError("The workspace is gone.")
    to = run = schedule = None
    if claimed.destination_id is not None:
        to = find_destination(connection, claimed.workspace_id, claimed.destination_id)
        if to is None or to.ended_at is not None:
            raise RefusedError("The destination was removed.")
    if claimed.run_id is not None:
        run = find_run(connection, claimed.workspace_id, claimed.run_id)
    if run is not None and run.schedule_id is not None:
        schedule = find_schedule(connection, claimed.workspace_id, run.schedule_id)
    together = list_deliveries(connection, [run.id]) if run else [claimed]
    return Shipment(
        delivery=claimed,
        workspace=workspace,
        to=to,
        run=run,
        schedule=schedule,
        together=tuple(each for each in together if each.purpose == claimed.purpose),
        names={
            each.id: each.name
            for each in list_destinations(connection, claimed.workspace_id, ended=True)
        },
    )


def _finish(engine: Engine, claimed: Delivery, sent: Sent, now: Instant) -> None:
    with writing(engine) as connection:
        finish_delivery(
            connection,
            claimed,
            state="done" if sent.went else "skipped",
            outcome=sent.outcome,
            now=now,
            size=sent.size,
            sha256=sent.sha256,
        )


def _try_again(engine: Engine, claimed: Delivery, said: str, now: Instant) -> None:
    turn = (claimed.attempts - 1) % ROUND
    if turn >= len(WAITS):
        _fail(engine, claimed, f"{said} (after {ROUND} attempts)", now)
        return
    _log.warning("delivery %d: attempt %d failed", claimed.id, claimed.attempts)
    with writing(engine) as connection:
        next_at = Instant(now + WAITS[turn])
        postpone_delivery(connection, claimed, outcome=said, next_at=next_at)


def _fail(engine: Engine, claimed: Delivery, said: str, now: Instant) -> None:
    _log.warning("delivery %d: given up after attempt %d", claimed.id, claimed.attempts)
    with writing(engine) as connection:
        if finish_delivery(connection, claimed, state="failed", outcome=said, now=now):
            _tell(connection, claimed, said, now)


def _tell(connection: Connection, failed: Delivery, said: str, now: Instant) -> None:
    """Of a mail that tells of a failure no other mail tells: it stands on the pages already."""
    if failed.purpose != "report" or failed.run_id is None:
        return
    run = find_run(connection, failed.workspace_id, failed.run_id)
    if run is not None:
        where = failed.recipient or _name(connection, failed)
        said = f"{report_id(run)} did not reach {where}: {said}"
        tell_of_run(connection, run, said, f"delivery-{failed.id}-{failed.attempts}", now)


def _name(connection: Connection, failed: Delivery) -> str:
    to = find_destination(connection, failed.workspace_id, failed.destination_id or 0)
    return to.name if to else "its destination"
