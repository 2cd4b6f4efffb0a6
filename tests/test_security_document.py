"""docs/security.md names tests that are there, and says of each requirement how it stands."""

import re

from auditdash.settings import ROOT

_TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_ROW = re.compile(r"\| ([\d.–,  ]+) \| ([^|]+) \| ([^|]+) \|")


def test_each_test_that_is_named_is_there() -> None:
    named = _NAMED.findall(_TEXT)
    assert len(named) > 50
    missing = []
    for path, name in named:
        file = ROOT / path
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        if not text or (name and f"\ndef {name}(" not in text):
            missing.append(f"{path}::{name}")
    assert missing == []


def test_each_requirement_stands_once_and_says_how_it_is_met() -> None:
    rows = [line for line in _TEXT.splitlines() if re.match(r"\| \d", line)]
    found = [_ROW.fullmatch(row) for row in rows]
    assert None not in found
    numbers = [each[1] for each in found if each]
    assert len(set(numbers)) == len(numbers) > 60
    assert all(each[3].strip() for each in found if each)


def test_headings_that_are_linked_are_there() -> None:
    linked = re.findall(r"\]\((signing-in\.md)#([\w-]+)\)", _TEXT)
    assert len(linked) > 5
    for file, anchor in linked:
        text = (ROOT / "docs" / file).read_text(encoding="utf-8")
        heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
        assert anchor in anchors, anchor
