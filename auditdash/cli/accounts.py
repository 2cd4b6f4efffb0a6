"""Commands about who may come in: people and tokens."""

from __future__ import annotations

import click

from auditdash.accounts.attempts import forget_attempts
from auditdash.accounts.passwords import check_strength, hash_password
from auditdash.accounts.people import (
    create_person,
    find_person,
    list_people,
    parse_name,
    parse_username,
    set_password_hash,
)
from auditdash.accounts.sessions import end_sessions_of
from auditdash.accounts.tokens import INGEST, SCOPES, create_token, list_tokens, revoke_token
from auditdash.cli.house import House, only_real, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.store.engine import reading, writing


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command("add")
@click.argument("username")
@click.option("--name", help="The full name; the username if left out.")
@click.password_option(help="Asked for if left out.")
@with_house
def add_user(house: House, username: str, name: str | None, password: str) -> None:
    """Add a person; asks for the password."""
    username = parse_username(username)
    check_strength(password, username)
    hashed = hash_password(password)
    with writing(house.engine) as connection:
        create_person(
            connection,
            username=username,
            name=parse_name(name or username),
            password_hash=hashed,
            now=now(),
        )
        only_real(connection, house.settings.zone)
    click.echo(f"{username} may sign in now.")


@user.command("password")
@click.argument("username")
@click.password_option(help="Asked for if left out.")
@with_house
def set_password(house: House, username: str, password: str) -> None:
    """Give a person a new password; their sessions end."""
    check_strength(password, username)
    hashed = hash_password(password)
    with writing(house.engine) as connection:
        person = find_person(connection, username)
        if person is None:
            raise BadInput(f"there is no user {username!r}")
        set_password_hash(connection, person.id, hashed)
        end_sessions_of(connection, person.id)
        forget_attempts(connection, person.username)
    click.echo(f"{username} has a new password.")


@user.command("list")
@with_house
def list_users(house: House) -> None:
    """Who may sign in."""
    with reading(house.engine) as connection:
        for person in list_people(connection):
            click.echo(f"{person.username}\t{person.name}\t{_state(person.disabled_at)}")


def _state(ended_at: int | None) -> str:
    return "active" if ended_at is None else "ended"


@click.group()
def token() -> None:
    """Tokens with which programs send events to /api/v1/events, and read them there."""


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
@workspace_option
@with_house
def create_token_command(
    house: House, name: str, scopes: tuple[str, ...], workspace: str | None
) -> None:
    """Make a token; it is shown once."""
    owner = house.workspace(workspace)
    with writing(house.engine) as connection:
        click.echo(create_token(connection, owner.id, name, None, now(), scopes))


@token.command("list")
@workspace_option
@with_house
def list_tokens_command(house: House, workspace: str | None) -> None:
    """Tokens of a workspace: number, beginning, name, state, what it may do."""
    owner = house.workspace(workspace)
    with reading(house.engine) as connection:
        for each in list_tokens(connection, owner.id):
            state = _state(each.revoked_at)
            click.echo(f"{each.id}\t{each.prefix}…\t{each.name}\t{state}\t{each.scopes}")


@token.command("revoke")
@click.argument("number", type=int)
@workspace_option
@with_house
def revoke_token_command(house: House, number: int, workspace: str | None) -> None:
    """End a token, by its number in `token list`."""
    owner = house.workspace(workspace)
    with writing(house.engine) as connection:
        if not revoke_token(connection, owner.id, number, now()):
            raise BadInput(f"there is no live token {number} in {owner.slug}")
    click.echo(f"Token {number} is revoked.")
