"""Commands for when somebody cannot get in any more, or must not: each is recorded."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from auditdash.accounts.people import Person, find_person
from auditdash.accounts.setup import create_setup_link
from auditdash.cli.house import House, shell_actor, with_house
from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.management import signing
from auditdash.management.signing import Doer
from auditdash.store.engine import writing


@click.group()
def people() -> None:
    """Second factors, sessions and ways in of people."""


@people.command("reset-second-factor")
@click.argument("username")
@with_house
def reset_second_factor(house: House, username: str) -> None:
    """Take app, passkeys and recovery codes from a person who lost them.

    Their sessions end. Be sure that it is they who ask: from now on their password alone lets in.
    """
    with writing(house.engine) as connection:
        person = _known(connection, username)
        had = signing.reset_second_factor(connection, _by(), person)
    if not had.any:
        click.echo(f"{person.username} had no second factor.")
        return
    app = ["an app"] if had.authenticator is not None else []
    keys = [f"{len(had.passkeys)} passkeys"] if had.passkeys else []
    click.echo(f"{person.username} had {' and '.join(app + keys)}: taken away.")


@people.command("sign-in-link")
@click.argument("username")
@with_house
def sign_in_link(house: House, username: str) -> None:
    """A one-time link with which a person chooses a password and comes in.

    It is the way in when nothing else is, also where only single sign-on lets people in. It asks
    for the second factor, if the person has one.
    """
    with writing(house.engine) as connection:
        person = _known(connection, username)
        path = create_setup_link(connection, person.id, now())
        signing.tell_link(connection, _by(), person)
    click.echo(f"{house.address}{path}")


@people.command("sign-out")
@click.argument("username")
@with_house
def sign_out(house: House, username: str) -> None:
    """End all sessions of a person."""
    with writing(house.engine) as connection:
        person = _known(connection, username)
        ended = signing.end_sessions(connection, _by(), person)
    click.echo(f"{ended} sessions of {person.username} ended.")


@people.command("link")
@click.argument("username")
@click.argument("subject")
@with_house
def link(house: House, username: str, subject: str) -> None:
    """Let an account of the single sign-on provider be this person.

    SUBJECT is what the provider calls them in `sub`: never a name or an address that another person
    may have tomorrow.
    """
    issuer = house.settings.sso.issuer
    if not issuer:
        raise BadInput("there is no provider", expected="AUDITDASH_OIDC_ISSUER")
    with writing(house.engine) as connection:
        person = _known(connection, username)
        signing.link_account(connection, _by(), person, issuer, subject, subject)
    click.echo(f"{subject} of {issuer} is {person.username}.")


def _known(connection: Connection, username: str) -> Person:
    person = find_person(connection, username)
    if person is None:
        raise BadInput(f"there is no user {username!r}")
    return person


def _by() -> Doer:
    return Doer(shell_actor(), now())
