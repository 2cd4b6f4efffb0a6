"""Commands about the people who may come in."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from auditdash.accounts.passwords import check_strength, hash_password
from auditdash.accounts.people import Person, find_person, list_people, parse_username
from auditdash.accounts.roles import ROLES
from auditdash.cli.house import House, shell_act, shell_actor, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.management.members import add_person
from auditdash.management.signing import Doer, change_password, disable, enable
from auditdash.store.engine import reading, writing


@click.group()
def user() -> None:
    """People who may sign in."""


@user.command("add")
@click.argument("username")
@click.option("--name", help="The full name; the username if left out.")
@click.password_option(help="Asked for if left out.")
@click.option(
    "--role",
    type=click.Choice(tuple(ROLES)),
    help="In the workspace: viewer if left out; the first one is its admin.",
)
@workspace_option
@with_house
def add_user(
    house: House,
    username: str,
    name: str | None,
    password: str,
    role: str | None,
    workspace: str | None,
) -> None:
    """Add a person and make them a member of the workspace; asks for the password."""
    username = parse_username(username)
    where = house.workspace(workspace)
    check_strength(password, username, [where.name])
    hashed = hash_password(password)
    with writing(house.engine) as connection:
        given = add_person(
            connection,
            shell_act(where),
            username=username,
            name=name or username,
            password_hash=hashed,
            role=ROLES[role] if role else None,
        )
    click.echo(f"{username} may sign in now, as {given.name} of {where.slug}.")


@user.command("password")
@click.argument("username")
@click.password_option(help="Asked for if left out.")
@with_house
def set_password(house: House, username: str, password: str) -> None:
    """Give a person a new password; their sessions end."""
    check_strength(password, username)
    hashed = hash_password(password)
    with writing(house.engine) as connection:
        person = _known(connection, username)
        change_password(connection, Doer(shell_actor(), now()), person, hashed, None)
    click.echo(f"{username} has a new password.")


@user.command("disable")
@click.argument("username")
@with_house
def disable_user(house: House, username: str) -> None:
    """Keep a person out of every workspace; their sessions end, their own tokens open nothing."""
    with writing(house.engine) as connection:
        disable(connection, Doer(shell_actor(), now()), _known(connection, username))
    click.echo(f"{username} may not sign in any more.")


@user.command("enable")
@click.argument("username")
@with_house
def enable_user(house: House, username: str) -> None:
    """Let a disabled person in again."""
    with writing(house.engine) as connection:
        enable(connection, Doer(shell_actor(), now()), _known(connection, username))
    click.echo(f"{username} may sign in again.")


@user.command("list")
@with_house
def list_users(house: House) -> None:
    """Who may sign in."""
    with reading(house.engine) as connection:
        for person in list_people(connection):
            click.echo(f"{person.username}\t{person.name}\t{_state(person.disabled_at)}")


def _known(connection: Connection, username: str) -> Person:
    person = find_person(connection, username)
    if person is None:
        raise BadInput(f"there is no user {username!r}")
    return person


def _state(ended_at: int | None) -> str:
    return "active" if ended_at is None else "ended"
