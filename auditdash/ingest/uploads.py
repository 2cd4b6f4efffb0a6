"""Uploaded files: put down first, taken in by a job, gone when their receipt is closed.

The name of a file says its receipt, so a stop at any moment loses nothing: whoever looks next
goes on with it. A lock on the file keeps two workers from taking the same one.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from sqlalchemy import Engine

from auditdash.events.instants import DAY, SECOND, Instant
from auditdash.ingest.delivery import (
    DeliveryBroken,
    FilledElsewhere,
    continue_delivery,
    parcels_in,
)
from auditdash.ingest.intake import open_receipt, reopen
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.receipts import ReceiptRow, find_receipt

_SUFFIX = ".upload"
_NAME = re.compile(r"[0-9]+-[0-9]+\.upload")
_DRAFT = ".draft"
_CHANNEL = "upload"


def put_down(
    engine: Engine,
    settings: Settings,
    *,
    workspace_id: int,
    source: str,
    name: str,
    stream: IO[bytes],
    now: Instant,
) -> int:
    """Keep an uploaded file until it is taken in; the id of its open receipt.

    Raises BadInput where the workspace takes no uploads, OSError where the file cannot be kept.
    """
    draft = _folder(settings) / f"{uuid4().hex}{_DRAFT}"
    try:
        _write(draft, stream)
        with writing(engine) as connection:
            intake = open_receipt(
                connection,
                workspace_id=workspace_id,
                source=source,
                channel=_CHANNEL,
                name=name,
                now=now,
            )
            # Before the commit: a receipt without its file would stay open for ever.
            draft.rename(draft.with_name(f"{workspace_id}-{intake.receipt_id}{_SUFFIX}"))
            _sync(draft.parent)
    finally:
        draft.unlink(missing_ok=True)
    return intake.receipt_id


def take_next_upload(
    engine: Engine,
    settings: Settings,
    now: Instant,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Take one waiting file in; False when none waits, or others are at work on all of them.

    When this process is stopping it ends behind a step, and whoever looks next goes on with it.
    """
    folder = _folder(settings)
    for path in sorted(filter(_is_ours, folder.glob(f"*{_SUFFIX}")), key=_ids):
        with _locked(path) as stream:
            if stream is None:
                continue
            row = _find_receipt(engine, path)
            if row is None:
                _sweep(path, now)
            elif _is(path, stream):
                with suppress(FilledElsewhere):  # on a disk that knows no locks
                    if row.finished_at is not None or _take_in(
                        engine, settings, path, row, stream, now, is_stopping
                    ):
                        path.unlink()
                    return True
    for draft in folder.glob(f"*{_DRAFT}"):
        _sweep(draft, now)
    return False


def _take_in(
    engine: Engine,
    settings: Settings,
    path: Path,
    row: ReceiptRow,
    stream: IO[bytes],
    now: Instant,
    is_stopping: Callable[[], bool],
) -> bool:
    """Whether all of it is taken in."""
    with reading(engine) as connection:
        intake = reopen(connection, _ids(path)[0], row.source, row.id, now)
    parcels = parcels_in(stream, settings.max_unpacked_bytes)
    with suppress(DeliveryBroken):  # the receipt says why
        for _ in continue_delivery(engine, intake, parcels):
            if is_stopping():
                return False
    return True


def _find_receipt(engine: Engine, path: Path) -> ReceiptRow | None:
    """The receipt that the file is for; None while, or when for ever, it is not committed."""
    workspace_id, receipt_id = _ids(path)
    with reading(engine) as connection:
        row = find_receipt(connection, workspace_id, receipt_id)
    return row if row is not None and row.channel == _CHANNEL else None


def _is_ours(path: Path) -> bool:
    """What somebody else put into the folder is left alone."""
    return _NAME.fullmatch(path.name) is not None


def _ids(path: Path) -> tuple[int, int]:
    workspace_id, receipt_id = path.stem.split("-")
    return int(workspace_id), int(receipt_id)


def _sweep(path: Path, now: Instant) -> None:
    """Whoever put it down was stopped before the end, and was told so: it will not be missed."""
    with suppress(FileNotFoundError):
        if now - path.stat().st_mtime * SECOND > DAY:
            path.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes] | None]:
    """The file, open and ours alone; None when it is another worker's or gone."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield stream


def _is(path: Path, stream: IO[bytes]) -> bool:
    """Whether the path still names the open file: another worker may have ended with it, and a
    number whose receipt was rolled back comes again."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def _write(path: Path, stream: IO[bytes]) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make a new name in it last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder(settings: Settings) -> Path:
    folder = settings.instance / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
