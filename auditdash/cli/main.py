"""`auditdash`: serve, and what goes on behind the pages."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from auditdash import jobs
from auditdash.accounts.setup import first_setup_link
from auditdash.cli.access import access
from auditdash.cli.accounts import user
from auditdash.cli.backup import backup, restore
from auditdash.cli.doctor import doctor
from auditdash.cli.house import House, shell_actor, with_house
from auditdash.cli.index import bring_up_to_date, reindex
from auditdash.cli.intake import import_files, pull, quarantine, test_feed
from auditdash.cli.people.members import members
from auditdash.cli.people.ways_in import people
from auditdash.cli.report import report
from auditdash.cli.sending.streams import stream
from auditdash.cli.tokens import token
from auditdash.events.instants import now
from auditdash.ingest.demo_workspace import EXPECTED_EVENTS
from auditdash.management.demo import begin_demo
from auditdash.settings import ROOT
from auditdash.store.engine import writing


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="auditdash")
def main() -> None:
    """A self-hosted compliance dashboard for audit events.

    Settings come from the environment (AUDITDASH_…, DATABASE_URL); README.md lists them.
    """


@main.command()
@click.option("--demo", is_flag=True, help="First load the demo workspace, if it is not there.")
@with_house
def serve(house: House, demo: bool) -> None:
    """Serve the dashboard until stopped."""
    if demo:
        _load_demo(house)
    bring_up_to_date(house)
    with writing(house.engine) as connection:
        link = first_setup_link(connection, now())
    _say_where(house, link)
    house.engine.dispose()
    house.settings.keep_places()
    os.chdir(ROOT)
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "app:app"]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is wanted


def _say_where(house: House, link: str | None) -> None:
    settings = house.settings
    click.echo(f"\n  auditdash serves on http://{settings.host}:{settings.port}")
    if link:
        click.echo(
            f"  Make your account here (works once, for 24 hours):\n\n    {house.address}{link}\n"
        )
    click.echo("  Stop with Ctrl+C. Your data stays in " + str(settings.instance) + "\n")


@main.command("migrate")
@with_house
def migrate_command(_house: House) -> None:
    """Bring the database to the newest schema; every other command does so first, too."""
    click.echo("The database is up to date.")


@main.command()
@with_house
def demo(house: House) -> None:
    """Load the demo workspace: six months, about 40,000 events."""
    _load_demo(house)


def _load_demo(house: House) -> None:
    with click.progressbar(length=EXPECTED_EVENTS, label="Loading the demo") as bar:
        for receipt in begin_demo(house.engine, shell_actor(), now()):
            bar.update(receipt.received - bar.pos)
        bar.update(EXPECTED_EVENTS - bar.pos)


@main.command()
@with_house
def worker(house: House) -> None:
    """Run pulls, schedules and reports without serving pages, until stopped.

    `auditdash serve` does so by itself; this is for a second machine on the same PostgreSQL.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    jobs.run_forever(house.settings, stop)


@main.command("run-due")
@with_house
def run_due(house: House) -> None:
    """Do what is due now (pulls, schedules, reports), then end."""
    click.echo(f"{jobs.run_due(house.engine, house.settings)} done")


_INTAKE = (import_files, pull, test_feed, quarantine)
_ANSWERS = (access, report)
_HOUSEKEEPING = (doctor, backup, restore, reindex, user, people, members, token, stream)
for command in (*_INTAKE, *_ANSWERS, *_HOUSEKEEPING):
    main.add_command(command)
