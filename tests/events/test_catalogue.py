"""The catalogue is data: pinned, complete and checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditdash.events.catalogue import (
    action_label,
    actions,
    categories,
    category_label,
    category_of,
    find_action,
    highest_roles,
    op_of,
    parse_catalogue,
    role_ranks,
)
from auditdash.events.errors import BadInput
from auditdash.events.wording import parse_template

GOLDEN = Path(__file__).with_name("golden_actions.txt")
OWN = Path(__file__).with_name("golden_own_actions.txt")
KNOWN = {"actor", "entity", "subject", "role"}

SMALLEST = """
unmapped_sentence = "{actor} did {action}"
role_keys = ["role"]
category.groups.label = "Groups"
[subject.group]
missing = "an unnamed group"
name_keys = ["group_name"]
id_keys = []
entity_types = ["group"]
[reading.timeline]
sentence = "{actor} looked at the timeline"
[action.group_created]
category = "groups"
label = "Group created"
op = "create"
subject = "group"
sentence = "{actor} created {subject:group}"
"""
COPY = """
[action.copy]
category = "groups"
label = "Group created"
op = "create"
sentence = ""
"""


def test_the_catalogue_holds_the_50_actions_of_modes_list_in_its_order_and_then_our_own() -> None:
    names = GOLDEN.read_text(encoding="utf-8").split()
    assert len(names) == 50
    own = OWN.read_text(encoding="utf-8").split()
    assert [action.name for action in actions()] == names + own


def test_the_categories_stand_in_the_order_of_their_colours() -> None:
    assert [category.slug for category in categories()] == [
        "user-membership",
        "user-groups",
        "collections",
        "connections",
        "exports",
        "reports",
        "schedules",
        "api-tokens",
        "audit-log",
        "other",
    ]


def test_every_category_but_other_has_actions() -> None:
    used = {action.category for action in actions()}
    assert used == {category.slug for category in categories()} - {"other"}


def test_every_action_has_a_label_of_its_own_in_sentence_case() -> None:
    labels = [action.label for action in actions()]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and not label.endswith(".") for label in labels)


def test_every_sentence_begins_with_the_actor_and_uses_known_placeholders() -> None:
    for action in actions():
        runs = parse_template(action.sentence)
        used = [slot.value for run in runs for slot in run.slots if slot.value]
        assert used[0] == "actor", action.name
        assert set(used) <= KNOWN, action.name
        assert not any("{" in slot.text or "[" in slot.text for run in runs for slot in run.slots)


def test_a_sentence_names_its_subject_exactly_when_the_action_has_one() -> None:
    for action in actions():
        assert ("{subject" in action.sentence) == (action.subject is not None), action.name


def test_changes_of_access_are_marked_as_permissions_and_data_leaving_as_sensitive() -> None:
    permissions = {action.name for action in actions() if action.permission}
    assert {action.category for action in actions() if action.permission} == {
        "user-membership",
        "user-groups",
        "collections",
        "connections",
    }
    assert "connection_member_added_with_role" in permissions
    assert "group_created" not in permissions
    sensitive = {action.name for action in actions() if action.sensitive}
    assert {"export_data_sql_exported", "report_schedule_user_email_added"} <= sensitive


def test_an_unmapped_action_is_other_and_keeps_its_name() -> None:
    assert find_action("dataset_published") is None
    assert category_of("dataset_published") == op_of("dataset_published") == "other"
    assert action_label("dataset_published") == "dataset_published"
    assert category_label("no-such") == "no-such"


def test_a_mapped_action_has_its_category_op_and_label() -> None:
    assert category_of("group_member_added") == "user-groups"
    assert op_of("group_member_added") == "grant"
    assert action_label("group_member_added") == "Member added to group"
    assert category_label("user-groups") == "User groups"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", None),
        ('op = "create"', 'op = "make"', "op"),
        ('op = "create"', 'op = "create"\nseverity = 3', "severity"),
        ('category = "groups"', 'category = "crews"', "no category crews"),
        ('subject = "group"', 'subject = "email"', "no subject email"),
        ('label = "Group created"\n', "", "label"),
        ("id_keys = []", "id_keys = []\nids = []", "ids"),
        ("[reading.timeline]", "[group.timeline]", "group"),
        ("[action.group", "[action.group_created]\n[action.group", "group_created"),
        ("[action.group", COPY + "[action.group", "stands twice"),
    ],
)
def test_a_faulty_catalogue_says_what_is_wrong(old: str, new: str, told: str | None) -> None:
    text = SMALLEST.replace(old, new, 1)
    if told is None:
        assert list(parse_catalogue(text).actions) == ["group_created"]
        return
    with pytest.raises(BadInput, match=told):
        parse_catalogue(text)


def test_what_a_role_allows_is_data() -> None:
    assert role_ranks("connections") == {"manage": 4, "query": 3, "view": 2, "none": 1}
    assert role_ranks("collections")["edit"] == role_ranks("collections")["query"]
    assert role_ranks("user-groups") == {}  # one is a member or not
    assert highest_roles("user-membership") == ("admin",)
    order = '[role_order]\ngroups = [["Admin"], ["member", "ADMIN"]]'
    with pytest.raises(BadInput, match="stands twice"):
        parse_catalogue(SMALLEST + order)
    with pytest.raises(BadInput, match="no category"):
        parse_catalogue(SMALLEST + order.replace("groups", "things"))
