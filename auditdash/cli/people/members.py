"""Commands about members: who may look at a workspace, and as what."""

from __future__ import annotations

import click
from sqlalchemy import Connection

from auditdash.accounts.memberships import Limits, Member, list_members
from auditdash.accounts.people import find_person
from auditdash.accounts.roles import ADMIN, ROLES
from auditdash.accounts.workspaces import found_workspace
from auditdash.cli.house import House, shell_act, with_house, workspace_option
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, now, parse_instant, to_rfc3339
from auditdash.management import members as management
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import find_workspace

_role = click.option(
    "--role",
    type=click.Choice(tuple(ROLES)),
    default="viewer",
    show_default=True,
    help="What they may do.",
)
_limit = click.option("--query", default="", help="Only events that match; for auditors, viewers.")
_since = click.option("--since", metavar="INSTANT", help="Only events from then on (RFC 3339).")
_before = click.option("--before", metavar="INSTANT", help="Only events before then.")
_until = click.option("--until", metavar="INSTANT", help="When the membership ends by itself.")
_addresses = click.option("--addresses", is_flag=True, help="May reveal IP addresses.")


@click.group()
def members() -> None:
    """Members of a workspace. Whatever is done here is an event of its log."""


@members.command("list")
@workspace_option
@with_house
def list_command(house: House, workspace: str | None) -> None:
    """Username, role, state, when last seen, and what limits them."""
    where = house.workspace(workspace)
    with reading(house.engine) as connection:
        for each in list_members(connection, where.id):
            click.echo("\t".join(_line(each)))


@members.command("add")
@click.argument("username")
@click.option("--name", help="The full name; the username if left out.")
@click.option("--guest", is_flag=True, help="From outside: marked pages, each view recorded.")
@_role
@_limit
@_since
@_before
@_until
@_addresses
@workspace_option
@with_house
def add(
    house: House,
    /,
    username: str,
    name: str | None,
    guest: bool,
    role: str,
    workspace: str | None,
    **limits: str | None,
) -> None:
    """Make somebody a member; tells the one-time link of who has no password yet."""
    act = shell_act(house.workspace(workspace))
    if guest and not limits["until"]:
        raise BadInput("a guest has an end", expected="--until")
    with writing(house.engine) as connection:
        link = management.invite(
            connection,
            act,
            by=None,
            username=username,
            name=name or username,
            role=ROLES[role],
            limits=_limits(limits),
            guest=guest,
        )
    click.echo(f"{username} is a member of {act.workspace.slug} now, as {role}.")
    if link:
        click.echo(f"They choose their password at {link}")


@members.command("change")
@click.argument("username")
@_role
@_limit
@_since
@_before
@_until
@_addresses
@workspace_option
@with_house
def change(
    house: House, /, username: str, role: str, workspace: str | None, **limits: str | None
) -> None:
    """Give a member this role and these limits, in place of those they had."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        member = _find(connection, act.workspace.id, username)
        management.change(connection, act, member, ROLES[role], _limits(limits))
    click.echo(f"{username} is {role} of {act.workspace.slug} now.")


@members.command("remove")
@click.argument("username")
@workspace_option
@with_house
def remove(house: House, username: str, workspace: str | None) -> None:
    """Take somebody out of a workspace; their account stays."""
    act = shell_act(house.workspace(workspace))
    with writing(house.engine) as connection:
        management.remove(connection, act, _find(connection, act.workspace.id, username))
    click.echo(f"{username} is no member of {act.workspace.slug} any more.")


@members.command("create-workspace")
@click.argument("name")
@click.option("--admin", required=True, metavar="USERNAME", help="Who looks after it.")
@click.option("--zone", help="Its time zone; AUDITDASH_ZONE if left out.")
@with_house
def create_workspace(house: House, name: str, admin: str, zone: str | None) -> None:
    """Make another workspace, with nothing in it."""
    with writing(house.engine) as connection:
        person = find_person(connection, admin)
        if person is None:
            raise BadInput(f"there is no user {admin!r}")
        workspace_id = found_workspace(connection, name, zone or house.settings.zone, now())
        made = find_workspace(connection, workspace_id)
        if made is None:
            raise BadInput("the workspace is not there")
        management.invite(
            connection,
            shell_act(made),
            by=None,
            username=person.username,
            name=person.name,
            role=ADMIN,
        )
    click.echo(f"{made.slug} is there; {person.username} is its admin.")


def _find(connection: Connection, workspace_id: int, username: str) -> Member:
    person = find_person(connection, username)
    for each in list_members(connection, workspace_id):
        if person is not None and each.person_id == person.id:
            return each
    raise BadInput(f"{username!r} is no member")


def _limits(given: dict[str, str | None]) -> Limits:
    def instant(name: str) -> Instant | None:
        text = given.get(name)
        return parse_instant(text) if text else None

    return Limits(
        query=given.get("query") or "",
        period_start=instant("since"),
        period_end=instant("before"),
        expires_at=instant("until"),
        addresses=bool(given.get("addresses")),
    )


def _line(member: Member) -> list[str]:
    limits = member.limits
    state = "disabled" if member.is_disabled else "active" if member.has_begun else "not begun"
    told = [f"query={limits.query}"] if limits.query else []
    for name in ("period_start", "period_end", "expires_at"):
        value = getattr(limits, name)
        if value is not None:
            told.append(f"{name}={to_rfc3339(value)}")
    seen = to_rfc3339(member.seen_at) if member.seen_at is not None else "never"
    role = f"{member.role} (guest)" if member.guest else member.role
    return [member.username, role, "ended" if member.is_over(now()) else state, seen, *told]
