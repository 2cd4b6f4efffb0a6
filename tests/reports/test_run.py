"""A run from its request to its file: claims, leases, failures, and workers that die."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from sqlalchemy import Engine, update

from auditdash.cli.main import main
from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND, Instant, parse_instant
from auditdash.events.periods import Period
from auditdash.reports import make
from auditdash.reports.kept import report_path
from auditdash.reports.orders.order import encode_order, order_of
from auditdash.reports.orders.presets import closed, custom_period
from auditdash.reports.printing.process import render_in_child
from auditdash.reports.run import LEASE, run_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import (
    MOST_ATTEMPTS,
    Made,
    cancel_run,
    claim_run,
    fail_run,
    find_run,
    finish_run,
    release_run,
    renew_run,
    retry_run,
)
from auditdash.store.schema import report_runs
from tests.databases import ON_SQLITE
from tests.make import NOW, one_of_each_action, store
from tests.reports.keys import make_authority, signing, write_key
from tests.reports.papers import OCTOBER, ask, ask_for_all, find, make_paper, order_for
from tests.serving import environment

_UTC = ZoneInfo("UTC")
_LATER = Instant(NOW + LEASE + SECOND)
_MADE = Made(file_name="x.pdf", size=1, sha256=b"x" * 32, pages=1, rows=1, result="")

_WORK = """
import sys
from auditdash.reports.run import run_next
from auditdash.settings import Settings
from auditdash.store.engine import open_engine
settings = Settings.from_env({"DATABASE_URL": sys.argv[1], "AUDITDASH_INSTANCE": sys.argv[2]})
run_next(open_engine(settings.database_url), settings, int(sys.argv[3]))
"""


def test_a_run_is_claimed_once(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        first = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
        second = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
    assert first is not None
    assert (first.id, first.state, first.attempts) == (run_id, "running", 1)
    assert second is None


def test_who_lost_the_lease_can_change_nothing(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        lost = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
        kept = claim_run(connection, now=_LATER, until=Instant(_LATER + LEASE))
        assert lost is not None
        assert kept is not None
        assert not renew_run(connection, lost, stage="Late", until=_LATER)
        assert not finish_run(connection, lost, _MADE, _LATER)
        assert not fail_run(connection, lost, "Late", _LATER)
        assert renew_run(connection, kept, stage="Drawing", until=Instant(_LATER + LEASE))
    assert find(engine, workspace_id, run_id).stage == "Drawing"


def test_a_run_whose_workers_die_three_times_is_failed(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id)
    now = NOW
    for _ in range(MOST_ATTEMPTS):
        with writing(engine) as connection:
            assert claim_run(connection, now=now, until=Instant(now + LEASE)) is not None
        now = Instant(now + LEASE + SECOND)
    with writing(engine) as connection:
        assert claim_run(connection, now=now, until=Instant(now + LEASE)) is None
    run = find(engine, workspace_id, run_id)
    assert (run.state, run.error) == (
        "failed",
        "The worker stopped 3 times while making this report.",
    )


def test_a_worker_that_is_told_to_stop_gives_its_report_back_uncounted(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    for _ in range(MOST_ATTEMPTS + 1):
        assert run_next(engine, settings, NOW, lambda: True)
        run = find(engine, workspace_id, run_id)
        assert (run.state, run.attempts, run.claimed_until) == ("queued", 0, None)
        assert list((settings.instance / "reports").iterdir()) == []
    with writing(engine) as connection:
        lost = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
        kept = claim_run(connection, now=_LATER, until=Instant(_LATER + LEASE))
        assert lost is not None
        assert kept is not None
        assert not release_run(connection, lost)
        assert release_run(connection, kept)


def test_a_failed_run_can_be_tried_again_by_hand(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:
        run = claim_run(connection, now=NOW, until=Instant(NOW + LEASE))
        assert run is not None
        assert not retry_run(connection, workspace_id, run_id)
        assert fail_run(connection, run, "Too long", NOW)
        assert not retry_run(connection, workspace_id + 1, run_id)
        assert retry_run(connection, workspace_id, run_id)
        assert claim_run(connection, now=NOW, until=Instant(NOW + LEASE)) is not None
        assert not fail_run(connection, run, "whoever was at it before", NOW)


def test_a_report_is_kept_as_a_file_of_its_own_name(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run, path = make_paper(engine, settings, workspace_id, sections=())
    assert path.read_bytes().startswith(b"%PDF-1.7")
    assert (path.stat().st_size, run.stage) == (run.size, "Done")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert re.fullmatch(rf"{run.id}-{NOW}-1-[0-9a-f]{{32}}\.pdf", path.name)
    assert path.parent.stat().st_mode & 0o077 == 0
    assert not run_next(engine, settings, NOW)


@ON_SQLITE
def test_a_report_that_cannot_be_made_says_why_and_leaves_nothing(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *one_of_each_action("2026-10-01T00:00:00Z"))
    run_id = ask(engine, workspace_id)
    assert run_next(engine, replace(settings, report_seconds=0), NOW)
    run = find(engine, workspace_id, run_id)
    assert run.state == "failed"
    assert run.error is not None
    assert run.error.startswith("Rendering took longer than 0 seconds")
    assert list((settings.instance / "reports").iterdir()) == []


def test_a_run_that_is_cancelled_while_it_is_made_ends_and_leaves_nothing(
    engine: Engine, settings: Settings, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ask(engine, workspace_id)
    cancelled: list[bool] = []

    def cancel_then_render(*given: Any) -> int:
        with writing(engine) as connection:
            cancelled.append(cancel_run(connection, workspace_id, run_id, "Bob", NOW))
            cancelled.append(cancel_run(connection, workspace_id, run_id, "Eve", NOW))
            assert not retry_run(connection, workspace_id, run_id)
        return render_in_child(*given)

    monkeypatch.setattr(make, "render_in_child", cancel_then_render)
    assert run_next(engine, settings, NOW)
    run = find(engine, workspace_id, run_id)
    assert cancelled == [True, False]
    assert (run.state, run.stage, run.error) == ("failed", "Cancelled", "Cancelled by Bob.")
    assert run.file_name is None
    assert list((settings.instance / "reports").iterdir()) == []


@ON_SQLITE
def test_a_report_is_signed_where_a_key_is_set_and_never_left_unsigned(
    engine: Engine, settings: Settings, workspace_id: int, tmp_path: Path
) -> None:
    authority = make_authority()
    p12, passphrase = write_key(tmp_path, authority)
    keyed = signing(settings, (p12, passphrase))
    _, path = make_paper(engine, keyed, workspace_id, sections=())
    trust = authority.write_pem(tmp_path / "ca.pem")
    command = ["report", "verify", str(path), "--trust", str(trust), "--stored"]
    env = environment(keyed)
    said = CliRunner().invoke(main, command, env=env)
    assert (said.exit_code, "Stored hash: the file is the one" in said.output) == (0, True), (
        said.output
    )
    with writing(engine) as connection:
        connection.execute(update(report_runs).values(sha256=bytes(32)))
    said = CliRunner().invoke(main, command, env=env)
    assert (said.exit_code, "another file was made here" in said.output) == (1, True), said.output
    passphrase.write_text("no longer", encoding="utf-8")
    run_id = ask(engine, workspace_id)
    assert run_next(engine, keyed, NOW)
    failed = find(engine, workspace_id, run_id)
    assert (failed.state, failed.file_name) == ("failed", None)
    assert "the passphrase is not its own" in (failed.error or "")


@ON_SQLITE
def test_a_query_that_cannot_be_read_fails_with_its_reason(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    run_id = ask(engine, workspace_id)
    with writing(engine) as connection:  # the language of a later version, restored into this one
        order = order_for(query="nosuchfield:x")
        connection.execute(update(report_runs).values(order=encode_order(order)))
    assert run_next(engine, settings, NOW)
    run = find(engine, workspace_id, run_id)
    assert run.state == "failed"
    assert "nosuchfield" in (run.error or "")


def test_a_query_with_a_nul_is_kept_as_it_is_read(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id, query="a\0b")
    assert order_of(find(engine, workspace_id, run_id)).query == "a\ufffdb"


@ON_SQLITE
@pytest.mark.parametrize("period", [Period(), Period(NOW, NOW), Period(NOW, Instant(NOW - 1))])
def test_an_empty_period_is_refused(engine: Engine, workspace_id: int, period: Period) -> None:
    with pytest.raises(BadInput, match="period is empty"):
        ask(engine, workspace_id, period=period)


def _is_made(engine: Engine, workspace_id: int, first: str, last: str, **chosen: Any) -> int:
    """Ask for these days, and let it be finished."""
    period = custom_period(first, last, _UTC)
    run_id = ask(engine, workspace_id, period=period, **chosen)
    with writing(engine) as connection:
        run = claim_run(connection, now=NOW, until=_LATER)
        assert run is not None
        assert finish_run(connection, run, _MADE, NOW)
    return run_id


@ON_SQLITE
def test_a_report_is_compared_with_one_of_the_same_question_and_length(
    engine: Engine, workspace_id: int
) -> None:
    september = _is_made(engine, workspace_id, "2026-09-01", "2026-09-30")
    _is_made(engine, workspace_id, "2026-09-30", "2026-09-30")
    _is_made(engine, workspace_id, "2026-09-01", "2026-09-30", query="role:admin")
    order = order_of(find(engine, workspace_id, ask(engine, workspace_id)))
    assert order.before == closed(custom_period("2026-09-01", "2026-09-30", _UTC))
    assert order.before_report == f"AD-{september:06}"
    # one like it, of which there is no earlier: nothing of the other one's comparison stays
    like: dict[str, Any] = {
        "query": "role:view",
        "before": order.before,
        "before_report": order.before_report,
    }
    other = order_of(find(engine, workspace_id, ask(engine, workspace_id, **like)))
    assert (other.before, other.before_report) == (order.before, "")


@ON_SQLITE
def test_a_period_with_no_time_before_it_is_compared_with_everything_before(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    period = Period(parse_instant("2026-01-02T00:00:00Z"), parse_instant("9998-12-01T00:00:00Z"))
    chosen: dict[str, Any] = {"period": period, "zone": "Europe/Berlin", "sections": ()}
    run, _ = make_paper(engine, settings, workspace_id, **chosen)
    assert order_of(run).before is None


def test_a_killed_worker_takes_its_renderer_along_and_another_makes_the_report(
    engine: Engine, settings: Settings, workspace_id: int, database_url: str
) -> None:
    with writing(engine) as connection:
        for day in range(1, 7):
            day_of = one_of_each_action(f"2026-10-{day:02}T00:00:00Z")
            store(
                connection,
                workspace_id,
                *({**each, "id": f"{each['id']}-{day}"} for each in day_of),
            )
    run_id = ask_for_all(engine, workspace_id)
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORK, database_url, str(settings.instance), str(NOW)]
    )
    while not (renderers := _children(worker.pid)):
        assert worker.poll() is None
        time.sleep(0.02)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    _wait_until_gone(renderers)
    assert find(engine, workspace_id, run_id).state == "running"
    assert not run_next(engine, settings, NOW)
    assert run_next(engine, settings, Instant(NOW + 10 * LEASE))  # the killed one had renewed it
    run = find(engine, workspace_id, run_id)
    assert (run.state, run.attempts, run.rows) == ("done", 2, 6 * 50)
    files = list((settings.instance / "reports").iterdir())
    assert files == [report_path(settings, run.file_name or "")]


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[1] == str(parent) and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def _wait_until_gone(processes: list[int]) -> None:
    deadline = time.monotonic() + 120
    while any(Path(f"/proc/{each}/cmdline").read_bytes() for each in processes if _runs(each)):
        assert time.monotonic() < deadline, "the renderer outlived its worker"
        time.sleep(0.05)


def _runs(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_a_run_of_another_workspace_is_not_found(engine: Engine, workspace_id: int) -> None:
    run_id = ask(engine, workspace_id, period=OCTOBER)
    with reading(engine) as connection:
        assert find_run(connection, workspace_id + 1, run_id) is None
