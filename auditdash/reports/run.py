"""A report from its request to its file: one path for people and for schedules."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND, Instant, parse_zone
from auditdash.reports.kept import report_path
from auditdash.reports.left import new_name, work_name
from auditdash.reports.make import make_report
from auditdash.reports.orders.logos import read_logo
from auditdash.reports.orders.order import (
    Order,
    check_order,
    encode_order,
    fixed,
    order_of,
    span_of,
)
from auditdash.reports.orders.presets import closed, length_of, period_before
from auditdash.reports.printing.process import RenderError
from auditdash.reports.question import report_id
from auditdash.reports.sending.telling import tell_of_run
from auditdash.reports.signing.key import SigningError, check_key, key_files
from auditdash.reports.signing.process import sign_file
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import (
    MOST_ATTEMPTS,
    Made,
    NewRun,
    ReportRun,
    claim_run,
    fail_run,
    finish_run,
    give_up_runs,
    insert_run,
    is_run_waiting,
    list_earlier,
    postpone_run,
    release_run,
    renew_run,
)
from auditdash.store.workspaces import find_workspace

LEASE = 120 * SECOND
_AGAIN = 300 * SECOND
_TOLD_EVERY_SECONDS = 1.0


class LeaseLostError(Exception):
    """Another worker took the run over: what this one makes must not count."""


class StoppingError(Exception):
    """This worker was told to end: whoever comes next makes the report, and nothing failed."""


def request_report(
    connection: Connection,
    *,
    workspace_id: int,
    order: Order,
    requested_by: str,
    now: Instant,
    schedule_id: int | None = None,
    slot: Instant | None = None,
) -> int | None:
    """Queue a report on what is stored now; its id, or None when its slot has one already.

    A relative period is told by the slot, or by now where there is none. What cannot be asked, such
    as an empty period or a framework that nobody knows, is BadInput.
    """
    workspace = find_workspace(connection, workspace_id)
    if workspace is None:
        raise BadInput(f"there is no workspace {workspace_id}")
    asked = check_order(fixed(order, now if slot is None else slot))
    start, end = closed(span_of(asked))
    asked = _compared(connection, workspace_id, asked)
    read_logo(connection, workspace_id, asked.logo)
    return insert_run(
        connection,
        NewRun(
            workspace_id=workspace_id,
            kind=asked.kind,
            period_start=start,
            period_end=end,
            requested_by=requested_by,
            requested_at=now,
            highest_seq=workspace.last_seq,
            order=encode_order(asked),
            schedule_id=schedule_id,
            slot=slot,
        ),
    )


def _compared(connection: Connection, workspace_id: int, order: Order) -> Order:
    """With what it is compared: the period of the newest report of the same question that was about
    an earlier one as long, else as long a period before its own, else everything before."""
    period, zone = span_of(order), parse_zone(order.zone)
    start, _ = closed(period)
    for run in list_earlier(connection, workspace_id, order.kind, start):
        earlier = order_of(run)
        is_same = (earlier.query, earlier.zone) == (order.query, order.zone)
        if is_same and length_of(run.period, zone) == length_of(period, zone):
            beside = (run.period_start, run.period_end)
            return replace(order, before=beside, before_report=report_id(run))
    before = period_before(period, zone)
    # An order that is like that of a report has what that one was compared with.
    return replace(order, before=closed(before) if before else None, before_report="")


def run_next(
    engine: Engine,
    settings: Settings,
    now: Instant,
    is_stopping: Callable[[], bool] = lambda: False,
) -> bool:
    """Make the report that has waited longest; False when none waits. One that it is at when this
    process is told to stop is given back, as if nobody had begun with it."""
    watch = _Watch(now=now, started=time.monotonic())
    with reading(engine) as connection:  # an idle worker must not take the write lock
        if not is_run_waiting(connection, now):
            return False
    with writing(engine) as connection:
        for lost in give_up_runs(connection, now):
            _tell_failure(connection, lost, now)
        run = claim_run(connection, now=now, until=watch.lease_end())
    if run is None:
        return False
    try:
        made = _make(engine, settings, run, watch, _teller(engine, run, watch, is_stopping))
    except (RenderError, SigningError, BadInput, OSError) as error:
        with writing(engine) as connection:
            _settle_failure(connection, run, error, watch.now_at())
    except LeaseLostError:
        return True
    except StoppingError:
        with writing(engine) as connection:
            release_run(connection, run)
    else:
        with writing(engine) as connection:
            kept = finish_run(connection, run, made, watch.now_at())
        if not kept:
            report_path(settings, made.file_name).unlink(missing_ok=True)
    return True


def _settle_failure(connection: Connection, run: ReportRun, error: Exception, now: Instant) -> None:
    """What a schedule asked for is tried again, a little later each time; then its owner is told.
    What cannot be asked for is not tried again, nor what a person can try again who waits for it.
    """
    may_pass = run.schedule_id is not None and not isinstance(error, BadInput)
    turn = (run.attempts - 1) % MOST_ATTEMPTS + 1
    if may_pass and turn < MOST_ATTEMPTS:
        postpone_run(connection, run, str(error), Instant(now + turn**2 * _AGAIN))
    elif fail_run(connection, run, str(error), now):
        _tell_failure(connection, replace(run, error=str(error)), now)


def _tell_failure(connection: Connection, run: ReportRun, now: Instant) -> None:
    said = f"{report_id(run)} could not be made: {run.error}"
    tell_of_run(connection, run, said, f"run-{run.id}-{now}", now)


class _Watch(Struct, frozen=True):
    """What time it is for a job that was told `now` when it started."""

    now: Instant
    started: float

    def now_at(self) -> Instant:
        """The entrance's clock, moved on by the time that has gone by since."""
        return Instant(self.now + int((time.monotonic() - self.started) * SECOND))

    def lease_end(self) -> Instant:
        """Until when a run renewed now is ours."""
        return Instant(self.now_at() + LEASE)


def _make(
    engine: Engine,
    settings: Settings,
    run: ReportRun,
    watch: _Watch,
    tell: Callable[[str], None],
) -> Made:
    folder = settings.instance / "reports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else's to read
    for left in folder.glob(f"work-{run.id}-*"):  # by attempts that were killed
        shutil.rmtree(left, ignore_errors=True)
    for left in folder.glob(
        f"{run.id}-{run.requested_at}-*.pdf"
    ):  # moved there, and the run never told of it
        left.unlink(missing_ok=True)
    work = folder / work_name(run)
    work.mkdir()
    try:
        key = key_files(settings)
        if key is not None:
            check_key(key, watch.now_at())  # rather than after all the work
        draft = make_report(engine, settings, run, work, tell)
        if key is not None:
            tell("Signing")
            sign_file(draft.path, key)
        name = new_name(run)
        size, sha256 = _keep(draft.path, folder / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Made(
        file_name=name,
        size=size,
        sha256=sha256,
        pages=draft.pages,
        rows=draft.rows,
        result=draft.result,
    )


def _teller(
    engine: Engine, run: ReportRun, watch: _Watch, is_stopping: Callable[[], bool]
) -> Callable[[str], None]:
    """Writes each stage to the run and renews its lease, at most once a second; raises what ends
    the work."""
    told_at = 0.0

    def tell(stage: str) -> None:
        nonlocal told_at
        if is_stopping():
            raise StoppingError
        if time.monotonic() - told_at < _TOLD_EVERY_SECONDS:
            return
        told_at = time.monotonic()
        with writing(engine) as connection:
            ours = renew_run(connection, run, stage=stage, until=watch.lease_end())
        if not ours:
            raise LeaseLostError

    return tell


def _keep(draft: Path, target: Path) -> tuple[int, bytes]:
    """Move a synced file to where it is kept, so that it is there wholly or not at all."""
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    size = draft.stat().st_size
    draft.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return size, digest
