from sqlalchemy import Connection, Engine

from auditdash.accounts.memberships import find_memberships, grant_role
from auditdash.accounts.people import create_person
from auditdash.accounts.roles import ADMIN, VIEWER
from auditdash.accounts.workspaces import (
    administer_all,
    first_workspace,
    found_workspace,
    is_founded,
)
from auditdash.ingest.intake import open_receipt, take
from auditdash.ingest.parse import Piece
from auditdash.store.engine import writing
from auditdash.store.workspaces import list_workspaces
from tests.databases import add_workspace
from tests.make import NOW, make_raw, make_record, store


def test_the_demo_does_not_count_as_founded(engine: Engine) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "demo", "Demo", "demo")
        assert not is_founded(connection)
        found_workspace(connection, "Acme", "UTC", NOW)
        assert is_founded(connection)


def test_a_workspace_gets_a_free_slug_of_its_name(engine: Engine) -> None:
    names = ["Zoë & Söhne", "Zoe sohne", "株式会社", "!!!", "x" * 100]
    with writing(engine) as connection:
        for name in names:
            found_workspace(connection, name, "UTC", NOW)
        slugs = [each.slug for each in list_workspaces(connection)]
    assert slugs == ["zoe-sohne", "zoe-sohne-2", "workspace", "workspace-2", "x" * 40]


def test_a_reader_begins_where_there_is_something_to_read(engine: Engine) -> None:
    with writing(engine) as connection:
        acme = add_workspace(connection, "acme", "Acme")
        store(connection, add_workspace(connection, "other", "Not hers"), make_record())
        demo = add_workspace(connection, "demo", "Demo", "demo")
        alice = create_person(connection, "alice", "Alice", NOW)
        grant_role(connection, alice, acme, VIEWER, NOW)
        assert _first(connection, alice) == acme
        intake = open_receipt(
            connection, workspace_id=demo, source="mode", channel="demo", name="demo", now=NOW
        )
        take(connection, intake, [Piece("item 1", make_raw())])
        assert _first(connection, alice) == demo
        store(connection, acme, make_record())
        assert _first(connection, alice) == acme


def test_who_is_a_member_nowhere_begins_nowhere(engine: Engine) -> None:
    with writing(engine) as connection:
        add_workspace(connection, "acme", "Acme")
        alice = create_person(connection, "alice", "Alice", NOW)
        assert first_workspace(connection, alice, NOW) is None


def test_the_first_person_looks_after_all_there_is(engine: Engine) -> None:
    with writing(engine) as connection:
        ids = [add_workspace(connection, slug, slug) for slug in ("acme", "other")]
        demo = add_workspace(connection, "demo", "Demo", "demo")
        alice = create_person(connection, "alice", "Alice", NOW)
        administer_all(connection, alice, NOW)
        found = find_memberships(connection, alice, NOW)
    assert [(each.workspace.id, each.role) for each in found] == [
        (each, ADMIN) for each in (*ids, demo)
    ]


def _first(connection: Connection, person_id: int) -> int | None:
    found = first_workspace(connection, person_id, NOW)
    return found.id if found else None
