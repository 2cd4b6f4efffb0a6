from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select

from auditdash.accounts.attempts import (
    FORGIVEN_EVERY,
    FREE_ATTEMPTS,
    FREE_OF_NETWORK,
    begin_attempt,
    end_attempt,
    forget_attempts,
    network_of,
    wait_after,
)
from auditdash.accounts.browsers import forget_browsers, is_known_browser, know_browser
from auditdash.accounts.people import create_person
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


def _from(engine: Engine, address: str, number: int, now: int = NOW) -> Instant | None:
    with writing(engine) as connection:
        return begin_attempt(connection, f"name-{number}", Instant(now), address)


def test_a_network_that_tries_name_after_name_waits_for_seconds(engine: Engine) -> None:
    tries = [_from(engine, "203.0.113.9", number) for number in range(FREE_OF_NETWORK + 3)]
    assert tries == [None] * FREE_OF_NETWORK + [NOW + FORGIVEN_EVERY] * 3
    assert _from(engine, "203.0.113.10", 1) is None
    assert _from(engine, "203.0.113.9", 100, NOW + FORGIVEN_EVERY) is None
    assert _from(engine, "203.0.113.9", 101, NOW + FORGIVEN_EVERY) == NOW + 2 * FORGIVEN_EVERY
    assert _from(engine, "203.0.113.9", 102, NOW + DAY) is None


def test_who_is_right_costs_a_network_nothing(engine: Engine) -> None:
    for number in range(FREE_OF_NETWORK * 2):
        assert _from(engine, "203.0.113.9", number) is None
        with writing(engine) as connection:
            end_attempt(connection, f"name-{number}", NOW, "203.0.113.9")


def test_a_network_of_ipv6_is_the_house(engine: Engine) -> None:
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") != ""
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")
    assert network_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert {network_of(odd) for odd in ("", "unix", "\x00", "1.2.3.4.5")} == {""}


def test_a_browser_of_before_does_not_wait_for_what_others_try(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW, "hash")
        create_person(connection, "bob", "Bob", NOW, "hash")
        browser = know_browser(connection, "", alice, NOW)
        assert know_browser(connection, browser, alice, NOW) == browser
    for number in range(FREE_OF_NETWORK):
        _from(engine, "203.0.113.9", number)
    for _ in range(FREE_ATTEMPTS):
        _begin(engine)
    with writing(engine) as connection:

        def begin(name: str, token: str) -> Instant | None:
            return begin_attempt(connection, name, NOW, "203.0.113.9", token)

        for name, token in (("alice", ""), ("alice", "x"), ("alice", "\ud800"), ("bob", browser)):
            assert begin(name, token) is not None
        assert [begin("Alice", browser) for _ in range(FREE_ATTEMPTS)] == [None] * FREE_ATTEMPTS
        assert begin("alice", browser) is not None
        end_attempt(connection, "alice", NOW, "203.0.113.9", browser)
        assert begin("alice", browser) is None
        assert begin("carol", "") is not None
        forget_browsers(connection, alice)
        assert not is_known_browser(connection, browser, "alice", NOW)
