"""`auditdash reindex`, and the index brought up to date before the dashboard serves."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from auditdash.cli.house import House, with_house, workspace_option
from auditdash.events.wording import printable
from auditdash.index.keep_up import keep_up, rebuild
from auditdash.store.engine import reading
from auditdash.store.workspaces import list_workspaces

Steps = Iterator[tuple[int, int]]


@click.command()
@workspace_option
@with_house
def reindex(house: House, workspace: str | None) -> None:
    """Make the search index anew from the stored records, while the dashboard serves.

    It is never needed for right answers: an index that is missing, damaged or of another database
    is made anew by itself. Without --workspace, all workspaces are indexed.
    """
    with reading(house.engine) as connection:
        every = list_workspaces(connection)
    for each in [house.workspace(workspace)] if workspace else every:
        done = _show(f"Indexing {each.slug}", rebuild(house.engine, each.id))
        click.echo(f"{printable(each.slug)}: {done:,} events indexed")


def bring_up_to_date(house: House) -> None:
    """Index what is stored and not indexed yet, as after an upgrade or a restored backup."""
    with reading(house.engine) as connection:
        every = list_workspaces(connection)
    for each in every:
        _show(f"Indexing {each.slug}", keep_up(house.engine, each.id))


def _show(label: str, steps: Steps) -> int:
    """A progress bar where it takes longer than a step; answers the number of events."""
    done, total = next(steps)
    if done >= total:
        return done
    with click.progressbar(
        length=total, label=printable(label), file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        bar.update(done)
        for done, total in steps:
            bar.length = total
            bar.update(done - bar.pos)
    return done
