"""`auditdash report`: what an auditor does with the files of a report; no database is asked."""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import click

from auditdash.events.errors import BadInput
from auditdash.reports.attached.sample import SIZE, nonce_of, redraw


@click.group()
def report() -> None:
    """Check the files that are attached to a report."""


@report.command()
@click.argument("population", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report", "name", required=True, help="The report's id, such as AD-000012.")
@click.option("--nonce", help="Any text; without it the one that follows from the file.")
@click.option(
    "--size", default=SIZE, show_default=True, type=click.IntRange(1), help="Events to draw."
)
def sample(population: Path, name: str, nonce: str | None, size: int) -> None:
    """Draw the sample again from POPULATION, the attached population.csv.

    Without --nonce and --size it prints the attached sample.csv, to the byte.
    """
    try:
        with population.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with population.open(encoding="utf-8", newline="") as rows:
            chosen = nonce_of(sha256) if nonce is None else nonce
            for piece in redraw(rows, name, chosen, size):
                sys.stdout.buffer.write(piece)
    except (BadInput, UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{population}: {error}") from error
