"""What is made before anybody asks is what the first reader finds."""

from __future__ import annotations

import random
from threading import Event as Flag

import pytest
from sqlalchemy import Engine

from auditdash.queries.access import picture
from auditdash.queries.beforehand import summaries as warming
from auditdash.queries.exports.kept import whole
from auditdash.queries.permissions import ledger
from auditdash.queries.sight.views import open_view
from auditdash.search.scope import Scope
from auditdash.store.engine import reading, writing
from tests.make import NOW, make_record, store
from tests.queries.access_events import random_changes


def test_what_was_made_is_not_made_again_for_the_first_reader(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as connection:
        export = make_record(id="export", action="export_data_report_exported_csv")
        store(connection, workspace_id, export, *random_changes(random.Random(3), 9))
    monkeypatch.setattr(warming, "WORTH", 1)
    warming.warm_summaries(engine, Flag(), lambda: NOW)
    for module, name in ((whole, "_grown"), (ledger, "_make"), (picture, "replay")):
        monkeypatch.delattr(module, name)  # whoever makes it again fails
    with reading(engine) as connection:
        view = open_view(connection, Scope(workspace_id=workspace_id))
        assert len(whole.whole_of(view, view.zone)) == 1
        assert len(ledger.ledger_of(view)[1])
        assert len(picture.find_picture(view).facts)


def test_a_process_that_ends_makes_nothing_more(
    engine: Engine, workspace_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as connection:
        store(connection, workspace_id, *random_changes(random.Random(3), 2))
    monkeypatch.setattr(warming, "WORTH", 1)
    monkeypatch.delattr(whole, "_grown")
    stop = Flag()
    stop.set()
    warming.warm_summaries(engine, stop, lambda: NOW)
