"""The echo of a reading: it comes back or it does not, and worker and person see the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import MINUTE, SECOND
from auditdash.ingest.watching.echo import ask_for_test, find_again, run_test, step_next
from auditdash.settings import Settings
from auditdash.store.engine import reading, writing
from auditdash.store.feeds import connections
from auditdash.store.feeds.connections import Feed
from auditdash.store.feeds.echo_tests import EchoTest
from tests.fake_mode import FakeMode, problem
from tests.ingest.pulls import Puller, Time


@pytest.fixture
def puller(engine: Engine, settings: Settings, workspace_id: int) -> Iterator[Puller]:
    with FakeMode() as mode:
        puller = Puller(engine, settings, workspace_id, mode, Time())
        puller.pull_well()
        puller.time.pass_(30 * SECOND)
        yield puller


def feed_of(puller: Puller) -> Feed:
    with reading(puller.engine) as connection:
        (feed,) = connections.find_all(connection, puller.workspace_id)
    return feed


def ask(puller: Puller) -> int:
    with writing(puller.engine) as connection:
        return ask_for_test(connection, feed_of(puller), "alice", puller.time.now)


def run(puller: Puller) -> EchoTest:
    """As the command line does; a reading takes time."""
    around, number = puller.time.around(), ask(puller)
    return run_test(puller.engine, puller.settings, number, around)


def test_an_echo_is_known_by_its_mark_and_else_by_its_time(puller: Puller) -> None:
    tried = run(puller)
    assert (tried.state, tried.said[-9:]) == ("back", "its time.")
    assert tried.read_at
    assert tried.found_at == tried.read_at + 10 * SECOND
    puller.mode.tells_agent = True
    puller.time.pass_(MINUTE)
    tried = run(puller)
    assert (tried.state, tried.said[-9:]) == ("back", "its mark.")
    assert "came back after 10 s" in tried.said


def test_the_reading_of_another_pull_is_no_echo(puller: Puller) -> None:
    puller.mode.tells_agent = True
    puller.pull_well()  # whose own echo comes with the first pull of the test
    puller.time.pass_(SECOND)
    number, around = ask(puller), puller.time.around()
    puller.mode.echo = False
    tried = run_test(puller.engine, puller.settings, number, around)
    assert tried.state == "lost"
    assert "within 15 min no event told of it" in tried.said
    pulls = len(puller.mode.seen)
    assert pulls < 25


def test_a_mode_that_cannot_be_read_is_said_so(puller: Puller) -> None:
    puller.mode.script.append(problem(403, "no", "Not <b> now"))
    tried = run(puller)
    assert tried.state == "failed"
    assert "could not be read" in tried.said
    assert "forbids" in tried.said


def test_the_worker_takes_each_step_once_and_one_test_at_a_time(puller: Puller) -> None:
    number = ask(puller)
    with pytest.raises(BadInput, match="under way"):
        ask(puller)
    around = puller.time.around()
    seen = len(puller.mode.seen)
    assert step_next(puller.engine, puller.settings, around)
    assert not step_next(puller.engine, puller.settings, around)
    assert len(puller.mode.seen) == seen + 1
    assert feed_of(puller).next_at == puller.time.now
    puller.time.pass_(10 * SECOND)
    puller.pull_well()
    assert step_next(puller.engine, puller.settings, around)
    assert find_again(puller.engine, number).state == "back"
    with writing(puller.engine) as connection:
        connections.set_paused(connection, puller.feed_id, True, puller.time.now)
    with pytest.raises(BadInput, match="paused"):
        ask(puller)
