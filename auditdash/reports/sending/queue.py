"""What is to be sent, written down together with the run: whoever dies afterwards loses nothing."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.reports.sending.destinations import recipients_of
from auditdash.store.sending.deliveries import NewDelivery, insert_deliveries
from auditdash.store.sending.destinations import Destination


def queue_report(
    connection: Connection,
    workspace_id: int,
    run_id: int,
    destinations: Iterable[Destination],
    now: Instant,
    *,
    when_empty: bool = True,
) -> None:
    """Send the report of a run, once it is made, to all of these; for people and schedules."""
    insert_deliveries(
        connection,
        [
            NewDelivery(
                workspace_id=workspace_id,
                key=f"run-{run_id}/to-{each.id}/{recipient}",
                purpose="report",
                recipient=recipient,
                run_id=run_id,
                destination_id=each.id,
                when_empty=when_empty,
            )
            for each in destinations
            for recipient in recipients_of(each)
        ],
        now,
    )


def queue_test(connection: Connection, to: Destination, now: Instant) -> None:
    """Try a destination, without a report."""
    insert_deliveries(
        connection,
        [
            NewDelivery(
                workspace_id=to.workspace_id,
                key=f"test-{now}/to-{to.id}/{recipient}",
                purpose="test",
                recipient=recipient,
                destination_id=to.id,
            )
            for recipient in recipients_of(to)
        ],
        now,
    )
