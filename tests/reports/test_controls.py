"""The control matrix: its mapping, its numbers, and which frameworks are asked for."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from auditdash.events.catalogue import actions
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.queries.evidence import ActionCount
from auditdash.reports.orders.order import order_of
from auditdash.reports.sections.controls import (
    FRAMEWORKS,
    controls,
    controls_of,
    names_of,
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


def test_a_framework_that_was_dropped_since_has_no_lines_and_fails_nothing() -> None:
    (part,) = controls_of(("cobit",), {}, {})
    assert (part.name, part.lines) == ("cobit", ())
    assert names_of(("soc2", "cobit")) == "SOC 2 TSC, cobit"


def test_frameworks_stand_in_one_order_and_unknown_ones_are_refused() -> None:
    assert parse_frameworks(("iso27001", "soc2", "soc2")) == ("soc2", "iso27001")
    assert parse_frameworks(()) == ()
    with pytest.raises(BadInput, match="there is no framework 'cobit'"):
        parse_frameworks(("soc2", "cobit"))


def test_a_run_has_the_usual_frameworks_unless_others_are_asked_for(
    engine: Engine, workspace_id: int
) -> None:
    usual = find(engine, workspace_id, ask(engine, workspace_id))
    assert order_of(usual).frameworks == ("soc2", "iso27001")
    chosen = find(engine, workspace_id, ask(engine, workspace_id, frameworks=("dora", "pci")))
    assert order_of(chosen).frameworks == ("pci", "dora")
