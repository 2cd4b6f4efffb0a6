"""`auditdash access`: the picture of access made anew, what it comes to, and its baselines."""

from __future__ import annotations

import sys
from time import monotonic

import click

from auditdash.cli.baselines import import_baseline, list_baselines, remove
from auditdash.cli.house import House, with_house, workspace_option
from auditdash.cli.index import bring_up_to_date
from auditdash.events.wording import printable
from auditdash.index.view import open_whole
from auditdash.queries.access.oddities import count_oddities
from auditdash.queries.access.picture import find_picture, iterate_facts
from auditdash.queries.access.rows import Sight
from auditdash.search.scope import Scope
from auditdash.store.engine import reading
from auditdash.store.workspaces import Workspace, list_workspaces


@click.group(invoke_without_command=True)
@workspace_option
@click.pass_context
def access(context: click.Context, workspace: str | None) -> None:
    """Derive who had access to what from the events and the baselines, and tell what it comes to.

    The dashboard does so by itself, in memory, when it is first asked, and again when there is
    another change of access. Nothing is stored. Without --workspace, for all workspaces.

    A baseline is a list of who had what on a day: it fills in what was granted before the log
    begins. Import one with `auditdash access import`.
    """
    if context.invoked_subcommand is None:
        _derive_all(workspace)
    elif workspace:
        raise click.UsageError(f"--workspace belongs behind {context.invoked_subcommand}")


for command in (import_baseline, list_baselines, remove):
    access.add_command(command)


@with_house
def _derive_all(house: House, workspace: str | None) -> None:
    bring_up_to_date(house)
    with reading(house.engine) as connection:
        every = list_workspaces(connection)
    for each in [house.workspace(workspace)] if workspace else every:
        _derive(house, each)


def _derive(house: House, workspace: Workspace) -> None:
    name = printable(workspace.slug)
    began = monotonic()
    with reading(house.engine) as connection:
        view = open_whole(connection, Scope(workspace_id=workspace.id))
        with click.progressbar(
            length=view.highest_seq,
            label=f"Reading {name}",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar:
            for seq in iterate_facts(view):
                bar.update(seq - bar.pos)
        picture = find_picture(view)
        seconds = max(monotonic() - began, 0.001)
        counts = count_oddities(Sight(view, picture))
    lines = len(picture.lines.which)
    facts = len(picture.facts) - lines
    click.echo(
        f"{name}: {facts:,} changes of access in {view.highest_seq:,} events, "
        f"{len(picture.intervals):,} intervals of access, in {seconds:.1f} s "
        f"({view.highest_seq / seconds:,.0f} events and {facts / seconds:,.0f} changes a second)"
    )
    if lines:
        click.echo(f"  {lines:,} lines of baselines")
    for kind, count in counts.items():
        if count:
            click.echo(f"  {count:,} {kind}")
