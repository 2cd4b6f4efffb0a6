"""What events a database holds, in a line for each workspace: to compare a copy with its source."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct
from sqlalchemy import Connection, select

from auditdash.store.schema import events, workspaces

_AT_ONCE = 10_000


class Evidence(Struct, frozen=True):
    """The events of a workspace; `digest` is the SHA-256 (hex) of their content hashes by seq."""

    workspace_id: int
    slug: str
    events: int
    highest_seq: int
    digest: str


def find_evidence(connection: Connection) -> list[Evidence]:
    """One for each workspace, by its id."""
    found = select(workspaces.c.id, workspaces.c.slug).order_by(workspaces.c.id)
    return [_of_workspace(connection, *row) for row in connection.execute(found).all()]


def add_up(workspace_id: int, slug: str, rows: Iterable[tuple[int, bytes]]) -> Evidence:
    """The same from (seq, content hash) of each event, by seq."""
    count, highest, digest = 0, 0, sha256()
    for highest, content_hash in rows:  # noqa: B007  # the last one is the highest
        count += 1
        digest.update(content_hash)
    return Evidence(workspace_id, slug, count, highest, digest.hexdigest())


def _of_workspace(connection: Connection, workspace_id: int, slug: str) -> Evidence:
    found = (
        select(events.c.seq, events.c.content_hash)
        .where(events.c.workspace_id == workspace_id)
        .order_by(events.c.seq)
        .execution_options(yield_per=_AT_ONCE)
    )
    rows = connection.execute(found)
    return add_up(workspace_id, slug, ((row.seq, row.content_hash) for row in rows))
