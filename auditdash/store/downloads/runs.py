"""Downloads that workers make: who asked, who works on it, and the file that came of it.

Claimed for a lease by one conditional UPDATE, as reports are (auditdash.store.report_runs): each
claim counts an attempt, and whoever lost it can change nothing any more.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update

from auditdash.events.instants import Instant
from auditdash.store.tables.downloads import downloads

MOST_ATTEMPTS = 3
OPEN = ("queued", "running")


class Download(Struct, frozen=True, kw_only=True):
    """`state` is queued, running, done, failed or removed; `rows` of `total` are written. The file
    stands in the folder of downloads until `expires_at`. `order` and `asked` are JSON of
    auditdash.downloads: what, and with which eyes."""

    id: int
    workspace_id: int
    person_id: int
    requested_by: str
    requested_at: Instant
    form: str
    title: str
    order: str
    asked: str
    highest_seq: int
    state: str
    claimed_until: Instant | None
    attempts: int
    rows: int
    total: int | None
    finished_at: Instant | None
    expires_at: Instant | None
    error: str | None
    file_name: str | None
    size: int | None
    columns: str | None
    sha256: bytes | None


class NewDownload(Struct, frozen=True, kw_only=True):
    """What somebody asks for."""

    workspace_id: int
    person_id: int
    requested_by: str
    requested_at: Instant
    form: str
    title: str
    order: str
    asked: str
    highest_seq: int


_COLUMNS = tuple(downloads.c[name] for name in Download.__struct_fields__)


def insert_download(connection: Connection, new: NewDownload) -> int:
    """Queue it; its id."""
    row = {name: getattr(new, name) for name in NewDownload.__struct_fields__}
    added = insert(downloads).values(**row, state="queued").returning(downloads.c.id)
    return int(connection.execute(added).scalar_one())


def find_download(
    connection: Connection, workspace_id: int, person_id: int, number: int
) -> Download | None:
    """One that this person asked for in this workspace."""
    found = select(*_COLUMNS).where(_is_theirs(workspace_id, person_id), downloads.c.id == number)
    row = connection.execute(found).mappings().first()
    return Download(**row) if row else None


def list_downloads(
    connection: Connection, workspace_id: int, person_id: int, limit: int
) -> list[Download]:
    """The newest that this person asked for in this workspace, newest first."""
    found = select(*_COLUMNS).where(_is_theirs(workspace_id, person_id))
    rows = connection.execute(found.order_by(downloads.c.id.desc()).limit(limit)).mappings()
    return [Download(**row) for row in rows]


def find_standing(connection: Connection) -> dict[str, tuple[str, int, str | None]]:
    """State, attempts and file of each that there ever was, by how the names of its files begin."""
    c = downloads.c
    rows = connection.execute(select(c.id, c.state, c.attempts, c.file_name))
    return {str(row.id): (row.state, row.attempts, row.file_name) for row in rows}


def count_open(connection: Connection, workspace_id: int, person_id: int) -> int:
    """How many of theirs wait or are being made."""
    found = select(downloads.c.id).where(
        _is_theirs(workspace_id, person_id), downloads.c.state.in_(OPEN)
    )
    return len(connection.execute(found).all())


def is_download_waiting(connection: Connection, now: Instant) -> bool:
    """Whether claim_download has something to look at."""
    return connection.execute(select(exists().where(_is_free(now)))).scalar_one()


def claim_download(connection: Connection, *, now: Instant, until: Instant) -> Download | None:
    """The oldest that nobody works on, now ours until `until`; None when there is none. One whose
    workers died MOST_ATTEMPTS times is failed instead."""
    tried = and_(_is_left(now), downloads.c.attempts >= MOST_ATTEMPTS)
    reason = f"The worker stopped {MOST_ATTEMPTS} times while writing this file."
    failed = {"state": "failed", "error": reason, "finished_at": now}
    connection.execute(update(downloads).where(tried).values(**failed))
    free = select(*_COLUMNS).where(_is_free(now)).order_by(downloads.c.id).limit(1)
    while row := connection.execute(free).mappings().first():
        seen = Download(**row)
        claimed = connection.execute(
            update(downloads)
            .where(_unchanged(seen), _is_free(now))
            .values(state="running", rows=0, claimed_until=until, attempts=seen.attempts + 1)
            .returning(*_COLUMNS)
        )
        if got := claimed.mappings().first():
            return Download(**got)
    return None


def renew_download(
    connection: Connection, mine: Download, *, rows: int, total: int | None, until: Instant
) -> bool:
    """Tell how far it is and keep it; False when it is no longer ours."""
    return _change(connection, mine, rows=rows, total=total, claimed_until=until)


def finish_download(
    connection: Connection,
    mine: Download,
    *,
    file_name: str,
    size: int,
    columns: str,
    sha256: bytes,
    rows: int,
    now: Instant,
    expires_at: Instant,
) -> bool:
    """The file is there; False when it is no longer ours."""
    return _change(
        connection,
        mine,
        state="done",
        finished_at=now,
        file_name=file_name,
        size=size,
        columns=columns,
        sha256=sha256,
        rows=rows,
        total=rows,
        expires_at=expires_at,
    )


def fail_download(connection: Connection, mine: Download, reason: str, now: Instant) -> bool:
    """It will not be tried again; False when it is no longer ours."""
    return _change(connection, mine, state="failed", error=reason, finished_at=now)


def release_download(connection: Connection, mine: Download) -> bool:
    """Give it back, as if this attempt had never begun."""
    return _change(connection, mine, state="queued", claimed_until=None, attempts=mine.attempts - 1)


def cancel_download(
    connection: Connection, workspace_id: int, person_id: int, number: int, now: Instant
) -> bool:
    """End one that is not finished, or let go of the file of one that is; False when there is
    neither. Whoever works on it hears so with the next rows, and leaves nothing."""
    here = and_(_is_theirs(workspace_id, person_id), downloads.c.id == number)
    ended = {"state": "failed", "error": "Cancelled.", "finished_at": now}
    changed = connection.execute(
        update(downloads).where(here, downloads.c.state.in_(OPEN)).values(**ended)
    )
    if changed.rowcount == 1:
        return True
    changed = connection.execute(
        update(downloads).where(here, downloads.c.state == "done").values(expires_at=now)
    )
    return changed.rowcount == 1


def list_expired(connection: Connection, now: Instant) -> list[Download]:
    """Finished ones whose time is over: their files are to be removed."""
    over = and_(downloads.c.state == "done", downloads.c.expires_at <= now)
    rows = connection.execute(select(*_COLUMNS).where(over).limit(50)).mappings()
    return [Download(**row) for row in rows]


def mark_removed(connection: Connection, gone: Download) -> bool:
    """Its file has gone."""
    return _change(connection, gone, state="removed")


def _is_theirs(workspace_id: int, person_id: int) -> ColumnElement[bool]:
    return and_(downloads.c.workspace_id == workspace_id, downloads.c.person_id == person_id)


def _change(connection: Connection, mine: Download, **values: object) -> bool:
    changed = connection.execute(update(downloads).where(_unchanged(mine)).values(**values))
    return changed.rowcount == 1


def _unchanged(mine: Download) -> ColumnElement[bool]:
    return and_(
        downloads.c.id == mine.id,
        downloads.c.state == mine.state,
        downloads.c.attempts == mine.attempts,
    )


def _is_left(now: Instant) -> ColumnElement[bool]:
    return and_(downloads.c.state == "running", downloads.c.claimed_until < now)


def _is_free(now: Instant) -> ColumnElement[bool]:
    return or_(downloads.c.state == "queued", _is_left(now))
