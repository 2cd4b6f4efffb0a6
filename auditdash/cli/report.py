"""`auditdash report`: what an auditor does with a report and its files; no database is needed."""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import click

from auditdash.cli.house import House, with_house
from auditdash.events.errors import BadInput
from auditdash.reports.attached.sample import SIZE, nonce_of, redraw
from auditdash.reports.signing.findings import (
    NOT_A_REPORT,
    OPEN,
    PROVEN,
    WRONG,
    Finding,
    UnreadableReportError,
    Verdict,
    wrong,
)
from auditdash.reports.signing.process import Checked, compare_stored, verify_file
from auditdash.store.engine import reading
from auditdash.store.report_runs import find_run
from auditdash.store.workspaces import find_workspace_by_slug

_MARKS = {"ok": "ok", "open": "unknown", "wrong": "WRONG"}
_MEANING = {
    PROVEN: "Result: everything that was checked holds.",
    WRONG: "Result: do not rely on this file. It is not as it was made, or never was one of ours.",
    OPEN: "Result: nothing is wrong, but what is marked unknown is not proven.",
}
_LONGEST = 19  # digits of a number that a database has


@click.group()
def report() -> None:
    """Check a report, or the files that are attached to it."""


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


_EXIT_CODES = """\b
Exit codes:
  0  signed by a trusted certificate, whole, and every attachment as the manifest says;
     with --stored also unsigned, when it is the file that was made here
  1  something does not hold: the file was changed, or the manifest does not fit
  2  it cannot be checked: no report, or a file that cannot be read
  3  nothing is wrong, but something cannot be told: no signature, or a certificate
     that is not trusted or not valid today"""


@report.command(epilog=_EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A PEM file of certificates that you trust to name whoever signs; can be repeated.",
)
@click.option(
    "--stored",
    is_flag=True,
    help="Compare with the hash that this auditdash stored, too: where the report was made.",
)
def verify(file: Path, trust: tuple[Path, ...], *, stored: bool) -> None:
    """Check the report FILE, a PDF: who signed it and when, whether the signature covers all of it,
    whether the certificate is trusted, and whether each attachment is the one of the manifest.

    It needs nothing but the file: no database and no network.
    """
    try:
        checked = verify_file(file, trust)
    except UnreadableReportError as error:
        click.echo(f"{file}: {error}", err=True)
        sys.exit(NOT_A_REPORT)
    if stored:
        _tell_with_stored(checked)
    else:
        _tell(checked, checked.verdict)


def _tell(checked: Checked, verdict: Verdict) -> None:
    about = f" of {checked.workspace}, made at {checked.made_at}" if checked.report else ""
    click.echo(f"{checked.report or 'Unreadable'}{about}")
    click.echo(f"SHA-256 of the file: {checked.sha256}\n")
    for finding in verdict.findings:
        click.echo(f"{_MARKS[finding.state]:8}{finding.text}")
    click.echo(f"\n{_MEANING[verdict.exit_code]}")
    sys.exit(verdict.exit_code)


@with_house
def _tell_with_stored(house: House, checked: Checked) -> None:
    """Look the run up that the file says it comes from."""
    findings = (*checked.verdict.findings, _compare(house, checked))
    _tell(checked, Verdict(findings=findings, stored=True))


def _compare(house: House, checked: Checked) -> Finding:
    number = (checked.report or "").rpartition("-")[2]
    with reading(house.engine) as connection:
        workspace = find_workspace_by_slug(connection, checked.workspace or "")
        run = (
            find_run(connection, workspace.id, int(number))
            if workspace and number.isascii() and number.isdigit() and len(number) < _LONGEST
            else None
        )
    if run is None or run.sha256 is None:
        return wrong(f"Stored hash: no report {checked.report} was made here.")
    return compare_stored(checked, run.sha256.hex())
