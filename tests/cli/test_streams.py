"""`auditdash stream`: how far, paused, resumed, sent again."""

from __future__ import annotations

from click.testing import CliRunner, Result
from sqlalchemy import Engine

from auditdash.cli.main import main
from auditdash.settings import Settings
from auditdash.streams.destinations import SyslogTo
from tests.databases import ON_SQLITE
from tests.serving import environment
from tests.streams.made import add_events, add_stream, stream_of

pytestmark = ON_SQLITE


def test_a_stream_is_listed_paused_resumed_and_sent_again(
    engine: Engine, settings: Settings, workspace_id: int
) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["stream", *arguments], env=environment(settings))

    known = add_stream(engine, settings, workspace_id, SyslogTo("logs.example"), name="a\tb")
    add_events(engine, workspace_id, "a", "b")
    (line,) = run("list").output.splitlines()
    assert line.split("\t") == ["1", "on", "3", "0", "never", "logs.example:6514", "a b", ""]
    assert run("pause", "1").exit_code == 0
    assert stream_of(engine, workspace_id, known.id).paused
    assert run("resume", "1").exit_code == 0
    assert run("replay", "1", "--seq", "3").output == "from event 3\n"
    assert stream_of(engine, workspace_id, known.id).cursor == 2
    assert run("replay", "1", "--since", "2026-11-23").output == "from event 1\n"
    assert stream_of(engine, workspace_id, known.id).cursor == 0
    for wrong in (("pause", "9"), ("replay", "1"), ("replay", "1", "--seq", "99")):
        assert run(*wrong).exit_code == 1
