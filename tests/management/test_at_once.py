"""Two who make the same thing at the same moment: one makes it, the other is told so."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine

from auditdash.accounts.memberships import find_member, grant_role
from auditdash.accounts.people import create_person, find_person
from auditdash.accounts.roles import ADMIN, AUDITOR, VIEWER, Role
from auditdash.accounts.workspaces import found_workspace
from auditdash.cli.house import only_real
from auditdash.events.errors import BadInput
from auditdash.ingest.accesses import Act
from auditdash.ingest.demo_workspace import load_demo
from auditdash.management.members import invite
from auditdash.store.engine import reading, writing
from auditdash.store.workspaces import create_workspace, find_workspace, list_workspaces
from tests.make import NOW


def _at_once(
    engine: Engine,
    first: Callable[[Connection], object],
    second: Callable[[Connection], object],
) -> object:
    """What the second answers or raises, who comes while the first has not committed."""

    def come() -> object:
        with writing(engine) as connection:
            return second(connection)

    return _while_open(engine, first, come)


def _while_open(
    engine: Engine, first: Callable[[Connection], object], second: Callable[[], object]
) -> object:
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            first(connection)
            other = pool.submit(second)
            time.sleep(0.2)  # time enough to go wrong
        return other.result()


@pytest.mark.parametrize("is_known", [False, True], ids=["new", "known"])
def test_of_two_who_invite_the_same_person_the_second_is_told(
    engine: Engine, workspace_id: int, is_known: bool
) -> None:
    with writing(engine) as connection:
        workspace = find_workspace(connection, workspace_id)
        assert workspace is not None
        if is_known:
            create_person(connection, "carol", "Carol", NOW, "hash")
    act = Act(workspace=workspace, actor={}, now=NOW)

    def invited(connection: Connection, role: Role = AUDITOR) -> object:
        return invite(connection, act, by=None, username="carol", name="Carol", role=role)

    with pytest.raises(BadInput, match="carol is a member already"):
        _at_once(engine, invited, lambda connection: invited(connection, VIEWER))
    with reading(engine) as connection:
        carol = find_person(connection, "carol")
        assert carol is not None
        member = find_member(connection, carol.id, workspace_id)
        assert member is not None
        assert member.role == "auditor"


def test_of_two_who_take_the_same_username_the_second_is_told(engine: Engine) -> None:
    def make(connection: Connection) -> object:
        return create_person(connection, "carol", "Carol", NOW)

    with pytest.raises(BadInput, match="carol is already taken"):
        _at_once(engine, make, make)


def test_two_who_found_a_workspace_of_one_name_have_two(engine: Engine) -> None:
    def found(connection: Connection) -> object:
        return found_workspace(connection, "Acme", "UTC", NOW)

    _at_once(engine, found, found)
    with reading(engine) as connection:
        assert [each.slug for each in list_workspaces(connection)] == ["acme", "acme-2"]


def test_the_second_role_of_a_moment_holds(engine: Engine, workspace_id: int) -> None:
    with writing(engine) as connection:
        carol = create_person(connection, "carol", "Carol", NOW, "hash")

    def give(connection: Connection, role: Role = VIEWER) -> None:
        grant_role(connection, carol, workspace_id, role, NOW)

    _at_once(engine, give, lambda connection: give(connection, ADMIN))
    with reading(engine) as connection:
        member = find_member(connection, carol, workspace_id)
    assert member is not None
    assert member.role == "admin"


def test_what_is_made_by_itself_is_made_once(engine: Engine) -> None:
    def make(connection: Connection) -> object:
        return only_real(connection, "UTC").id

    _at_once(engine, make, make)
    with reading(engine) as connection:
        assert [each.slug for each in list_workspaces(connection)] == ["workspace"]


def test_the_demo_is_begun_once(engine: Engine) -> None:
    def begin(connection: Connection) -> object:
        return create_workspace(
            connection, slug="demo", name="Demo", kind="demo", zone="UTC", now=NOW
        )

    # The other one is not even asked to fill it: who was first has not committed a receipt.
    assert _while_open(engine, begin, lambda: list(load_demo(engine, NOW))) == []
