"""What killed workers leave of reports and downloads is found and removed, and nothing else."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, update

from auditdash.downloads.kept.left import find_left_downloads, remove_left_downloads
from auditdash.events.instants import SECOND, Instant
from auditdash.reports.left import find_left_reports, new_name, remove_left_reports, work_name
from auditdash.reports.run import LEASE
from auditdash.settings import Settings
from auditdash.store.downloads import runs as downloads
from auditdash.store.engine import reading, writing
from auditdash.store.report_runs import Made, ReportRun, claim_run, find_standing, finish_run
from auditdash.store.schema import report_runs
from tests.make import NOW
from tests.people import add_alice
from tests.reports.papers import ask

_LATER = Instant(NOW + LEASE + SECOND)


def _claim(engine: Engine, now: Instant) -> ReportRun:
    with writing(engine) as connection:
        run = claim_run(connection, now=now, until=Instant(now + LEASE))
    assert run is not None
    return run


def _put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"%PDF")


def _names(paths: tuple[Path, ...]) -> set[str]:
    return {path.name for path in paths}


def test_a_report_that_no_row_was_told_of_is_removed(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    ask(engine, workspace_id)
    folder = settings.instance / "reports"
    killed = _claim(engine, NOW)
    left = new_name(killed)
    _put(folder, left)
    (folder / work_name(killed)).mkdir()
    # The worker may be about to tell the row.
    assert remove_left_reports(engine, settings) == 0
    mine = _claim(engine, _LATER)
    kept, other = new_name(mine), new_name(mine)
    _put(folder, kept, other)
    (folder / work_name(mine)).mkdir()
    assert remove_left_reports(engine, settings) == 2
    assert {path.name for path in folder.iterdir()} == {kept, other, work_name(mine)}
    made = Made(file_name=kept, size=4, sha256=b"x" * 32, pages=1, rows=1, result="")
    with writing(engine) as connection:
        assert finish_run(connection, mine, made, _LATER)
    assert remove_left_reports(engine, settings) == 2
    assert {path.name for path in folder.iterdir()} == {kept}


def test_a_report_that_the_database_does_not_know_is_only_named(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    ask(engine, workspace_id)
    former, unnamed, theirs = "a" * 32 + ".pdf", "b" * 32 + ".pdf", "letter.pdf"
    run = _claim(engine, NOW)
    # Of a database that was given up for a copy from before: its number comes again.
    lost = new_name(run).replace(f"{run.id}-{NOW}", f"{run.id}-{NOW - 1}")
    _put(settings.instance / "reports", former, unnamed, lost, theirs)
    with writing(engine) as connection:
        connection.execute(update(report_runs).values(state="done", file_name=former))
    assert remove_left_reports(engine, settings) == 0
    with reading(engine) as connection:
        found = find_left_reports(settings, lambda: find_standing(connection))
    assert (_names(found.over), _names(found.unknown)) == (set(), {unnamed, lost})


def test_a_download_that_no_row_was_told_of_is_removed(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    new = downloads.NewDownload(
        workspace_id=workspace_id,
        person_id=add_alice(engine),
        requested_by="alice",
        requested_at=NOW,
        form="csv",
        title="Events",
        order="{}",
        asked="{}",
        highest_seq=0,
    )
    folder = settings.instance / "downloads"
    with writing(engine) as connection:
        number = downloads.insert_download(connection, new)
        mine = downloads.claim_download(connection, now=NOW, until=_LATER)
        assert mine is not None
    _put(folder, f"{number}-1.csv", f"{number}-1.csv.part", "77-1.csv", "notes.txt")
    assert remove_left_downloads(engine, settings) == 0
    with writing(engine) as connection:
        downloads.cancel_download(connection, workspace_id, new.person_id, number, NOW)
    assert remove_left_downloads(engine, settings) == 2
    assert {path.name for path in folder.iterdir()} == {"77-1.csv", "notes.txt"}
    with reading(engine) as connection:
        found = find_left_downloads(settings, lambda: downloads.find_standing(connection))
    assert _names(found.unknown) == {"77-1.csv"}
