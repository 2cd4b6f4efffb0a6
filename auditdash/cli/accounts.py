"""Commands about the people who may come in."""

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
from auditdash.cli.house import House, only_real, with_house
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
