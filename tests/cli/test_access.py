"""`auditdash access`: what it derives, and that it says how fast."""

from __future__ import annotations

import re

from click.testing import CliRunner
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
