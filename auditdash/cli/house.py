"""What every command stands on: settings, a migrated database, a workspace, clear errors."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import click
from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.ingest.accesses import Act, Actor
from auditdash.operation import lines
from auditdash.settings import BadSetting, Settings
from auditdash.store.engine import DatabaseTrouble, open_engine, writing
from auditdash.store.migrate import migrate
from auditdash.store.workspaces import (
    Workspace,
    create_workspace,
    find_workspace_by_slug,
    list_workspaces,
)

_P = ParamSpec("_P")
# A quarter of a gigabyte. The ids of an import are scattered over all of their index: in a full
# archive, a page that is carried over to the file at once is carried over again by the next step.
_WAL_PAGES = 1 << 16


class House:
    """Settings and a migrated database, opened when a command first needs them."""

    def __init__(self) -> None:
        self.settings = Settings.from_env(os.environ)
        lines.configure(self.settings)
        self.settings.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        migrate(self.settings.database_url)
        self.engine: Engine = open_engine(
            self.settings.database_url, self.settings.index_folder, wal_pages=_WAL_PAGES
        )

    @property
    def address(self) -> str:
        """Where people open it: by the name that they were told, else on this machine."""
        anywhere = self.settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        host = "localhost" if anywhere else self.settings.host
        return self.settings.url or f"http://{host}:{self.settings.port}"

    def workspace(self, slug: str | None) -> Workspace:
        """The named workspace, else the only real one, which is made when there is none."""
        with writing(self.engine) as connection:
            return _named(connection, slug) if slug else only_real(connection, self.settings.zone)


def _named(connection: Connection, slug: str) -> Workspace:
    found = find_workspace_by_slug(connection, slug)
    if found is None:
        known = ", ".join(each.slug for each in list_workspaces(connection)) or "none yet"
        raise BadInput(f"there is no workspace {slug!r}", expected=f"one of: {known}")
    return found


def only_real(connection: Connection, zone: str) -> Workspace:
    """The one real workspace; made when there is none, BadInput when there are several."""
    real = [each for each in list_workspaces(connection) if each.kind == "real"]
    if len(real) > 1:
        slugs = ", ".join(each.slug for each in real)
        raise BadInput("there are several workspaces", expected=f"--workspace, one of: {slugs}")
    if real:
        return real[0]
    create_workspace(
        connection, slug="workspace", name="Workspace", kind="real", zone=zone, now=now()
    )
    return only_real(connection, zone)


def with_house(
    command: Callable[Concatenate[House, _P], None],
) -> Callable[_P, None]:
    """Open the house for a command; what users can mend becomes one clear line and exit 1."""

    @wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            house = House()
            try:
                command(house, *args, **kwargs)
            finally:
                house.engine.dispose()
        except (BadInput, BadSetting, OSError) as error:
            raise click.ClickException(str(error)) from None
        except DatabaseTrouble as error:
            raise click.ClickException(f"the database did not answer: {error.orig}") from None

    return run


workspace_option = click.option(
    "--workspace", metavar="SLUG", help="The workspace, where there are several."
)


def shell_act(workspace: Workspace) -> Act:
    """Something that whoever has a shell here does in a workspace."""
    return Act(workspace=workspace, actor=shell_actor(), now=now())


def shell_actor() -> Actor:
    """Whoever has a shell here, by their name on this machine."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return {"user_id": None, "username": f"shell:{name}", "ip": None, "user_agent": None}
