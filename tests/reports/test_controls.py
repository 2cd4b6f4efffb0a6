"""The control matrix: its mapping, its numbers, and which frameworks are asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from auditdash.events.catalogue import actions
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.queries.evidence import ActionCount
from auditdash.reports.sections.controls import (
    FRAMEWORKS,
    controls,
    controls_of,
    frameworks_text,
    parse_frameworks,
)
from tests.reports.papers import ask, find


def _count(action: str, count: int) -> ActionCount:
    at = Instant(0)
    return ActionCount(action=action, count=count, actors=1, first_at=at, last_at=at)


def test_the_mapping_knows_our_frameworks_and_each_action_of_the_catalogue() -> None:
    assert list(controls()) != []
    assert set(controls()) == set(FRAMEWORKS.values())
    known = {action.name for action in actions()}
    for framework in controls().values():
        for names in framework.values():
            assert len(set(names)) == len(names)
            assert set(names) <= known
    every = {name for names in controls()["ISO/IEC 27001:2022"].values() for name in names}
    assert every == known
    order = list(controls()["ISO/IEC 27001:2022"])
    assert order[:3] == ["A.5.9", "A.5.14", "A.5.15"]


def test_a_control_counts_the_events_and_exceptions_of_its_actions() -> None:
    counts = {
        name: _count(name, count)
        for name, count in (("org_user_invited", 3), ("org_user_role_changed", 5), ("other", 7))
    }
    (part,) = controls_of(("soc2",), counts, {"org_user_invited": 2, "other": 4})
    lines = {line.control: line for line in part.lines}
    joiner = lines["CC6.2"]
    assert (joiner.count, joiner.exceptions) == (3, 2)
    assert [(each.action, each.count) for each in joiner.occurred] == [("org_user_invited", 3)]
    assert len(joiner.actions) == 13
    assert joiner.sections == ("categories", "permissions")
    assert (lines["CC6.3"].count, lines["CC6.3"].exceptions) == (5, 0)
    assert (lines["CC8.1"].count, lines["CC8.1"].occurred) == (0, ())


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        ((), ""),
        (("iso27001", "soc2", "soc2"), "soc2,iso27001"),
        (tuple(FRAMEWORKS), ",".join(FRAMEWORKS)),
    ],
)
def test_frameworks_are_stored_in_one_order(words: tuple[str, ...], stored: str) -> None:
    assert frameworks_text(words) == stored
    assert parse_frameworks(stored) == tuple(word for word in FRAMEWORKS if word in words)


def test_a_framework_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="there is no framework 'cobit'"):
        frameworks_text(("soc2", "cobit"))


def test_a_run_has_the_usual_frameworks_unless_others_are_asked_for(
    engine: Engine, workspace_id: int
) -> None:
    assert find(engine, workspace_id, ask(engine, workspace_id)).frameworks == "soc2,iso27001"
    run_id = ask(engine, workspace_id, frameworks=("dora", "pci"))
    assert find(engine, workspace_id, run_id).frameworks == "pci,dora"
