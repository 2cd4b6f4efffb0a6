"""Access reviews in the store: what was asked and decided is never changed, the newest holds."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, exc, text

from auditdash.accounts.people import create_person
from auditdash.events.instants import DAY, Instant
from auditdash.store.campaigns import lines as store
from auditdash.store.campaigns.lines import Which
from auditdash.store.campaigns.rows import (
    KEEP,
    REMOVE,
    TURN,
    UNDECIDED,
    Decision,
    FrozenLine,
    NewCampaign,
)
from auditdash.store.campaigns.table import (
    close_campaign,
    count_decided,
    count_waiting,
    find_campaign,
    insert_campaign,
    list_campaigns,
)
from auditdash.store.engine import reading, writing
from tests.make import NOW

_NEW = NewCampaign(name="Q4", at=NOW, seq=7, query="", rule=TURN, due_at=Instant(NOW + DAY))


def frozen(number: int) -> FrozenLine:
    nothing = dict.fromkeys(FrozenLine.__struct_fields__)
    said = {"subject_kind": "member", "object_kind": "connection", "through": "direct", "note": ""}
    return FrozenLine(**nothing | said | {"line": number, "subject_name": f"p{number}"})  # type: ignore[arg-type]  # by name


def decided(line: int, decision: str, by: int, seq: int) -> Decision:
    return Decision(
        line=line,
        decision=decision,
        to_role="",
        reason="why",
        person_id=by,
        decided_by="Ann",
        decided_at=NOW,
        seq=seq,
    )


@pytest.fixture
def people(engine: Engine) -> tuple[int, int]:
    with writing(engine) as connection:
        ann = create_person(connection, "ann", "Ann", NOW)
        return ann, create_person(connection, "ben", "Ben", NOW)


def test_a_review_is_counted_and_shown_by_the_newest_decision(
    engine: Engine, workspace_id: int, people: tuple[int, int]
) -> None:
    ann, ben = people
    with writing(engine) as connection:
        number = insert_campaign(
            connection,
            workspace_id,
            _NEW,
            [frozen(each) for each in (1, 2, 3, 4)],
            {1: ann, 2: ben, 3: ann},
            by="Ann",
            now=NOW,
        )
        other = insert_campaign(
            connection, workspace_id, _NEW, [frozen(1)], {1: ann}, by="Ann", now=NOW
        )
        store.append_decisions(connection, number, [decided(1, KEEP, ann, 8)])
        store.append_decisions(connection, number, [decided(1, REMOVE, ann, 9)])
        store.append_decisions(connection, number, [decided(2, KEEP, ben, 10)])
        store.assign_lines(connection, number, [3], ben)
    with reading(engine) as connection:
        some = store.find_lines(connection, Which(campaign_id=number), start=1, most=2)
        assert [(each.line, each.reviewer, each.subject_name) for each in some] == [
            (2, "Ben", "p2"),
            (3, "Ben", "p3"),
        ]
        counts = store.count_by_reviewer(connection, number)
        assert {(each.reviewer, each.decision, each.count) for each in counts} == {
            ("Ann", REMOVE, 1),
            ("Ben", KEEP, 1),
            ("Ben", UNDECIDED, 1),
            (None, UNDECIDED, 1),
        }
        for which, lines in (
            (Which(campaign_id=number, decision=UNDECIDED), [3, 4]),
            (Which(campaign_id=number, decision=UNDECIDED, person_id=ben), [3]),
            (Which(campaign_id=number, nobodys=True), [4]),
            (Which(campaign_id=number, decision=KEEP), [2]),
            (Which(campaign_id=number, decision=KEEP, seq=8), [1]),
            (Which(campaign_id=number, decision=REMOVE, seq=8), []),
        ):
            found = list(store.iterate_lines(connection, which))
            assert [each.line for each in found] == lines
            assert store.count_lines(connection, which) == len(lines)
        (to_do,) = store.find_to_do(connection, Which(campaign_id=number))
        assert to_do.decided == decided(1, REMOVE, ann, 9)
        history = store.find_history(connection, number, [1, 3])
        assert [each.decision for each in history[1]] == [KEEP, REMOVE]
        assert count_decided(connection, [number, other]) == {number: 2}
        assert count_waiting(connection, [number, other], ann) == {other: 1}
        assert count_waiting(connection, [number, other], ben) == {number: 1}
        listed, count = list_campaigns(connection, workspace_id, start=1, most=1)
        assert ([each.id for each in listed], count) == ([number], 2)


def test_what_was_asked_and_decided_is_neither_changed_nor_removed(
    engine: Engine, workspace_id: int, people: tuple[int, int]
) -> None:
    ann, _ = people
    with writing(engine) as connection:
        number = insert_campaign(
            connection, workspace_id, _NEW, [frozen(1)], {1: ann}, by="Ann", now=NOW
        )
        store.append_decisions(connection, number, [decided(1, KEEP, ann, 8)])
        close_campaign(connection, number, NOW, "Ann", 9)
    for statement in (
        "UPDATE campaigns SET name = 'x'",
        "UPDATE campaign_lines SET role = 'x'",
        "UPDATE campaign_decisions SET decision = 'x'",
        "DELETE FROM campaign_decisions",
        "DELETE FROM campaign_closings",
    ):
        with (
            pytest.raises(exc.DatabaseError, match="append-only"),
            writing(engine) as connection,
        ):
            connection.execute(text(statement))
    with pytest.raises(exc.IntegrityError), writing(engine) as connection:
        close_campaign(connection, number, NOW, "Ann", 10)
    with reading(engine) as connection:
        found = find_campaign(connection, workspace_id, number)
        assert found is not None
        assert (found.closed_at, found.closed_by, found.lines) == (NOW, "Ann", 1)
        assert find_campaign(connection, workspace_id + 1, number) is None
