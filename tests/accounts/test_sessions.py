from sqlalchemy import Engine, select

from auditdash.accounts.people import create_person, disable_person
from auditdash.accounts.sessions import (
    RECENT,
    Entrance,
    Limits,
    Session,
    choose_workspace,
    end_session,
    end_session_of,
    end_sessions_of,
    find_session,
    list_sessions,
    renew_session,
    start_session,
    touch_session,
)
from auditdash.events.instants import HOUR, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import sessions
from tests.make import NOW


def _alice(engine: Engine) -> int:
    with writing(engine) as connection:
        return create_person(connection, "alice", "Alice", NOW, "hash")


def _start(engine: Engine, person_id: int, now: Instant = NOW, replaces: str | None = None) -> str:
    with writing(engine) as connection:
        return start_session(connection, person_id, now, replaces=replaces)


def _find(engine: Engine, token: str, now: int = NOW) -> Session | None:
    with reading(engine) as connection:
        return find_session(connection, token, Instant(now))


def test_a_session_says_whose_it_is(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    session = _find(engine, token)
    assert session is not None
    assert (session.username, session.name, session.workspace_id) == ("alice", "Alice", None)
    assert len(session.csrf_token) >= 43


def test_the_store_has_no_token(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    with reading(engine) as connection:
        row = connection.execute(select(sessions)).one()
    assert token.encode() not in bytes(row.token_hash)
    assert token not in repr(row)


def test_a_session_ends_when_it_is_not_used(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    assert _find(engine, token, NOW + Limits().idle - 1) is not None
    assert _find(engine, token, NOW + Limits().idle) is None


def test_a_session_ends_after_seven_days_however_busy(engine: Engine) -> None:
    token, now = _start(engine, _alice(engine)), NOW
    while (session := _find(engine, token, now)) is not None:
        assert session.needs_touch(Instant(now + 6 * HOUR))
        now = Instant(now + 6 * HOUR)
        with writing(engine) as connection:
            touch_session(connection, session, now)
    assert now - NOW == Limits().absolute


def test_a_page_view_shortly_after_another_needs_no_write(engine: Engine) -> None:
    session = _find(engine, _start(engine, _alice(engine)))
    assert session is not None
    assert not session.needs_touch(Instant(NOW + HOUR // 60))


def test_a_new_login_ends_the_session_it_replaces(engine: Engine) -> None:
    alice = _alice(engine)
    old = _start(engine, alice)
    new = _start(engine, alice, replaces=old)
    assert new != old
    assert _find(engine, old) is None
    assert _find(engine, new) is not None


def test_logging_out_ends_this_session_alone(engine: Engine) -> None:
    alice = _alice(engine)
    here, there = _start(engine, alice), _start(engine, alice)
    with writing(engine) as connection:
        end_session(connection, here)
    assert _find(engine, here) is None
    assert _find(engine, there) is not None


def test_a_new_password_ends_every_other_session(engine: Engine) -> None:
    alice = _alice(engine)
    here, there = _start(engine, alice), _start(engine, alice)
    with writing(engine) as connection:
        end_sessions_of(connection, alice, but=find_session(connection, here, NOW))
    assert _find(engine, here) is not None
    assert _find(engine, there) is None
    with writing(engine) as connection:
        end_sessions_of(connection, alice)
    assert _find(engine, here) is None


def test_the_chosen_workspace_is_remembered(engine: Engine, workspace_id: int) -> None:
    token = _start(engine, _alice(engine))
    with writing(engine) as connection:
        session = find_session(connection, token, NOW)
        assert session is not None
        choose_workspace(connection, session, workspace_id)
    found = _find(engine, token)
    assert found is not None
    assert found.workspace_id == workspace_id


def test_sessions_that_are_over_are_cleared_away(engine: Engine) -> None:
    alice = _alice(engine)
    _start(engine, alice)
    _start(engine, alice, Instant(NOW + Limits().idle))
    with reading(engine) as connection:
        assert len(connection.execute(select(sessions)).all()) == 1


def test_a_disabled_person_has_no_session_however_it_began(engine: Engine) -> None:
    alice = _alice(engine)
    with writing(engine) as connection:
        create_person(connection, "bob", "Bob", NOW, "hash")
        disable_person(connection, alice, NOW)
    assert _find(engine, _start(engine, alice)) is None


def test_a_shorter_limit_ends_sessions_that_are_there(engine: Engine) -> None:
    token = _start(engine, _alice(engine))
    with reading(engine) as connection:
        for limits, lives in ((Limits(HOUR, 9 * HOUR), True), (Limits(9 * HOUR, HOUR), False)):
            later = Instant(NOW + HOUR - (1 if lives else 0))
            assert (find_session(connection, token, later, limits) is not None) == lives


def test_a_session_says_from_where_and_how_it_was_begun(engine: Engine) -> None:
    alice = _alice(engine)
    entrance = Entrance(method="password+app", ip="203.0.113.9", user_agent="\x00" + "x" * 3000)
    with writing(engine) as connection:
        token = start_session(connection, alice, NOW, entrance=entrance)
        session = find_session(connection, token, NOW)
        assert session is not None
        touch_session(connection, session, Instant(NOW + HOUR), "198.51.100.7", "Firefox")
    assert (session.method, session.ip) == ("password+app", "203.0.113.9")
    assert len(session.user_agent) < 600
    seen = _find(engine, token, NOW + HOUR)
    assert seen is not None
    assert (seen.ip, seen.user_agent, seen.seen_at) == ("198.51.100.7", "Firefox", NOW + HOUR)


def test_a_renewed_session_has_another_token_and_is_recent_again(engine: Engine) -> None:
    old = _start(engine, _alice(engine))
    session, later = _find(engine, old), Instant(NOW + RECENT + 1)
    assert session is not None
    assert session.is_recent(Instant(NOW + RECENT))
    assert not session.is_recent(later)
    with writing(engine) as connection:
        found = renew_session(connection, session, later, "password+app")
        assert renew_session(connection, session, later) is None
    assert found is not None
    assert _find(engine, old, later) is None
    renewed = _find(engine, found[0], later)
    assert renewed == found[1]
    assert renewed.is_recent(later)
    assert renewed.method == "password+app"
    assert renewed.csrf_token == session.csrf_token
    assert renewed.expires_at == session.expires_at


def test_a_session_is_ended_by_its_handle_by_its_owner_alone(engine: Engine) -> None:
    alice = _alice(engine)
    tokens = [_start(engine, alice, Instant(NOW + number)) for number in range(3)]
    with writing(engine) as connection:
        bob = create_person(connection, "bob", "Bob", NOW, "hash")
        start_session(connection, bob, NOW)
        newest, middle, oldest = list_sessions(connection, alice, NOW)
        assert oldest.created_at < middle.created_at < newest.created_at
        for handle in ("", "x", "f" * 64, "\ud800" * 64, middle.handle[:-1]):
            assert not end_session_of(connection, alice, handle)
        assert not end_session_of(connection, bob, middle.handle)
        assert end_session_of(connection, alice, middle.handle)
        assert not end_session_of(connection, alice, middle.handle)
        assert len(list_sessions(connection, alice, NOW)) == 2
    assert [_find(engine, token) is not None for token in tokens] == [True, False, True]
