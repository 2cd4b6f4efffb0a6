from sqlalchemy import Engine, select

from auditdash.accounts.people import create_person
from auditdash.accounts.setup import (
    LIFETIME,
    SetupLink,
    create_setup_link,
    find_setup_link,
    first_setup_link,
    use_setup_link,
)
from auditdash.events.instants import Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import setup_links
from tests.make import NOW


def _token(path: str | None) -> str:
    assert path is not None
    assert path.startswith("/setup/")
    return path.removeprefix("/setup/")


def test_the_first_start_has_a_link_until_there_is_a_person(engine: Engine) -> None:
    with writing(engine) as connection:
        token = _token(first_setup_link(connection, NOW))
        assert find_setup_link(connection, token, NOW) == SetupLink(None)
        create_person(connection, "alice", "Alice", NOW)
        assert first_setup_link(connection, NOW) is None
        assert find_setup_link(connection, token, NOW) is None
        assert use_setup_link(connection, token, NOW) is None


def test_a_link_opens_once(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW)
        token = _token(create_setup_link(connection, alice, NOW))
        assert use_setup_link(connection, token, NOW) == SetupLink(alice)
        assert use_setup_link(connection, token, NOW) is None
        assert find_setup_link(connection, token, NOW) is None


def test_a_link_opens_for_a_day(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW)
        token = _token(create_setup_link(connection, alice, NOW))
        assert find_setup_link(connection, token, Instant(NOW + LIFETIME - 1)) is not None
        assert find_setup_link(connection, token, Instant(NOW + LIFETIME)) is None
        assert use_setup_link(connection, token, Instant(NOW + LIFETIME)) is None


def test_a_newer_link_closes_the_older_one_of_the_same_person(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW)
        bob = create_person(connection, "bob", "Bob", NOW)
        for_bob = _token(create_setup_link(connection, bob, NOW))
        old = _token(create_setup_link(connection, alice, NOW))
        new = _token(create_setup_link(connection, alice, NOW))
        assert find_setup_link(connection, old, NOW) is None
        assert find_setup_link(connection, new, NOW) == SetupLink(alice)
        assert find_setup_link(connection, for_bob, NOW) == SetupLink(bob)


def test_the_newest_first_link_is_the_one_that_opens(engine: Engine) -> None:
    with writing(engine) as connection:
        old = _token(first_setup_link(connection, NOW))
        new = _token(first_setup_link(connection, NOW))
        assert find_setup_link(connection, old, NOW) is None
        assert find_setup_link(connection, new, NOW) == SetupLink(None)


def test_the_store_has_no_link(engine: Engine) -> None:
    with writing(engine) as connection:
        token = _token(first_setup_link(connection, NOW))
    with reading(engine) as connection:
        assert token not in repr(connection.execute(select(setup_links)).one())
