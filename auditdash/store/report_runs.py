"""Report runs: what was asked for, who works on it, and the file that came of it.

A run is claimed for a lease by one conditional UPDATE. Each claim counts an attempt, and whoever
works on it must name that attempt: one that lost its lease can change nothing any more. So attempts
are counted up in rounds of MOST_ATTEMPTS: what is tried again by hand begins another.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, update

from auditdash.events.instants import Instant
from auditdash.events.periods import Period
from auditdash.store.engine import insert_new
from auditdash.store.schema import report_runs

MOST_ATTEMPTS = 3
CANCELLED = "Cancelled"


class ReportRun(Struct, frozen=True, kw_only=True):
    """`state` is queued, running, done or failed; `file_name` stands in the folder of reports.

    `order` is all that was asked for, as auditdash.reports.orders wrote it; `kind` and the period
    stand beside it for whoever looks for runs.
    """

    id: int
    workspace_id: int
    schedule_id: int | None
    slot: Instant | None
    kind: str
    period_start: Instant
    period_end: Instant
    requested_by: str
    requested_at: Instant
    state: str
    stage: str
    claimed_until: Instant | None
    attempts: int
    highest_seq: int
    finished_at: Instant | None
    error: str | None
    file_name: str | None
    size: int | None
    sha256: bytes | None
    pages: int | None
    rows: int | None
    order: str
    not_before: Instant | None
    result: str

    @property
    def period(self) -> Period:
        """What the report is about."""
        return Period(self.period_start, self.period_end)


class NewRun(Struct, frozen=True, kw_only=True):
    """A report that somebody, or a schedule, asks for."""

    workspace_id: int
    kind: str
    period_start: Instant
    period_end: Instant
    requested_by: str
    requested_at: Instant
    highest_seq: int
    order: str
    schedule_id: int | None = None
    slot: Instant | None = None


class Made(Struct, frozen=True, kw_only=True):
    """The file that a run made."""

    file_name: str
    size: int
    sha256: bytes
    pages: int
    rows: int
    result: str


_COLUMNS = tuple(report_runs.c[name] for name in ReportRun.__struct_fields__)


def insert_run(connection: Connection, new: NewRun) -> int | None:
    """Queue a run; its id, or None when the slot of its schedule has one already."""
    row = {name: getattr(new, name) for name in NewRun.__struct_fields__}
    row |= {"state": "queued", "stage": "Waiting"}
    inserted = insert_new(connection, report_runs).values(row).returning(report_runs.c.id)
    return connection.execute(inserted).scalar()


def find_run(connection: Connection, workspace_id: int, run_id: int) -> ReportRun | None:
    """One run of this workspace."""
    found = select(*_COLUMNS).where(
        report_runs.c.workspace_id == workspace_id, report_runs.c.id == run_id
    )
    row = connection.execute(found).mappings().first()
    return ReportRun(**row) if row else None


def find_standing(connection: Connection) -> dict[str, tuple[str, int, str | None]]:
    """State, attempts and file of each run that there ever was, by how the names of its files and
    of its work begin."""
    c = report_runs.c
    known: dict[str, tuple[str, int, str | None]] = {}
    wanted = select(c.id, c.requested_at, c.state, c.attempts, c.file_name)
    for run_id, asked_at, *standing in connection.execute(wanted):
        known[f"{run_id}-{asked_at}"] = known[f"work-{run_id}"] = tuple(standing)
    return known


def list_runs(
    connection: Connection, workspace_id: int, *, before: int | None = None, limit: int = 50
) -> list[ReportRun]:
    """Newest first; `before` is the id of the last one seen."""
    wanted = select(*_COLUMNS).where(report_runs.c.workspace_id == workspace_id)
    if before is not None:
        wanted = wanted.where(report_runs.c.id < before)
    rows = connection.execute(wanted.order_by(report_runs.c.id.desc()).limit(limit)).mappings()
    return [ReportRun(**row) for row in rows]


def list_runs_of(
    connection: Connection, workspace_id: int, schedule_id: int, limit: int
) -> list[ReportRun]:
    """Of one schedule, newest first."""
    wanted = select(*_COLUMNS).where(
        report_runs.c.workspace_id == workspace_id, report_runs.c.schedule_id == schedule_id
    )
    rows = connection.execute(wanted.order_by(report_runs.c.id.desc()).limit(limit)).mappings()
    return [ReportRun(**row) for row in rows]


def list_earlier(
    connection: Connection, workspace_id: int, kind: str, before: Instant
) -> list[ReportRun]:
    """Finished runs of a kind that are about what was over by then: those of the newest periods
    first, of one period the newest; at most 50."""
    found = select(*_COLUMNS).where(
        report_runs.c.workspace_id == workspace_id,
        report_runs.c.kind == kind,
        report_runs.c.state == "done",
        report_runs.c.period_end <= before,
    )
    ordered = found.order_by(report_runs.c.period_end.desc(), report_runs.c.id.desc()).limit(50)
    return [ReportRun(**row) for row in connection.execute(ordered).mappings()]


def is_run_waiting(connection: Connection, now: Instant) -> bool:
    """Whether claim_run has something to look at."""
    return connection.execute(select(exists().where(_is_free(now)))).scalar_one()


def claim_run(connection: Connection, *, now: Instant, until: Instant) -> ReportRun | None:
    """The oldest run that nobody works on, now ours until `until`; None when there is none.

    A run whose workers died MOST_ATTEMPTS times is failed instead.
    """
    give_up_runs(connection, now)
    free = select(*_COLUMNS).where(_is_free(now)).order_by(report_runs.c.id).limit(1)
    while row := connection.execute(free).mappings().first():
        seen = ReportRun(**row)
        ours = {"state": "running", "stage": "Starting", "claimed_until": until}
        claimed = connection.execute(
            update(report_runs)
            .where(_unchanged(seen), _is_free(now))
            .values(**ours, attempts=seen.attempts + 1)
            .returning(*_COLUMNS)
        )
        if got := claimed.mappings().first():
            return ReportRun(**got)
    return None


def renew_run(connection: Connection, run: ReportRun, *, stage: str, until: Instant) -> bool:
    """Tell how far it is and keep it; False when it is no longer ours."""
    return _change(connection, run, stage=stage, claimed_until=until)


def finish_run(connection: Connection, run: ReportRun, made: Made, now: Instant) -> bool:
    """The file is there; False when the run is no longer ours."""
    values = {name: getattr(made, name) for name in Made.__struct_fields__}
    return _change(connection, run, state="done", stage="Done", finished_at=now, **values)


def fail_run(connection: Connection, run: ReportRun, reason: str, now: Instant) -> bool:
    """It will not be tried again by itself; False when the run is no longer ours."""
    return _change(connection, run, state="failed", stage="Failed", error=reason, finished_at=now)


def postpone_run(connection: Connection, run: ReportRun, reason: str, again_at: Instant) -> bool:
    """It will be tried again by itself; False when the run is no longer ours."""
    again = {"state": "queued", "stage": "Waiting to be tried again", "error": reason}
    return _change(connection, run, **again, not_before=again_at)


def release_run(connection: Connection, run: ReportRun) -> bool:
    """Give it back, as if this attempt had never begun; False when the run is no longer ours."""
    again = {"state": "queued", "stage": "Waiting", "claimed_until": None}
    return _change(connection, run, **again, attempts=run.attempts - 1)


def cancel_run(
    connection: Connection, workspace_id: int, run_id: int, who: str, now: Instant
) -> bool:
    """End a run that is not finished; False when it is, or is not of this workspace.

    Whoever works on it has lost it, hears so with the next stage, and leaves nothing.
    """
    ended = {"state": "failed", "stage": CANCELLED, "error": f"Cancelled by {who}."}
    changed = connection.execute(
        update(report_runs)
        .where(
            report_runs.c.workspace_id == workspace_id,
            report_runs.c.id == run_id,
            report_runs.c.state.in_(("queued", "running")),
        )
        .values(**ended, finished_at=now)
    )
    return changed.rowcount == 1


def retry_run(connection: Connection, workspace_id: int, run_id: int) -> bool:
    """Queue a failed run for another round; False when it is not a failed one, or was cancelled."""
    attempts = report_runs.c.attempts
    used = attempts + (MOST_ATTEMPTS - attempts % MOST_ATTEMPTS) % MOST_ATTEMPTS
    again = {"state": "queued", "stage": "Waiting", "error": None, "finished_at": None}
    again |= {"not_before": None}
    changed = connection.execute(
        update(report_runs)
        .where(
            report_runs.c.workspace_id == workspace_id,
            report_runs.c.id == run_id,
            report_runs.c.state == "failed",
            report_runs.c.stage != CANCELLED,
        )
        .values(**again, attempts=used)
    )
    return changed.rowcount == 1


def _change(connection: Connection, run: ReportRun, **values: object) -> bool:
    changed = connection.execute(update(report_runs).where(_unchanged(run)).values(**values))
    return changed.rowcount == 1


def _unchanged(run: ReportRun) -> ColumnElement[bool]:
    return and_(
        report_runs.c.id == run.id,
        report_runs.c.state == run.state,
        report_runs.c.attempts == run.attempts,
    )


def _is_free(now: Instant) -> ColumnElement[bool]:
    left = and_(report_runs.c.state == "running", report_runs.c.claimed_until < now)
    may_begin = or_(report_runs.c.not_before.is_(None), report_runs.c.not_before <= now)
    return or_(and_(report_runs.c.state == "queued", may_begin), left)


def give_up_runs(connection: Connection, now: Instant) -> list[ReportRun]:
    """Fail those whose workers died too often; which they are."""
    tried = and_(
        report_runs.c.state == "running",
        report_runs.c.claimed_until < now,
        report_runs.c.attempts % MOST_ATTEMPTS == 0,
    )
    reason = f"The worker stopped {MOST_ATTEMPTS} times while making this report."
    failed = update(report_runs).where(tried)
    failed = failed.values(state="failed", stage="Failed", error=reason, finished_at=now)
    rows = connection.execute(failed.returning(*_COLUMNS)).mappings().all()
    return [ReportRun(**row) for row in rows]
