"""A kept download from its claim to its file, and from there to its end."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import json
from sqlalchemy import Engine

from auditdash.downloads.files.about import About
from auditdash.downloads.files.form import FORMS, write_file
from auditdash.downloads.kept.asked import asked_again, decode_asked
from auditdash.downloads.orders.all import KeptOrder, decode_order
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, SECOND, Instant
from auditdash.search.errors import QueryError
from auditdash.search.parse import parse
from auditdash.search.print import print_query
from auditdash.settings import Settings
from auditdash.store.downloads.runs import (
    Download,
    claim_download,
    fail_download,
    finish_download,
    is_download_waiting,
    list_expired,
    mark_removed,
    release_download,
    renew_download,
)
from auditdash.store.engine import reading, streaming, writing
from auditdash.store.workspaces import find_workspace

LEASE: Final = 120 * SECOND
KEPT: Final = 7 * DAY  # how long a file stays
_TOLD_EVERY_SECONDS: Final = 1.0
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


class LeaseLostError(Exception):
    """It was cancelled, or another worker took it over: what this one writes must not count."""


class StoppingError(Exception):
    """This worker was told to end: whoever comes next writes the file, and nothing failed."""


def make_next(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], Instant],
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Write the download that has waited longest, or remove files whose time is over; False when
    there is neither. One that it is at when this process is told to stop is given back."""
    now = clock()
    with reading(engine) as connection:  # an idle worker must not take the write lock
        waiting, expired = is_download_waiting(connection, now), list_expired(connection, now)
    for gone in expired:
        _remove(engine, settings, gone)
    if not waiting:
        return bool(expired)
    with writing(engine) as connection:
        mine = claim_download(connection, now=now, until=Instant(now + LEASE))
    if mine is None:
        return bool(expired)
    try:
        _make(engine, settings, mine, clock, is_stopping)
    except LeaseLostError:
        pass
    except StoppingError:
        with writing(engine) as connection:
            release_download(connection, mine)
    except (BadInput, QueryError, OSError) as error:
        with writing(engine) as connection:
            fail_download(connection, mine, _reason(error), clock())
    finally:
        _sweep(settings, mine)
    return True


def file_of(settings: Settings, download: Download) -> Path:
    """Where the file of a finished download stands: its name is ours alone."""
    return _folder(settings) / (download.file_name or "none")


def about_of(download: Download, order: KeptOrder, workspace: str) -> About:
    """What the file says about itself."""
    kept = decode_asked(download.asked)
    return About(
        title=order.title,
        workspace=workspace,
        query=kept.query,
        canonical=print_query(parse(kept.query)),
        zone=kept.zone,
        highest_seq=download.highest_seq,
        at=download.requested_at,
        by=download.requested_by,
        arguments=order.arguments,
    )


def _make(
    engine: Engine,
    settings: Settings,
    mine: Download,
    clock: Callable[[], Instant],
    is_stopping: Callable[[], bool],
) -> None:
    folder = _folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read
    name = f"{mine.id}-{mine.attempts}.{mine.form}"
    draft, target = folder / f"{name}.part", folder / name
    order, kept = decode_order(mine.order), decode_asked(mine.asked)
    with streaming(engine) as connection:
        workspace = find_workspace(connection, mine.workspace_id)
        if workspace is None:
            raise BadInput(f"there is no workspace {mine.workspace_id}")
        asked = asked_again(connection, kept, mine, workspace, settings.domains)
        total = order.count(asked)
        table = order.table(asked)
        tell = _teller(engine, mine, total, clock, is_stopping)
        about = about_of(mine, order, workspace.slug)
        write_file(table, FORMS[mine.form], about, draft, tell, bom=kept.bom)
    if total is not None and table.rows != total:
        raise BadInput(
            f"{total:,} rows were counted and {table.rows:,} were written. Nothing is handed out, "
            "because one of the two is wrong"
        )
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    size = draft.stat().st_size
    draft.rename(target)
    _sync(folder)
    now = clock()
    with writing(engine) as connection:
        ours = finish_download(
            connection,
            mine,
            file_name=name,
            size=size,
            columns=json.encode(table.columns).decode(),
            sha256=digest,
            rows=table.rows,
            now=now,
            expires_at=Instant(now + KEPT),
        )
    if not ours:
        target.unlink(missing_ok=True)


def _teller(
    engine: Engine,
    mine: Download,
    total: int | None,
    clock: Callable[[], Instant],
    is_stopping: Callable[[], bool],
) -> Callable[[int], None]:
    """Writes how far it is and renews the lease, at most once a second; raises what ends it."""
    told_at = 0.0

    def tell(rows: int) -> None:
        nonlocal told_at
        if is_stopping():
            raise StoppingError
        if time.monotonic() - told_at < _TOLD_EVERY_SECONDS:
            return
        told_at = time.monotonic()
        until = Instant(clock() + LEASE)
        with writing(engine) as connection:
            ours = renew_download(connection, mine, rows=rows, total=total, until=until)
        if not ours:
            raise LeaseLostError

    return tell


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        full = error.errno in _FULL
        return "The disk is full." if full else f"The file could not be written: {error.strerror}."
    return f"{error}."


def _remove(engine: Engine, settings: Settings, gone: Download) -> None:
    """The file first: a row never says removed while the file is there."""
    file_of(settings, gone).unlink(missing_ok=True)
    with writing(engine) as connection:
        mark_removed(connection, gone)


def _sweep(settings: Settings, mine: Download) -> None:
    """What this and earlier attempts left unfinished, also those that were killed."""
    for attempt in range(1, mine.attempts + 1):
        name = f"{mine.id}-{attempt}.{mine.form}"
        (_folder(settings) / f"{name}.part").unlink(missing_ok=True)
        if attempt < mine.attempts:  # a finished file whose row was never told of it
            (_folder(settings) / name).unlink(missing_ok=True)


def _folder(settings: Settings) -> Path:
    return settings.instance / "downloads"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
