"""`auditdash doctor`: what is wrong, and what to do."""

from __future__ import annotations

import os
import sys

import click
import msgspec

from auditdash.events.instants import now
from auditdash.events.wording import printable
from auditdash.operation.doctor.examine import examine
from auditdash.operation.doctor.finding import Finding, problem, worst
from auditdash.settings import BadSetting, Settings, find_unknown

_STATUS = {"ok": 0, "problem": 1, "warning": 2}
_SAID = {"ok": "OK     ", "warning": "warning", "problem": "PROBLEM"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs: a list of findings.")
def doctor(as_json: bool) -> None:
    """Examine this installation: settings, folder, key, database, guards, index, feeds, clock,
    disk, what PDFs need. It changes nothing.

    Exit status: 0 all is well, 2 there are warnings, 1 there is a problem.
    """
    findings = _examine()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(findings), indent=2))
    else:
        for each in findings:
            _show(each)
    sys.exit(_STATUS[worst(findings)])


def _examine() -> list[Finding]:
    try:
        settings = Settings.from_env(os.environ)
    except BadSetting as error:
        return [problem("settings", str(error), "README.md lists the settings")]
    return examine(settings, find_unknown(), now())


def _show(finding: Finding) -> None:
    click.echo(f"{_SAID[finding.state]}  {finding.check}: {printable(finding.says)}")
    if finding.advice:
        click.echo(f"{'':9}→ {printable(finding.advice)}")
