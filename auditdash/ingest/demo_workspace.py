"""The demo workspace: made once, filled once, never mixed with anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from sqlalchemy import Connection, Engine

from auditdash.events.instants import DAY, Instant, parse_instant, to_rfc3339
from auditdash.ingest.delivery import RECORDS_AT_ONCE, FilledElsewhere, continue_delivery
from auditdash.ingest.intake import Intake, Receipt, open_receipt, reopen
from auditdash.ingest.parse import Piece, in_parcels
from auditdash.ingest.sources.demo import iterate_demo
from auditdash.store.engine import writing
from auditdash.store.receipts import find_open_receipt
from auditdash.store.workspaces import create_workspace, find_workspace_by_slug

SLUG = "demo"
EXPECTED_EVENTS = 40_000  # about; what a progress bar measures against
_NAME = "Demo · Lumenworks"
_ZONE = "America/New_York"


def load_demo(
    engine: Engine, now: Instant, tell: Callable[[Connection], None] = lambda _: None
) -> Iterator[Receipt]:
    """Make the demo workspace and fill it; yields running totals, nothing if it is there already.
    Whoever makes it tells of it in the same transaction.

    Killed and called again, it goes on where it was: the receipt's name says until when.
    """
    intake = _begin(engine, now, tell)
    if intake is not None:
        with suppress(FilledElsewhere):  # whoever was first goes on
            parcels = in_parcels(_pieces(intake.now), RECORDS_AT_ONCE)
            yield from continue_delivery(engine, intake, parcels)


def _pieces(until: Instant) -> Iterator[Piece]:
    for number, raw in enumerate(iterate_demo(until), 1):
        yield Piece(f"item {number}", raw)


def _begin(engine: Engine, now: Instant, tell: Callable[[Connection], None]) -> Intake | None:
    with writing(engine) as connection:
        found = find_workspace_by_slug(connection, SLUG)
        made = None
        if found is None:
            made = create_workspace(
                connection, slug=SLUG, name=_NAME, kind="demo", zone=_ZONE, now=now
            )
        if made is not None:
            tell(connection)
            until = Instant(now - now % DAY)
            return open_receipt(
                connection,
                workspace_id=made,
                source="mode",
                channel="demo",
                name=to_rfc3339(until),
                now=until,
            )
        found = found or find_workspace_by_slug(connection, SLUG)  # of who was faster
        if found is None:
            raise AssertionError("unreachable: its slug is taken")
        begun = find_open_receipt(connection, workspace_id=found.id, channel="demo")
        if begun is None:
            return None
        return reopen(connection, found.id, "mode", begun.id, parse_instant(begun.name))
