"""Commands that take events in: import, pull, quarantine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from auditdash.cli.house import House, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import now, to_rfc3339
from auditdash.ingest.delivery import Delivery, deliver
from auditdash.ingest.intake import Receipt
from auditdash.ingest.quarantine import replay
from auditdash.ingest.sources import mode
from auditdash.store.engine import reading, writing
from auditdash.store.quarantine import Rejected, list_rejected
from auditdash.store.workspaces import Workspace

_REPLAYED_AT_ONCE = 500
_NO_LIMIT = 1 << 62  # whoever has a shell here may fill the disk anyway


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--source", default="mode", show_default=True, help="Where the events come from.")
@workspace_option
@with_house
def import_files(house: House, files: tuple[str, ...], source: str, workspace: str | None) -> None:
    """Import events from FILEs: NDJSON, JSON, Mode's answer pages or CSV, plain or .gz; - reads
    standard input.

    Running it again adds only what is missing. What is no event is kept in the quarantine. Exit
    status: 0 all taken in, 2 some rejected or in conflict, 1 a file that cannot be read.
    """
    owner = house.workspace(workspace)
    whole = True
    for name in files:
        with _open(name) as (stream, size):
            receipt = _import_stream(house, owner, source, name, stream, size)
        click.echo(_counts(name, receipt))
        for rejection in receipt.rejections[:10]:
            place = f"{rejection.position} {rejection.where}".strip()
            expected = f"; expected {rejection.expected}" if rejection.expected else ""
            click.echo(f"  {place}: {rejection.what}{expected}", err=True)
        whole = whole and not receipt.rejected and not receipt.conflicting
    sys.exit(0 if whole else 2)


@contextmanager
def _open(name: str) -> Iterator[tuple[IO[bytes], int]]:
    """A file or standard input, with its size in bytes (0: unknown)."""
    if name == "-":
        yield sys.stdin.buffer, 0
        return
    with Path(name).open("rb") as stream:
        yield stream, Path(name).stat().st_size


def _import_stream(
    house: House, owner: Workspace, source: str, name: str, stream: IO[bytes], size: int
) -> Receipt:
    delivery = Delivery(
        workspace_id=owner.id, source=source, channel="file", name=Path(name).name or name
    )
    receipt = Receipt(id=0)
    with click.progressbar(range(size) if size else None, label=name, file=sys.stderr) as bar:
        for receipt in deliver(  # noqa: B007  # the last one is the whole
            house.engine, delivery, stream, max_unpacked=_NO_LIMIT, started_at=now()
        ):
            if size:
                bar.update(stream.tell() - bar.pos)
    return receipt


def _counts(name: str, receipt: Receipt | mode.PullSummary) -> str:
    return (
        f"{name}: {receipt.received:,} received = {receipt.added:,} new + {receipt.known:,} already"
        f" known + {receipt.conflicting:,} conflicting + {receipt.rejected:,} rejected"
    )


@click.command()
@workspace_option
@with_house
def pull(house: House, workspace: str | None) -> None:
    """Fetch what is new from the connected Mode workspace, now.

    Killed and run again, it goes on where it was.
    """
    owner = house.workspace(workspace)
    with click.progressbar(range(1000), label="Pulling from Mode", file=sys.stderr) as bar:
        summary = mode.pull_now(
            house.engine,
            house.settings,
            owner.id,
            on_progress=lambda progress: bar.update(_permille(progress) - bar.pos),
        )
        if summary.error is None:
            bar.update(1000 - bar.pos)
    click.echo(_counts("mode", summary))
    if summary.error is not None:
        raise BadInput(summary.error)


def _permille(progress: mode.Progress) -> int:
    whole = max(progress.target - progress.start_at, 1)
    return 1000 * (progress.covered_until - progress.start_at) // whole


@click.group()
def quarantine() -> None:
    """Records that were not understood, kept whole."""


@quarantine.command("list")
@workspace_option
@with_house
def list_quarantine(house: House, workspace: str | None) -> None:
    """What waits: number, when, where it stood, what was wrong."""
    for row in _waiting(house, house.workspace(workspace).id):
        wrong = f"{row.place} {row.what}".strip()
        click.echo(f"{row.id}\t{to_rfc3339(row.received_at)}\t{row.position}\t{wrong}")


@quarantine.command("export")
@workspace_option
@with_house
def export_quarantine(house: House, workspace: str | None) -> None:
    """Write the records to standard output as they came, one after the other."""
    for row in _waiting(house, house.workspace(workspace).id):
        sys.stdout.buffer.write(row.record.rstrip(b"\n") + b"\n")


@quarantine.command("replay")
@workspace_option
@with_house
def replay_quarantine(house: House, workspace: str | None) -> None:
    """Try them all again, for example after an upgrade; what is understood now becomes events."""
    owner, after, total = house.workspace(workspace), 0, Receipt(id=0)
    while rows := _rows_after(house, owner.id, after):
        with writing(house.engine) as connection:
            total = replay(connection, owner.id, rows, now()).added_to(total)
        after = rows[-1].id
    click.echo(_counts("quarantine", total))


def _waiting(house: House, workspace_id: int) -> Iterator[Rejected]:
    after = 0
    while rows := _rows_after(house, workspace_id, after):
        yield from rows
        after = rows[-1].id


def _rows_after(house: House, workspace_id: int, after: int) -> list[Rejected]:
    with reading(house.engine) as connection:
        return list_rejected(connection, workspace_id, after=after, limit=_REPLAYED_AT_ONCE)
