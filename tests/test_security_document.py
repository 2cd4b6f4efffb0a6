"""docs/security.md names tests that are there, and says how each requirement of ASVS stands."""

import re
from collections import Counter

from auditdash.settings import ROOT

_TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_LEVEL_2, _, _BEYOND = _TEXT.partition("\n## Beyond level 2\n")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_ROW = re.compile(r"\| (\d[\d.–, ]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|")
_HOW = {"test", "held", "operator", "n.a.", "**not met**"}

# The requirements of levels 1 and 2 of ASVS 5.0.0: the last part of each number, by its section.
_ASVS = {
    "1.1": "1 2", "1.2": "1 2 3 4 5 6 7 8 9", "1.3": "1 2 3 4 5 6 7 8 9 10 11", "1.4": "1 2 3",
    "1.5": "1 2",
    "2.1": "1 2 3", "2.2": "1 2 3", "2.3": "1 2 3 4", "2.4": "1",
    "3.2": "1 2", "3.3": "1 2 3 4", "3.4": "1 2 3 4 5 6", "3.5": "1 2 3 4 5", "3.7": "1 2",
    "4.1": "1 2 3", "4.2": "1", "4.3": "1 2", "4.4": "1 2 3 4",
    "5.1": "1", "5.2": "1 2 3", "5.3": "1 2", "5.4": "1 2 3",
    "6.1": "1 2 3", "6.2": "1 2 3 4 5 6 7 8 9 10 11 12", "6.3": "1 2 3 4", "6.4": "1 2 3 4",
    "6.5": "1 2 3 4 5", "6.6": "1 2 3", "6.8": "1 2 3 4",
    "7.1": "1 2 3", "7.2": "1 2 3 4", "7.3": "1 2", "7.4": "1 2 3 4 5", "7.5": "1 2", "7.6": "1 2",
    "8.1": "1 2", "8.2": "1 2 3", "8.3": "1", "8.4": "1",
    "9.1": "1 2 3", "9.2": "1 2 3 4",
    "10.1": "1 2", "10.2": "1 2", "10.3": "1 2 3 4", "10.4": "1 2 3 4 5 6 7 8 9 10 11",
    "10.5": "1 2 3 4 5", "10.6": "1 2", "10.7": "1 2 3",
    "11.1": "1 2", "11.2": "1 2 3", "11.3": "1 2 3", "11.4": "1 2 3 4", "11.5": "1", "11.6": "1",
    "12.1": "1 2 3", "12.2": "1 2", "12.3": "1 2 3 4",
    "13.1": "1", "13.2": "1 2 3 4 5", "13.3": "1 2", "13.4": "1 2 3 4 5",
    "14.1": "1 2", "14.2": "1 2 3 4", "14.3": "1 2 3",
    "15.1": "1 2 3", "15.2": "1 2 3", "15.3": "1 2 3 4 5 6 7",
    "16.1": "1", "16.2": "1 2 3 4 5", "16.3": "1 2 3 4", "16.4": "1 2 3", "16.5": "1 2 3",
    "17.1": "1", "17.2": "1 2 3 4", "17.3": "1 2",
}  # fmt: skip


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


def test_each_requirement_of_level_2_stands_once() -> None:
    wanted = [f"{section}.{last}" for section, those in _ASVS.items() for last in those.split()]
    assert len(set(wanted)) == len(wanted) == 253
    numbers = [number for given, _, _ in _rows(_LEVEL_2) for number in _each(given)]
    assert len(set(numbers)) == len(numbers)
    assert set(wanted) - set(numbers) == set()
    assert set(numbers) - set(wanted) == set()
    beyond = [number for given, _, _ in _rows(_BEYOND) for number in _each(given)]
    assert beyond
    assert set(beyond) & set(wanted) == set()


def test_each_line_says_how_it_stands_and_by_what() -> None:
    for given, how, why in _rows(_TEXT):
        assert how in _HOW, given
        assert len(why) > 10, given
        if how == "test":  # by its name: a whole file shows nothing in particular
            assert any(name for _, name in _NAMED.findall(why)), given
    counted = Counter(how for given, how, _ in _rows(_LEVEL_2) for _ in _each(given))
    said = re.search(
        r"Of 253: (\d+) are shown by a test, (\d+) are held without one, (\d+) are the operator's,"
        r" (\d+) do not apply, and (\d+) are \*\*not met\*\*\.",
        _TEXT,
    )
    assert said is not None
    asked = ("test", "held", "operator", "n.a.", "**not met**")
    assert [int(each) for each in said.groups()] == [counted[how] for how in asked]


def test_what_is_not_met_stands_together_with_what_it_would_take() -> None:
    together = _TEXT.partition("\n### What is not met")[2].partition("\n## ")[0]
    listed = re.findall(r"\b\d+\.\d+\.\d+\b", together)
    found = [each for given, how, _ in _rows(_LEVEL_2) if "not" in how for each in _each(given)]
    assert sorted(listed) == sorted(found)


def test_headings_that_are_linked_are_there() -> None:
    linked = re.findall(r"\]\(((?:\.\./)?[\w-]*(?:\.md)?)#([\w-]+)\)", _TEXT)
    assert len(linked) > 30
    for file, anchor in linked:
        text = (ROOT / "docs" / (file or "security.md")).read_text(encoding="utf-8")
        heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
        assert anchor in anchors, (file, anchor)


def _rows(text: str) -> list[tuple[str, str, str]]:
    """Numbers, how, and why of each line of a checklist."""
    lines = [line for line in text.splitlines() if re.match(r"\| \d+\.", line)]
    found = [_ROW.fullmatch(line) for line in lines]
    assert [line for line, row in zip(lines, found, strict=True) if row is None] == []
    return [(row[1], row[3], row[4]) for row in found if row]


def _each(given: str) -> list[str]:
    """`1.2.6–1.2.8, 1.3.1` are four numbers."""
    numbers: list[str] = []
    for part in given.split(", "):
        first, _, last = part.partition("–")
        section, _, begin = first.rpartition(".")
        until = last.removeprefix(f"{section}.") or begin
        numbers += [f"{section}.{number}" for number in range(int(begin), int(until) + 1)]
    return numbers
