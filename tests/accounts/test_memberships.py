from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine

from auditdash.accounts.admins import LastAdmin, has_admin
from auditdash.accounts.memberships import (
    Limits,
    find_memberships,
    grant_role,
    remove_member,
    touch_membership,
)
from auditdash.accounts.people import create_person, disable_person
from auditdash.accounts.roles import ADMIN, AUDITOR, OFFICER, ROLES, VIEWER, Role, parse_role
from auditdash.events.errors import BadInput
from auditdash.events.instants import DAY, Instant
from auditdash.store.engine import reading, writing
from tests.databases import add_workspace
from tests.make import NOW

_LATER = Instant(NOW + DAY)


@pytest.fixture
def people(engine: Engine, workspace_id: int) -> tuple[int, int]:
    """Alice and Bob, admins of acme."""
    with writing(engine) as connection:
        both = [create_person(connection, name, name, NOW, "hash") for name in ("alice", "bob")]
        for each in both:
            grant_role(connection, each, workspace_id, ADMIN, NOW)
    return both[0], both[1]


def _found(connection: Connection, person_id: int, now: Instant = NOW) -> list[tuple[str, Role]]:
    found = find_memberships(connection, person_id, now)
    return [(each.workspace.slug, each.role) for each in found]


def test_a_person_sees_the_workspaces_of_theirs_and_the_demo(
    engine: Engine, workspace_id: int, people: tuple[int, int]
) -> None:
    with writing(engine) as connection:
        other = add_workspace(connection, "other", "Other")
        add_workspace(connection, "demo", "Demo", "demo")
        add_workspace(connection, "third", "Nobody's")
        carol = create_person(connection, "carol", "Carol", NOW)
        assert _found(connection, carol) == [("demo", VIEWER)]
        grant_role(connection, carol, other, VIEWER, NOW)
        assert _found(connection, carol) == [("other", VIEWER), ("demo", OFFICER)]
        assert _found(connection, people[0]) == [("acme", ADMIN), ("demo", ADMIN)]
        grant_role(connection, carol, other, ADMIN, NOW)
        assert _found(connection, carol) == [("other", ADMIN), ("demo", ADMIN)]
        assert remove_member(connection, people[0], workspace_id)
        assert not remove_member(connection, people[0], workspace_id)
        assert _found(connection, people[0]) == [("demo", VIEWER)]


def test_a_guest_sees_one_room_until_its_end(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "demo", "Demo", "demo")
        gina = create_person(connection, "gina", "Gina", NOW)
        limits = Limits(query="op:export", period_end=NOW, expires_at=_LATER, addresses=True)
        grant_role(connection, gina, workspace_id, AUDITOR, NOW, limits, guest=True)
        [found] = find_memberships(connection, gina, Instant(_LATER - 1))
        assert (found.limits, found.guest, found.is_limited) == (limits, True, True)
        assert find_memberships(connection, gina, _LATER) == []


def test_when_somebody_was_seen_is_kept(
    engine: Engine, workspace_id: int, people: tuple[int, int]
) -> None:
    with writing(engine) as connection:
        touch_membership(connection, people[0], workspace_id, NOW)
        found = [find_memberships(connection, each, NOW)[0].seen_at for each in people]
    assert found == [NOW, None]


@pytest.mark.parametrize("role", [ADMIN, OFFICER])
def test_who_does_everything_sees_everything(
    engine: Engine, workspace_id: int, people: tuple[int, int], role: Role
) -> None:
    for limits in (Limits(query="op:export"), Limits(period_start=NOW), Limits(period_end=NOW)):
        with pytest.raises(BadInput, match="everything"), writing(engine) as connection:
            grant_role(connection, people[1], workspace_id, role, NOW, limits)


def test_an_admin_has_no_end(engine: Engine, workspace_id: int, people: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="no end"), writing(engine) as connection:
        grant_role(connection, people[1], workspace_id, ADMIN, NOW, Limits(expires_at=_LATER))


_LEAVING: dict[str, Callable[[Connection, int, int], object]] = {
    "removed": remove_member,
    "demoted": lambda connection, person, workspace: grant_role(
        connection, person, workspace, VIEWER, NOW
    ),
    "disabled": lambda connection, person, _: disable_person(connection, person, NOW),
}


@pytest.mark.parametrize("how", _LEAVING)
def test_the_last_admin_stays(
    engine: Engine, workspace_id: int, people: tuple[int, int], how: str
) -> None:
    with writing(engine) as connection:
        create_person(connection, "dave", "Dave", NOW, "hash")  # can sign in, and is no admin
        carol = create_person(connection, "carol", "Has not begun", NOW)
        grant_role(connection, carol, workspace_id, ADMIN, NOW)
        _LEAVING[how](connection, people[0], workspace_id)
    with pytest.raises(LastAdmin), writing(engine) as connection:
        _LEAVING[how](connection, people[1], workspace_id)
    with reading(engine) as connection:
        assert has_admin(connection, workspace_id)


@pytest.mark.parametrize("first", _LEAVING)
@pytest.mark.parametrize("second", _LEAVING)
def test_of_two_admins_who_leave_at_once_one_stays(
    engine: Engine, workspace_id: int, people: tuple[int, int], first: str, second: str
) -> None:
    with writing(engine) as connection:  # so that nobody is the last who can sign in
        create_person(connection, "carol", "Carol", NOW, "hash")
    together = Barrier(2)

    def leave(person: int, how: str) -> bool:
        together.wait()
        try:
            with writing(engine) as connection:
                _LEAVING[how](connection, person, workspace_id)
        except LastAdmin:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(leave, people, (first, second)))
    assert sorted(done) == [False, True]
    with reading(engine) as connection:
        assert has_admin(connection, workspace_id)


def test_roles_are_told_by_their_names() -> None:
    assert [parse_role(f" {name.upper()} ") for name in ROLES] == list(ROLES.values())
    with pytest.raises(BadInput, match="root"):
        parse_role("root")
