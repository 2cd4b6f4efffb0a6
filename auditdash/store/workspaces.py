"""Workspaces: each an archive of its own, with its own sequence."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from auditdash.events.instants import Instant, parse_zone
from auditdash.store.engine import insert_new
from auditdash.store.schema import workspaces


class Workspace(Struct, frozen=True, kw_only=True):
    """`kind` is real or demo; `last_seq` is the number of events in it."""

    id: int
    slug: str
    name: str
    kind: str
    zone: str
    last_seq: int

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone in which this workspace counts its days."""
        return parse_zone(self.zone)


_COLUMNS = tuple(workspaces.c[name] for name in Workspace.__struct_fields__)
# Asked for each page: put together once.
_FIND = select(*_COLUMNS).where(workspaces.c.id == bindparam("wanted"))
_LIST = select(*_COLUMNS).order_by(workspaces.c.kind.desc(), workspaces.c.id)


def create_workspace(
    connection: Connection, *, slug: str, name: str, kind: str, zone: str, now: Instant
) -> int | None:
    """Its id; None where the slug is taken, also by one that is made at the same moment."""
    parse_zone(zone)
    row = {"slug": slug, "name": name, "kind": kind, "zone": zone, "created_at": now}
    making = insert_new(connection, workspaces).values(row).returning(workspaces.c.id)
    made: int | None = connection.execute(making).scalar_one_or_none()
    return made


def find_workspace(connection: Connection, workspace_id: int) -> Workspace | None:
    """The workspace with this id."""
    row = connection.execute(_FIND, {"wanted": workspace_id}).mappings().first()
    return Workspace(**row) if row else None


def find_workspace_by_slug(connection: Connection, slug: str) -> Workspace | None:
    """The workspace with this slug."""
    row = connection.execute(select(*_COLUMNS).where(workspaces.c.slug == slug)).mappings().first()
    return Workspace(**row) if row else None


def list_workspaces(connection: Connection) -> list[Workspace]:
    """All of them, real ones first, oldest first."""
    return [Workspace(**row) for row in connection.execute(_LIST).mappings()]


def rename_workspace(connection: Connection, workspace_id: int, *, name: str, zone: str) -> None:
    """Change how it is called and where its days begin."""
    parse_zone(zone)
    connection.execute(
        update(workspaces).where(workspaces.c.id == workspace_id).values(name=name, zone=zone)
    )
