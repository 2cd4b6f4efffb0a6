"""Commands about tokens for programs."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from auditdash.accounts.people import Person, find_person, find_person_by_id
from auditdash.accounts.tokens import (
    INGEST,
    SCOPES,
    Token,
    list_member_tokens,
    list_tokens,
)
from auditdash.cli.house import House, shell_act, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import now, to_rfc3339
from auditdash.ingest.accesses import Act
from auditdash.management import tokens as management
from auditdash.store.engine import reading, writing

_lifetime_option = click.option(
    "--expires",
    "lifetime",
    metavar="DAYS",
    default=management.DEFAULT_LIFETIME,
    show_default=True,
    help="Days until it opens nothing any more, or `never`.",
)


@click.group()
def token() -> None:
    """Tokens with which programs send events to /api/v1/events, and read them there.

    Whatever is done here is an event of the workspace's log.
    """


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=(INGEST,),
    show_default=True,
    help="What it may do; twice for both.",
)
@_lifetime_option
@workspace_option
@with_house
def create(
    house: House, name: str, scopes: tuple[str, ...], lifetime: str, workspace: str | None
) -> None:
    """Make a token of the workspace; it is shown once."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        text = management.create_workspace_token(
            connection, act, None, name=name, scopes=scopes, lifetime=lifetime
        )
    click.echo(text)


@token.command("create-member")
@click.argument("username")
@click.argument("name")
@_lifetime_option
@workspace_option
@with_house
def create_member(
    house: House, username: str, name: str, lifetime: str, workspace: str | None
) -> None:
    """Make a token of a person's own, which never reads the log; it is shown once."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        person = find_person(connection, username)
        if person is None:
            raise BadInput(f"there is no user {username!r}")
        text = management.create_member_token(connection, act, person, name=name, lifetime=lifetime)
    click.echo(text)


@token.command("list")
@workspace_option
@with_house
def list_command(house: House, workspace: str | None) -> None:
    """Tokens of a workspace: number, beginning, name, state, what it may do, end, last use."""
    owner, at = house.workspace(workspace), now()
    with reading(house.engine) as connection:
        every = [
            *list_tokens(connection, owner.id),
            *list_member_tokens(connection, owner.id),
        ]
    for each in every:
        ends = to_rfc3339(each.expires_at) if each.expires_at is not None else "never"
        used = to_rfc3339(each.last_used_at) if each.last_used_at is not None else "never"
        may = each.scopes or each.kind
        click.echo(
            f"{each.id}\t{each.prefix}…\t{each.name}\t{each.state(at)}\t{may}\t{ends}\t{used}"
        )


@token.command("rotate")
@click.argument("number", type=int)
@click.option(
    "--overlap",
    metavar="HOURS",
    default=management.DEFAULT_OVERLAP,
    show_default=True,
    help="So long the present secret still works.",
)
@_lifetime_option
@workspace_option
@with_house
def rotate(house: House, number: int, overlap: str, lifetime: str, workspace: str | None) -> None:
    """Give a token, by its number in `token list`, a new secret; it is shown once."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        found = _find(connection, act, number)
        text = management.replace_secret(
            connection,
            act,
            found,
            _owner(connection, found),
            overlap=overlap,
            lifetime=lifetime,
        )
    click.echo(text)


@token.command("revoke")
@click.argument("number", type=int)
@workspace_option
@with_house
def revoke(house: House, number: int, workspace: str | None) -> None:
    """End a token, by its number in `token list`."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        found = _find(connection, act, number)
        if not management.revoke(connection, act, found, _owner(connection, found)):
            raise _unknown(act, number)
    click.echo(f"Token {number} is revoked.")


def _find(connection: Connection, act: Act, number: int) -> Token:
    found = management.find_own(connection, act, number)
    if found is None or found.revoked_at is not None:
        raise _unknown(act, number)
    return found


def _unknown(act: Act, number: int) -> BadInput:
    return BadInput(f"there is no live token {number} in {act.workspace.slug}")


def _owner(connection: Connection, found: Token) -> Person | None:
    return find_person_by_id(connection, found.person_id) if found.person_id else None
