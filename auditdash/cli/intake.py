"""Commands that take events in: import, pull, quarantine."""

from __future__ import annotations

import sys

import click

from auditdash.cli.house import House, shell_act, with_house, workspace_option
from auditdash.cli.importing import Importer, counts_text
from auditdash.events.errors import BadInput
from auditdash.events.instants import now, to_rfc3339
from auditdash.events.wording import printable
from auditdash.ingest.coverage import length_text
from auditdash.ingest.intake import parse_source
from auditdash.ingest.quarantine import iterate_waiting, replay_all
from auditdash.ingest.sources import mode
from auditdash.ingest.sources.mode_client import Surroundings
from auditdash.ingest.sources.mode_login import SOURCE, adopt_environment
from auditdash.ingest.watching.echo import run_test
from auditdash.management import feeds as management
from auditdash.store.engine import writing
from auditdash.store.feeds import connections


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--source", default="mode", show_default=True, help="Where the events come from.")
@workspace_option
@with_house
def import_files(house: House, files: tuple[str, ...], source: str, workspace: str | None) -> None:
    """Import events from FILEs: NDJSON, JSON, Mode's answer pages or CSV, plain or .gz; - reads
    standard input.

    Running it again adds only what is missing. What is no event is kept in the quarantine. Exit
    status: 0 all taken in, 2 some rejected or in conflict, 1 a file that cannot be read, 130
    stopped with Ctrl+C.
    """
    importer = Importer(house.engine, house.workspace(workspace).id, parse_source(source))
    for name in files:
        importer.take_in(name)
    if len(files) > 1:
        click.echo(counts_text(f"{len(files)} files", importer.total))
    sys.exit(importer.status)


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
    click.echo(counts_text("mode", summary))
    if summary.error is not None:
        raise BadInput(summary.error)


def _permille(progress: mode.Progress) -> int:
    whole = max(progress.target - progress.start_at, 1)
    return 1000 * (progress.covered_until - progress.start_at) // whole


@click.command("test-feed")
@workspace_option
@with_house
def test_feed(house: House, workspace: str | None) -> None:
    """Read Mode's audit log once, and pull until the event that tells of it comes back.

    That takes seconds to minutes; after 15 minutes it is lost. Exit status: 0 it came back, 1 it
    did not, or Mode could not be read. The page Coverage keeps what came of it.
    """
    act, around = shell_act(house.workspace(workspace)), Surroundings()
    with writing(house.engine) as connection:
        adopt_environment(connection, house.settings, act.now)
        feed = connections.find(connection, act.workspace.id, SOURCE)
        if feed is None:
            raise BadInput(
                "nothing is connected to this workspace",
                expected="a connection made on the coverage page, or AUDITDASH_MODE_*",
            )
        number = management.try_echo(connection, act, feed)
    click.echo("Reading Mode's audit log …", err=True)
    tried = run_test(house.engine, house.settings, number, around, on_look=_say_look)
    click.echo(printable(tried.said))
    sys.exit(0 if tried.state == "back" else 1)


def _say_look(waited: int) -> None:
    click.echo(f"  pulled again; {length_text(waited)} since the reading", err=True)


@click.group()
def quarantine() -> None:
    """Records that were not understood, kept whole."""


@quarantine.command("list")
@workspace_option
@with_house
def list_quarantine(house: House, workspace: str | None) -> None:
    """What waits: number, when, where it stood, what was wrong."""
    for row in iterate_waiting(house.engine, house.workspace(workspace).id):
        wrong = printable(f"{row.place}: {row.what}" if row.place else row.what)
        click.echo(f"{row.id}\t{to_rfc3339(row.received_at)}\t{row.position}\t{wrong}")


@quarantine.command("export")
@workspace_option
@with_house
def export_quarantine(house: House, workspace: str | None) -> None:
    """Write the records to standard output as they came, one after the other."""
    for row in iterate_waiting(house.engine, house.workspace(workspace).id):
        sys.stdout.buffer.write(row.record.rstrip(b"\n") + b"\n")


@quarantine.command("replay")
@workspace_option
@with_house
def replay_quarantine(house: House, workspace: str | None) -> None:
    """Try them all again, for example after an upgrade; what is understood now becomes events."""
    total = replay_all(house.engine, house.workspace(workspace).id, now())
    click.echo(counts_text("quarantine", total))
