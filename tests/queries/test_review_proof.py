"""What proves that a decision was done: the later events, and what came back."""

from __future__ import annotations

import pytest
from msgspec import structs
from sqlalchemy import Engine

from auditdash.events.instants import Instant, parse_instant, to_rfc3339
from auditdash.queries.access.rows import open_sight
from auditdash.queries.reviewing.own import is_same
from auditdash.queries.reviewing.proof import Proofs
from auditdash.search.scope import Scope
from auditdash.store.campaigns.rows import Decision, Line
from auditdash.store.engine import reading, writing
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store

_DECIDED = parse_instant("2026-03-10T00:00:00Z")
_GIVE, _TAKE, _CHANGE = (
    f"connection_member_{deed}" for deed in ("added_with_role", "removed", "access_changed")
)
_NOTHING = dict.fromkeys(Line.__struct_fields__)
_LINE = Line(
    **_NOTHING  # type: ignore[arg-type]  # by name
    | {
        "line": 1,
        "subject_kind": "member",
        "subject_id": "u1",
        "object_kind": "connection",
        "object_id": "c1",
        "through": "direct",
        "note": "",
    }
)


@ON_SQLITE
@pytest.mark.parametrize(
    ("decision", "acts", "state", "told", "back"),
    [
        ("remove", [(1, _GIVE, "view")], "open", 0, 0),
        ("remove", [(1, _GIVE, "view"), (12, _CHANGE, "query")], "open", 0, 0),
        ("remove", [(1, _GIVE, "view"), (12, _TAKE, "")], "done", 2, 0),
        ("remove", [(1, _GIVE, "view"), (9, _TAKE, "")], "early", 2, 0),
        ("remove", [(1, _GIVE, "view"), (12, _TAKE, ""), (14, _GIVE, "view")], "back", 2, 3),
        ("remove", [(1, _GIVE, "view"), (8, _TAKE, ""), (9, _GIVE, "view")], "open", 0, 0),
        (
            "remove",
            [(1, _GIVE, "view"), (12, _TAKE, ""), (14, _GIVE, "view"), (15, _TAKE, "")],
            "done",
            4,
            0,
        ),
        (
            "remove",
            [(1, _GIVE, "view"), (12, _TAKE, ""), (14, _GIVE, "view"), (15, _CHANGE, "query")],
            "back",
            2,
            3,
        ),
        ("change", [(1, _GIVE, "manage")], "open", 0, 0),
        ("change", [(1, _GIVE, "manage"), (12, _CHANGE, "query")], "open", 0, 0),
        ("change", [(1, _GIVE, "manage"), (12, _CHANGE, "View")], "done", 2, 0),
        ("change", [(1, _GIVE, "manage"), (12, _TAKE, "")], "instead", 2, 0),
        (
            "change",
            [(1, _GIVE, "manage"), (12, _CHANGE, "view"), (14, _CHANGE, "manage")],
            "back",
            2,
            3,
        ),
        ("keep", [(1, _GIVE, "view"), (12, _TAKE, "")], "", 0, 0),
        ("remove", [(1, _GIVE, "view"), (1, "connection_deleted", "")], "early", 2, 0),
    ],
)
def test_the_later_event_proves_it(
    engine: Engine,
    workspace_id: int,
    decision: str,
    acts: list[tuple[int, str, str]],
    state: str,
    told: int,
    back: int,
) -> None:
    records = [
        make_record(
            id=f"e{number}",
            action=action,
            timestamp=to_rfc3339(
                Instant(parse_instant("2026-03-01T00:00:00Z") + day * 86400_000_000 + number)
            ),
            context={"member_id": "u1", "member_name": "bob"} | ({"role": role} if role else {}),
            entity__entity_type="connection",
            entity__entity_id="c1",
            entity__entity_name="Payroll",
        )
        for number, (day, action, role) in enumerate(acts)
    ]
    decided = Decision(
        line=1,
        decision=decision,
        to_role="view" if decision == "change" else "",
        reason="",
        person_id=1,
        decided_by="",
        decided_at=Instant(_DECIDED + 86400_000_000),
        seq=0,
    )
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    with reading(engine) as connection:
        sight = open_sight(connection, Scope(workspace_id=workspace_id))
        line = structs.replace(_LINE, decided=decided)
        found = Proofs(sight, NOW).find([line]).get(1)
        gone = structs.replace(line, object_id="c9")
        assert found is None or Proofs(sight, NOW).find([gone])[1].state == "unclear"
    if found is None:
        assert state == ""
        return
    seen = "early" if found.early else "instead" if found.instead else found.state
    assert (seen, found.told.seq if found.told else 0) == (state, told)
    assert (found.back.seq if found.back else 0) == back


@pytest.mark.parametrize(
    ("person", "subject", "same"),
    [
        (("alice", "Alice"), ("ALICE", None), True),
        (("tomasz@acme.com", "Tomasz Wilk"), ("tomasz_wilk", "u9"), True),
        (("bob@acme.com", "B"), ("Bob", None), True),
        (("bob", "B"), ("bob@acme.com", None), True),
        (("bob@acme.com", "B"), ("bob@other.com", None), False),
        (("bob", "B"), ("bobby", ""), False),
        (("bob", ""), ("", None), False),
    ],
)
def test_a_login_is_known_by_name_and_address(
    person: tuple[str, ...], subject: tuple[str | None, ...], same: bool
) -> None:
    assert is_same(person, subject) is same
