"""`auditdash test-feed`: what it says while it waits, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from auditdash.cli import intake
from auditdash.cli.main import main
from auditdash.events.instants import DAY, Instant, now, to_rfc3339
from auditdash.settings import Settings
from auditdash.store.engine import reading
from auditdash.store.feeds.echo_tests import find_newest_test
from tests.databases import ON_SQLITE
from tests.fake_mode import FakeMode, problem
from tests.ingest.pulls import Time
from tests.serving import environment

pytestmark = ON_SQLITE
Run = Callable[..., Result]


@pytest.fixture
def mode() -> Iterator[FakeMode]:
    with FakeMode() as mode:
        yield mode


@pytest.fixture
def run(
    settings: Settings, workspace_id: int, mode: FakeMode, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run `auditdash test-feed` beside this Mode, as the environment tells; time passes only in
    sleep."""
    time = Time(now())
    mode.clock = time.clock
    monkeypatch.setattr(intake, "Surroundings", time.around)
    connected = msgspec.structs.replace(
        settings,
        mode_url=mode.url,
        mode_workspace=mode.workspace,
        mode_token=mode.token,
        mode_secret=mode.secret,
        mode_start=to_rfc3339(Instant(time.now - DAY))[:10],
    )

    def command(*options: str, settings: Settings = connected) -> Result:
        return CliRunner().invoke(main, ["test-feed", *options], env=environment(settings))

    return command


def test_an_echo_that_comes_back_is_told_with_its_age(
    run: Run, engine: Engine, workspace_id: int
) -> None:
    done = run()
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Mode was read at ")
    assert "came back after 10 s; it is known by its time." in done.stdout
    assert done.stderr.splitlines() == [
        "Reading Mode's audit log …",
        "  pulled again; 10 s since the reading",
    ]
    with reading(engine) as connection:
        tried = find_newest_test(connection, workspace_id)
    assert tried is not None
    assert (tried.state, tried.said) == ("back", done.stdout.rstrip("\n"))


def test_an_echo_that_does_not_come_is_lost_after_a_quarter_of_an_hour(
    run: Run, mode: FakeMode
) -> None:
    mode.echo = False
    done = run()
    assert done.exit_code == 1
    assert "within 15 min no event told of it" in done.stdout
    assert 3 < done.stderr.count("pulled again") < 10


def test_a_mode_that_cannot_be_read_is_said_so_and_not_waited_for(run: Run, mode: FakeMode) -> None:
    mode.script.append(problem(403, "no", "Not \x1b[31mnow"))
    done = run()
    assert done.exit_code == 1
    assert "Mode could not be read" in done.stdout
    assert "\x1b" not in done.output
    assert "pulled again" not in done.stderr


def test_where_nothing_is_connected_it_says_what_to_do(
    run: Run, settings: Settings, mode: FakeMode
) -> None:
    done = run(settings=settings)
    assert done.exit_code == 1
    assert "nothing is connected to this workspace" in done.stderr
    unknown = run("--workspace", "nowhere")
    assert unknown.exit_code == 1
    assert "there is no workspace" in unknown.stderr
    assert not mode.seen
