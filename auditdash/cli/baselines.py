"""Baselines of access at a terminal: import, list, remove."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from auditdash.cli.house import House, shell_act, with_house, workspace_option
from auditdash.events.instants import to_rfc3339
from auditdash.events.wording import printable
from auditdash.ingest.baselines.keep import (
    check_workspace,
    keep_baseline,
    parse_when,
    remove_baseline,
)
from auditdash.ingest.baselines.lines import MOST_BYTES, BadBaseline, File, parse_file
from auditdash.queries.access.baselines import find_effects
from auditdash.queries.access.rows import open_sight
from auditdash.search.scope import Scope
from auditdash.store.baselines.rows import Baseline, Line
from auditdash.store.baselines.table import find_baselines
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import Workspace

_ON: dict[str, str] = {
    "workspace": "on the workspace",
    "group": "memberships of groups",
    "collection": "on collections",
    "connection": "on connections",
    "default": "on default access",
}


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option(
    "--at",
    "moment",
    required=True,
    metavar="DATE",
    help="When it was so: a day (its end, in the zone of the workspace) or 2026-03-31T14:05:00Z.",
)
@click.option("--check", is_flag=True, help="Only tell what is understood; keep nothing.")
@workspace_option
@with_house
def import_baseline(
    house: House, file: str, moment: str, check: bool, workspace: str | None
) -> None:
    """Import FILE, a CSV of who had what at a moment, as a baseline; - reads standard input.

    Columns: subject_kind (member, group, everyone), subject_name, subject_id, object_kind
    (workspace, group, collection, connection, default), object_name, object_id, role. All of it is
    taken or nothing, and every line that is not understood is named. The same file of the same
    moment twice is nothing new. See docs/access.md.
    """
    owner = house.workspace(workspace)
    check_workspace(owner)
    act = shell_act(owner)
    when = parse_when(moment, owner.zone_info, act.now)
    given = _read(file)
    name = printable(given.name)
    if check:
        click.echo(f"{name}: {_sum(given.lines)}; nothing was imported")
        return
    with writing(house.engine) as connection:
        kept = keep_baseline(connection, act, given, when)
    known = "" if kept.is_new else "nothing new: "
    click.echo(f"{name}: {known}{_said(kept.baseline)}")
    _tell_effects(house, owner, kept.baseline)


@click.command("baselines")
@workspace_option
@with_house
def list_baselines(house: House, workspace: str | None) -> None:
    """The baselines of a workspace: number, of when, lines, file, SHA-256, by whom, state."""
    owner = house.workspace(workspace)
    with reading(house.engine) as connection:
        for each in find_baselines(connection, owner.id):
            state = "in the picture"
            if each.removed_at is not None:
                state = f"removed {to_rfc3339(each.removed_at)} by {each.removed_by}"
            told = (
                *(str(each.id), to_rfc3339(each.at), str(each.lines), each.name),
                *(each.sha256.hex(), to_rfc3339(each.imported_at), each.imported_by, state),
            )
            click.echo("\t".join(map(printable, told)))


@click.command()
@click.argument("number", type=click.IntRange(1, (1 << 63) - 1))
@workspace_option
@with_house
def remove(house: House, number: int, workspace: str | None) -> None:
    """Take a baseline out of the picture, by its number in `access baselines`.

    It stays listed with its file, and with who removed it.
    """
    owner = house.workspace(workspace)
    with writing(house.engine) as connection:
        removed = remove_baseline(connection, shell_act(owner), number)
    click.echo(f"Removed: {_said(removed)}")


def _read(file: str) -> File:
    """The file; every problem of it is named before the error is."""
    if file == "-":
        name, content = "standard input", sys.stdin.buffer.read(MOST_BYTES + 1)
    else:
        with Path(file).open("rb") as stream:
            name, content = Path(file).name, stream.read(MOST_BYTES + 1)
    try:
        return parse_file(content, name)
    except BadBaseline as error:
        for each in error.problems:
            click.echo(printable(str(each)), err=True)
        raise


def _sum(lines: tuple[Line, ...]) -> str:
    counts = Counter(each.object_kind for each in lines)
    parts = [f"{counts[kind]:,} {words}" for kind, words in _ON.items() if counts[kind]]
    return f"{len(lines):,} lines are understood: {', '.join(parts)}"


def _said(baseline: Baseline) -> str:
    return f"baseline {baseline.id}, {baseline.lines:,} lines as of {to_rfc3339(baseline.at)}"


def _tell_effects(house: House, workspace: Workspace, baseline: Baseline) -> None:
    with reading(house.engine) as connection:
        sight = open_sight(connection, Scope(workspace_id=workspace.id))
        counts = find_effects(connection, sight, baseline).counts
    click.echo(
        f"  {counts['adds']:,} add to the picture, {counts['confirms']:,} confirm it, "
        f"{counts['contradicts']:,} contradict it"
    )
