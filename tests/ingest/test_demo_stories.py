"""Each story that docs/demo.md tells is in the demo, where it says."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from auditdash.events.event import Event
from auditdash.events.instants import DAY, MINUTE, to_datetime
from auditdash.events.periods import local_date
from auditdash.ingest.sources.lumenworks.cast import DOMAIN
from tests.ingest.demo_records import UNTIL, demo_events

NEW_YORK = ZoneInfo("America/New_York")
STRANGE = "203.0.113.207"


def _by(username: str, action: str = "") -> list[Event]:
    return [
        event
        for event in demo_events()
        if event.actor.username == username and event.action.startswith(action)
    ]


def test_an_analyst_exports_180_times_in_one_night_from_a_new_address() -> None:
    burst = [event for event in demo_events() if event.actor.ip == STRANGE]
    assert len(burst) == 180
    assert {event.actor.username for event in burst} == {"dylan_mercer"}
    assert {event.action for event in burst} == {
        "export_data_sql_exported",
        "export_data_report_exported_csv",
    }
    nights = {local_date(event.occurred_at, NEW_YORK) for event in burst}
    assert len(nights) == 1
    hours = [to_datetime(event.occurred_at, NEW_YORK) for event in burst]
    assert all("01:00" <= f"{hour:%H:%M}" <= "03:30" for hour in hours)
    assert UNTIL - burst[0].occurred_at < 21 * DAY
    assert {event.context["connection_name"] for event in burst} == {"Payroll"}
    assert len({event.entity.id for event in burst}) >= 20


def test_he_had_been_let_in_to_payroll_two_days_before() -> None:
    burst = next(event for event in demo_events() if event.actor.ip == STRANGE)
    given = [
        event
        for event in demo_events()
        if event.entity.name == "Payroll" and event.subject.name == "dylan_mercer"
    ]
    assert [(event.action, event.role) for event in given] == [
        ("connection_member_added_with_role", "query")
    ]
    assert DAY < burst.occurred_at - given[0].occurred_at < 3 * DAY


def test_he_never_exported_at_night_before() -> None:
    exports = [event for event in _by("dylan_mercer", "export_data") if event.actor.ip != STRANGE]
    assert len(exports) > 10
    assert all(to_datetime(event.occurred_at, NEW_YORK).hour >= 6 for event in exports)


def test_one_admin_gives_himself_a_role_and_it_is_manage_on_the_customer_vault() -> None:
    own = [
        event
        for event in demo_events()
        if event.category in {"collections", "connections"} and event.subject.id == event.actor.id
    ]
    assert [(e.action, e.actor.username, e.role, e.entity.name) for e in own] == [
        ("connection_member_added_with_role", "tomasz_wilk", "manage", "Customer Vault")
    ]


def test_one_schedule_goes_to_an_address_outside() -> None:
    added = [e for e in demo_events() if e.action == "report_schedule_user_email_added"]
    outside = [e for e in added if not (e.subject.name or "").endswith(f"@{DOMAIN}")]
    assert [(e.actor.username, e.subject.name) for e in outside] == [
        ("camille_duroc", "m.holt@brightpath-advisors.example")
    ]


def test_a_group_is_emptied_within_minutes_and_deleted() -> None:
    events = [
        event for event in demo_events() if event.context.get("group_name") == "Month-end Close"
    ]
    removed = [event for event in events if event.action == "group_member_removed"]
    assert len(removed) == 9
    assert events[-1].action == "group_deleted"
    assert events[-1].occurred_at - removed[0].occurred_at < 10 * MINUTE


def test_a_token_outlives_the_role_of_its_maker() -> None:
    token = [event for event in demo_events() if event.entity.name == "nightly-etl"]
    assert [event.action for event in token] == ["api_token_workspace_created"]
    changes = [
        event
        for event in demo_events()
        if event.action == "org_user_role_changed" and event.subject.name == "rafael_nunes"
    ]
    assert [event.role for event in changes] == ["viewer"]
    assert changes[0].occurred_at > token[0].occurred_at


def test_two_events_have_an_action_that_the_catalogue_does_not_know() -> None:
    unmapped = [event for event in demo_events() if event.category == "other"]
    assert [event.action for event in unmapped] == ["report_activity_ai_summary_added"] * 2


def test_the_role_of_a_founder_changes_and_was_never_told_before() -> None:
    about = [event for event in demo_events() if event.subject.name == "priya_raghunathan"]
    roles = [event for event in about if event.action.startswith("org_user")]
    assert [(event.action, event.role) for event in roles] == [("org_user_role_changed", "member")]
