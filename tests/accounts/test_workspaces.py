from sqlalchemy import Engine

from auditdash.accounts.workspaces import first_workspace, found_workspace, is_founded
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
        demo = add_workspace(connection, "demo", "Demo", "demo")
        assert first_workspace(connection, "UTC", NOW).id == acme
        intake = open_receipt(
            connection, workspace_id=demo, source="mode", channel="demo", name="demo", now=NOW
        )
        take(connection, intake, [Piece("item 1", make_raw())])
        assert first_workspace(connection, "UTC", NOW).id == demo
        store(connection, acme, make_record())
        assert first_workspace(connection, "UTC", NOW).id == acme


def test_an_installation_without_any_gets_one(engine: Engine) -> None:
    with writing(engine) as connection:
        workspace = first_workspace(connection, "Europe/Berlin", NOW)
        assert (workspace.kind, workspace.zone) == ("real", "Europe/Berlin")
        assert first_workspace(connection, "UTC", NOW) == workspace
