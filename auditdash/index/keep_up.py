"""The index kept up with the database by those who store events, and made anew when asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Engine, select

from auditdash.index.archive import Archive
from auditdash.index.batch import Batch
from auditdash.index.files.damage import IndexBehind, IndexDamaged
from auditdash.index.manifest import read_manifest
from auditdash.index.view import archive_of, catch_up, check, open_what_there_is, open_whole
from auditdash.search.scope import Scope
from auditdash.store.engine import index_place, reading
from auditdash.store.schema import workspaces

_STEP_SECONDS: Final = 0.5
_log = logging.getLogger(__name__)


class Lag(Struct, frozen=True):
    """How many events of a workspace are stored, and how many of them the index says it has."""

    workspace_id: int
    stored: int
    indexed: int

    @property
    def missing(self) -> int:
        """Events that the next question would have to wait for."""
        return max(0, self.stored - self.indexed)


def add(engine: Engine, workspace_id: int, batch: Batch, content_hash: bytes) -> None:
    """Add events that were just committed; `content_hash` is that of the last one.

    Whoever reads next would add them from their records, too: this spares the reading.
    """
    with reading(engine) as connection:
        archive = archive_of(connection, workspace_id)
        before = Scope(workspace_id=workspace_id, highest_seq=batch.first_seq - 1)
        try:
            if open_what_there_is(connection, before, _STEP_SECONDS).behind:
                return  # others are at it
        except IndexBehind as behind:
            _log.warning("%s", behind)
            return
    try:
        with archive.writer() as writer:
            if writer.snapshot.highest_seq + 1 == batch.first_seq:
                writer.append(batch, content_hash)
    except OSError as error:  # the events are stored; whoever asks for them tries again
        _log.warning("the search index cannot be written: %s", error)


def keep_up(engine: Engine, workspace_id: int) -> Iterator[tuple[int, int]]:
    """Bring the index up to what is stored; yields how many events it has, and how many there are,
    after each half second."""
    while True:
        with reading(engine) as connection:
            scope = Scope(workspace_id=workspace_id)
            view = open_what_there_is(connection, scope, _STEP_SECONDS)
        yield view.highest_seq, view.highest_seq + view.behind
        if not view.behind:
            return


def rebuild(engine: Engine, workspace_id: int) -> Iterator[tuple[int, int]]:
    """Make the index anew beside the old one, which answers until the new one takes its place.

    Yields how many events it has, and how many there are.
    """
    with reading(engine) as connection:
        standing = archive_of(connection, workspace_id)
    draft = Archive(standing.draft_folder())
    while True:
        with reading(engine) as connection:
            row = connection.execute(
                select(workspaces.c.slug, workspaces.c.last_seq).where(
                    workspaces.c.id == workspace_id
                )
            ).one()
            until = monotonic() + _STEP_SECONDS
            snapshot = catch_up(connection, draft, workspace_id, row.slug, row.last_seq, until)
        yield snapshot.highest_seq, row.last_seq
        if snapshot.highest_seq >= row.last_seq:
            break
    standing.replace_by(draft)


def warm(engine: Engine) -> None:
    """Do what the first question of this process would have to wait for, however long it takes."""
    with reading(engine) as connection:
        ids = connection.execute(select(workspaces.c.id)).scalars().all()
    for workspace_id in ids:
        for _ in keep_up(engine, workspace_id):
            pass
        with reading(engine) as connection:
            view = open_whole(connection, Scope(workspace_id=workspace_id))
        for dictionary in view.dictionaries.all():
            dictionary.warm()


def find_lags(connection: Connection) -> list[Lag]:
    """One for each workspace, from the manifest alone: nothing is opened, made or waited for."""
    rows = connection.execute(
        select(workspaces.c.id, workspaces.c.last_seq).order_by(workspaces.c.id)
    )
    folder = index_place(connection).folder
    return [Lag(row.id, row.last_seq, _indexed(folder / str(row.id))) for row in rows]


def _indexed(folder: Path) -> int:
    try:
        return read_manifest(folder).highest_seq
    except IndexDamaged:  # it will be made again
        return 0


def find_damage(connection: Connection, workspace_id: int, stored: int) -> str | None:
    """Why what is indexed cannot be believed, by the database's own hashes; None where it can."""
    folder = index_place(connection).folder / str(workspace_id)
    if not folder.exists():
        return None
    archive = Archive(folder)
    try:
        check(connection, archive, archive.look(), workspace_id, stored)
    except IndexDamaged as damage:
        return str(damage)
    return None
