"""Whom an event was done to, from a context whose keys are only partly known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from auditdash.events.catalogue import actions
from auditdash.events.event import Entity, Subject
from auditdash.events.subjects import role_of, subject_of

CONNECTION = Entity(type="workspace_connection", id="af5a", name="Star Space")
NOBODY = Subject()
JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = ["group_name", "group_id", "user", "email", "role", "channel", "member_username", "group"]


def test_the_example_of_modes_reference_names_its_group_and_role() -> None:
    context = {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup"}
    subject = subject_of("connection_group_added_with_role", context, CONNECTION)
    assert subject == Subject(type="group", id="4f68a254168a", name="internalgroup")
    assert role_of(context) == "view"


def test_the_best_key_wins_and_a_blank_or_a_wrong_type_is_passed_over() -> None:
    context = {"member_username": " ", "username": ["x"], "member_name": "Ada", "email": "a@b.c"}
    subject = subject_of("connection_member_removed", context, CONNECTION)
    assert subject == Subject(type="member", name="Ada")


def test_a_number_is_taken_as_text_but_not_a_flag() -> None:
    context = {"user_id": 17, "username": True}
    assert subject_of("connection_member_removed", context, CONNECTION).id == "17"
    assert subject_of("connection_member_removed", context, CONNECTION).name is None


def test_a_number_too_long_to_be_text_is_passed_over() -> None:
    context = {"user_id": 10**5000}
    assert subject_of("connection_member_removed", context, CONNECTION) == NOBODY


def test_an_object_in_the_context_may_name_the_member() -> None:
    context = {"user": {"username": "bob", "id": "77"}}
    subject = subject_of("group_member_added", context, Entity(type="user_group", name="Finance"))
    assert subject == Subject(type="member", id="77", name="bob")


def test_the_entity_is_the_subject_where_its_type_says_so() -> None:
    entity = Entity(type="User", id="77", name="bob")
    assert subject_of("org_user_role_changed", {"role": "admin"}, entity).name == "bob"
    assert subject_of("group_member_added", {"group_name": "Finance"}, entity).name == "bob"
    assert subject_of("group_created", {}, Entity(type="user_group", name="Finance")) == Subject(
        type="group", name="Finance"
    )


def test_an_entity_without_a_type_is_the_subject_only_where_the_action_allows_it() -> None:
    unknown = Entity(name="Finance")
    assert subject_of("group_deleted", {}, unknown).name == "Finance"
    assert subject_of("connection_group_removed", {}, unknown) == NOBODY


def test_an_entity_of_another_type_is_never_the_subject() -> None:
    assert subject_of("org_user_role_changed", {}, Entity(type="workspace", name="acme")) == NOBODY
    assert subject_of("connection_member_removed", {}, CONNECTION) == NOBODY


def test_an_invitation_keeps_its_own_id_and_takes_the_address_from_the_context() -> None:
    entity = Entity(type="invitation", id="i1")
    subject = subject_of("org_user_invited", {"email": "a@b.c"}, entity)
    assert subject == Subject(type="member", id="i1", name="a@b.c")


def test_recipients_and_channels_are_found() -> None:
    report = Entity(type="report", name="Revenue")
    email = subject_of("report_schedule_user_email_added", {"email": "a@b.c"}, report)
    assert email == Subject(type="email", name="a@b.c")
    channel = subject_of("report_schedule_channel_added", {"slack_channel": "#sales"}, report)
    assert channel == Subject(type="channel", name="#sales")


def test_an_action_without_a_subject_and_an_unmapped_one_have_none() -> None:
    assert subject_of("connection_created", {"username": "bob"}, CONNECTION) == NOBODY
    assert subject_of("brand_new", {"username": "bob"}, CONNECTION) == NOBODY


def test_the_new_role_wins_over_the_plain_one() -> None:
    assert role_of({"role": "view", "new_role": "manage"}) == "manage"
    assert role_of({"role": None, "access": {"level": "x"}}) is None


@given(
    some.sampled_from([action.name for action in actions()]),
    some.dictionaries(some.sampled_from(KEYS) | some.text(), JSON),
    some.sampled_from(["user", "user_group", "report", None]),
)
def test_no_context_makes_it_raise(
    action: str, context: dict[str, object], entity_type: str | None
) -> None:
    subject = subject_of(action, context, Entity(type=entity_type, name="x"))
    role = role_of(context)
    for text in (subject.name, subject.id, role):
        assert text is None or (text.strip() and text.encode("utf-8"))
