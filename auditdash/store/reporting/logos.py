"""Logos that reports print on their covers. None is ever removed: a run that is made again prints
the one that it was asked for."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, func, select

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.store.engine import insert_new
from auditdash.store.schema import report_logos

MOST = 20  # of one workspace
_c = report_logos.c


class StoredLogo(Struct, frozen=True, kw_only=True):
    """A logo without its image; `sha256` is that of the PNG, `name` that of the file it came in."""

    sha256: bytes
    name: str
    width: int
    height: int
    added_at: Instant
    added_by: str


def list_logos(connection: Connection, workspace_id: int) -> list[StoredLogo]:
    """The newest first."""
    columns = [_c[name] for name in StoredLogo.__struct_fields__]
    found = select(*columns).where(_c.workspace_id == workspace_id).order_by(_c.id.desc())
    return [StoredLogo(**row) for row in connection.execute(found).mappings()]


def find_logo(connection: Connection, workspace_id: int, sha256: bytes) -> bytes | None:
    """The PNG of this hash; None where the workspace has none such."""
    found = select(_c.png).where(_c.workspace_id == workspace_id, _c.sha256 == sha256)
    return connection.execute(found).scalar()


def add_logo(connection: Connection, workspace_id: int, logo: StoredLogo, png: bytes) -> None:
    """Keep it; one that is there already stays as it is. One too many is BadInput."""
    counted = select(func.count()).where(_c.workspace_id == workspace_id, _c.sha256 != logo.sha256)
    if connection.execute(counted).scalar_one() >= MOST:
        expected = f"one of the {MOST} that are there"
        raise BadInput("there are too many logos", where="logo", expected=expected)
    row = {name: getattr(logo, name) for name in StoredLogo.__struct_fields__}
    row |= {"workspace_id": workspace_id, "png": png}
    connection.execute(insert_new(connection, report_logos).values(row))
