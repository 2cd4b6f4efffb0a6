import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from auditdash.accounts.people import (
    LastPerson,
    count_people,
    create_person,
    disable_person,
    enable_person,
    find_person,
    find_person_by_id,
    list_people,
    parse_name,
    parse_username,
    set_password_hash,
)
from auditdash.accounts.sessions import find_session, start_session
from auditdash.events.errors import BadInput
from auditdash.store.engine import reading, writing
from tests.make import NOW


def test_a_hash_that_is_made_anew_brings_no_password_of_before_back(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW, "changed meanwhile")
        set_password_hash(connection, alice, "newer", instead_of="hash")
        person = find_person_by_id(connection, alice)
    assert person is not None
    assert person.password_hash == "changed meanwhile"


def test_a_person_is_found_whatever_the_case_of_the_name(engine: Engine) -> None:
    with writing(engine) as connection:
        person_id = create_person(connection, "Alice", "Alice  Adams", NOW, "hash")
    with reading(engine) as connection:
        person = find_person(connection, " ALICE ")
        assert person == find_person_by_id(connection, person_id)
        assert count_people(connection) == 1
    assert person is not None
    assert (person.username, person.name, person.password_hash) == ("alice", "Alice Adams", "hash")


def test_a_username_belongs_to_one_person(engine: Engine) -> None:
    with writing(engine) as connection:
        create_person(connection, "alice", "Alice", NOW)
        with pytest.raises(BadInput, match="already taken"):
            create_person(connection, "ALICE", "Another", NOW)


@pytest.mark.parametrize("text", ["", "a b", "-a", "a\nb", "a" * 101, "<b>", "ålice", "a\x00b"])
def test_what_is_no_username_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="username"):
        parse_username(text)


@pytest.mark.parametrize("text", ["", "\x00", "\udcff", "x" * 100_000, "' OR 1=1 --"])
def test_nobody_is_found_by_what_is_no_username(engine: Engine, text: str) -> None:
    with writing(engine) as connection:
        create_person(connection, "alice", "Alice", NOW)
        assert find_person(connection, text) is None


@pytest.mark.parametrize("text", ["", "   ", "a" * 201, "a\x00b", "a\u202eb"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="name"):
        parse_name(text)


def test_names_of_all_scripts_are_names() -> None:
    assert parse_name("  Zoë   佐藤 ") == "Zoë 佐藤"


def test_a_disabled_person_loses_their_sessions_and_comes_back_enabled(engine: Engine) -> None:
    with writing(engine) as connection:
        create_person(connection, "alice", "Alice", NOW, "hash")
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        token = start_session(connection, bob, NOW)
        disable_person(connection, bob, NOW)
        assert find_session(connection, token, NOW) is None
        enable_person(connection, bob)
        assert find_session(connection, token, NOW) is None
        assert [person.disabled_at for person in list_people(connection)] == [None, None]


def test_the_last_person_who_can_sign_in_stays(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW, "hash")
        bob = create_person(connection, "bob", "Bob", NOW)  # has not chosen a password yet
        with pytest.raises(LastPerson):
            disable_person(connection, alice, NOW)
        set_password_hash(connection, bob, "hash")
        disable_person(connection, alice, NOW)
        with pytest.raises(LastPerson):
            disable_person(connection, bob, NOW)
        person = find_person(connection, "bob")
    assert person is not None
    assert person.disabled_at is None


def test_two_who_disable_each_other_at_once_do_not_both_go(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW, "hash")
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            disable_person(connection, alice, NOW)
            other = pool.submit(_disable, engine, bob)
            time.sleep(0.3)  # time enough to go wrong: the other one has to wait for our commit
        with pytest.raises(LastPerson):
            other.result()
    with reading(engine) as connection:
        states = [person.disabled_at is None for person in list_people(connection)]
    assert states == [False, True]


def _disable(engine: Engine, person_id: int) -> None:
    with writing(engine) as connection:
        disable_person(connection, person_id, NOW)
