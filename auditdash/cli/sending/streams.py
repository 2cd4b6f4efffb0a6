"""Commands about streams: how far they are, paused, resumed, sent again. They are made on the page,
where a secret can be shown."""

from __future__ import annotations

from datetime import date, datetime

import click
from sqlalchemy import Connection

from auditdash.cli.house import House, shell_act, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import to_rfc3339
from auditdash.events.periods import midnight
from auditdash.events.wording import printable
from auditdash.management import streams as management
from auditdash.store.engine import reading, writing
from auditdash.store.sending.streams import Stream, find_stream, list_streams
from auditdash.store.workspaces import Workspace
from auditdash.streams.batch import find_cursor_before
from auditdash.streams.destinations import config_of, where_text


@click.group()
def stream() -> None:
    """What goes on to other programs as it comes; made under Settings, Streams.

    Whatever is done here is an event of the workspace's log.
    """


@stream.command("list")
@workspace_option
@with_house
def list_command(house: House, workspace: str | None) -> None:
    """A line for each: number, state, behind, sent, last arrival, where to, name, last error."""
    found = house.workspace(workspace)
    with reading(house.engine) as connection:
        every = list_streams(connection, found.id)
    for each in every:
        state = "paused" if each.paused else "failing" if each.failures else "on"
        behind = str(max(found.last_seq - each.cursor, 0))
        arrived = to_rfc3339(each.last_ok_at) if each.last_ok_at is not None else "never"
        words = (where_text(config_of(each)), each.name, each.last_error)
        cells = (str(each.id), state, behind, str(each.sent), arrived, *map(printable, words))
        click.echo("\t".join(cells))


@stream.command()
@click.argument("number", type=int)
@workspace_option
@with_house
def pause(house: House, number: int, workspace: str | None) -> None:
    """Send nothing until it is resumed; what comes meanwhile is sent then."""
    found = house.workspace(workspace)
    with writing(house.engine) as connection:
        management.pause(connection, shell_act(found), _find(connection, found, number))


@stream.command()
@click.argument("number", type=int)
@workspace_option
@with_house
def resume(house: House, number: int, workspace: str | None) -> None:
    """Go on where it stopped."""
    found = house.workspace(workspace)
    with writing(house.engine) as connection:
        management.resume(connection, shell_act(found), _find(connection, found, number))


@stream.command()
@click.argument("number", type=int)
@click.option("--seq", type=int, help="Send again from the event with this number.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Send again what came in since this day, in the zone of the workspace.",
)
@workspace_option
@with_house
def replay(
    house: House, number: int, seq: int | None, since: datetime | None, workspace: str | None
) -> None:
    """Send again all that came from an earlier point on; receivers know it by its id."""
    if (seq is None) == (since is None):
        raise BadInput("where to begin is missing", expected="--seq or --since")
    found = house.workspace(workspace)
    with writing(house.engine) as connection:
        known = _find(connection, found, number)
        day = date(since.year, since.month, since.day) if since else None
        cursor = (seq or 0) - 1
        if day is not None:
            cursor = find_cursor_before(connection, found.id, midnight(day, found.zone_info))
        management.replay(connection, shell_act(found), known, cursor)
    click.echo(f"from event {cursor + 1}")


def _find(connection: Connection, workspace: Workspace, number: int) -> Stream:
    known = find_stream(connection, workspace.id, number)
    if known is None or known.ended_at is not None:
        raise BadInput(f"there is no stream {number}", expected="a number of `stream list`")
    return known
