"""`auditdash access`: what it derives, and that it says how fast."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import Engine

from auditdash.cli.main import main
from auditdash.settings import Settings
from auditdash.store.engine import writing
from tests.databases import ON_SQLITE
from tests.make import make_record, store
from tests.serving import environment

pytestmark = ON_SQLITE


def test_what_the_events_about_access_come_to_is_told_with_its_rate(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    with writing(engine) as connection:
        twice = (make_record(id=f"r{number}") for number in range(2))
        store(connection, workspace_id, *twice, make_record(id="x", action="audit_log_accessed"))
    found = CliRunner().invoke(main, ["access"], env=environment(settings))
    assert found.exit_code == 0, found.output
    told = "acme: 2 changes of access in 3 events, 2 intervals of access, in "
    assert told in found.output
    assert re.search(r"\([\d,]+ events and [\d,]+ changes a second\)", found.output)
    assert "1 given twice" in found.output


def test_a_baseline_is_checked_imported_listed_and_removed(
    settings: Settings, workspace_id: int, tmp_path: Path
) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["access", *arguments], env=environment(settings))

    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    header = "subject_kind,subject_name,object_kind,object_name,role\n"
    good.write_text(header + "member,Bob,connection,Payroll,view\nmember,Bob,group,A,\n")
    bad.write_text(header + "member,Bob,connection,Payroll,none\nrobot,x,group,A,\n")
    found = run("import", str(bad), "--at", "2026-03-01")
    assert found.exit_code == 1
    assert "line 2, role: 'none' is no access; expected a role that is access" in found.output
    assert "line 3, subject_kind: 'robot' is no kind" in found.output
    assert "nothing was imported: the file has 2 problems" in found.output
    found = run("import", str(good), "--at", "2026-03-01", "--check")
    assert "2 lines are understood: 1 memberships of groups, 1 on connections" in found.output
    assert run("baselines").output == ""
    found = run("import", str(good), "--at", "2026-03-01")
    assert "good.csv: baseline 1, 2 lines as of 2026-03-01T23:59:59.999999Z" in found.output
    assert "2 add to the picture, 0 confirm it, 0 contradict it" in found.output
    assert "nothing new: baseline 1" in run("import", str(good), "--at", "2026-03-01").output
    assert "2 lines of baselines" in run().output
    listed = run("baselines").output.split("\t")
    assert listed[:4] == ["1", "2026-03-01T23:59:59.999999Z", "2", "good.csv"]
    assert listed[6].startswith("shell:")
    assert "Removed: baseline 1" in run("remove", "1").output
    assert "removed" in run("baselines").output
    assert "the baseline 1 is removed already" in run("remove", "1").output
    assert "still to come" in run("import", str(good), "--at", "2999-01-01").output
    assert "--workspace belongs behind" in run("--workspace", "acme", "baselines").output
