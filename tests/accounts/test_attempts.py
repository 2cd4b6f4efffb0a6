from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select

from auditdash.accounts.attempts import (
    FREE_ATTEMPTS,
    begin_attempt,
    forget_attempts,
    wait_after,
)
from auditdash.events.instants import DAY, MINUTE, SECOND, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import login_failures
from tests.make import NOW


def _begin(engine: Engine, username: str = "alice", now: int = NOW) -> Instant | None:
    with writing(engine) as connection:
        return begin_attempt(connection, username, Instant(now))


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (99, 900), (10**9, 900)],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert wait_after(failures) == seconds * SECOND


def test_after_five_wrong_passwords_a_name_waits(engine: Engine) -> None:
    assert [_begin(engine) for _ in range(FREE_ATTEMPTS)] == [None] * FREE_ATTEMPTS
    assert _begin(engine, " ALICE ") == NOW + 30 * SECOND
    assert _begin(engine, now=NOW + 30 * SECOND - 1) == NOW + 30 * SECOND
    assert _begin(engine, now=NOW + 30 * SECOND) is None
    assert _begin(engine, now=NOW + 30 * SECOND) == NOW + 90 * SECOND


def test_waiting_is_not_lengthened_by_trying(engine: Engine) -> None:
    for _ in range(FREE_ATTEMPTS + 50):
        _begin(engine)
    assert _begin(engine, now=NOW + 30 * SECOND) is None


def test_a_right_password_begins_anew(engine: Engine) -> None:
    for _ in range(FREE_ATTEMPTS):
        _begin(engine)
    with writing(engine) as connection:
        forget_attempts(connection, "Alice")
    assert _begin(engine) is None


def test_names_wait_apart(engine: Engine) -> None:
    for _ in range(FREE_ATTEMPTS):
        _begin(engine)
    assert _begin(engine, "bob") is None


@pytest.mark.parametrize("name", ["", "\x00", "\ud800", "x" * 100_000])
def test_any_name_can_be_counted(engine: Engine, name: str) -> None:
    assert [_begin(engine, name) for _ in range(FREE_ATTEMPTS)][-1] is None
    assert _begin(engine, name) is not None


def test_many_at_once_are_many(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _begin(engine), range(24)))
    assert answers.count(None) == FREE_ATTEMPTS


def test_old_counts_are_cleared_away(engine: Engine) -> None:
    for name in ("alice", "bob"):
        _begin(engine, name)
    _begin(engine, "carol", NOW + DAY + MINUTE)
    with reading(engine) as connection:
        names = connection.execute(select(login_failures.c.username)).scalars().all()
    assert names == ["carol"]
