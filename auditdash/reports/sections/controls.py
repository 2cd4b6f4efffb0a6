"""The control matrix: controls of frameworks beside the events that give evidence for them.

The mapping is data, controls.csv: which action is evidence for which control, and why.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from auditdash.events.catalogue import action_label, find_action
from auditdash.events.errors import BadInput
from auditdash.queries.evidence import ActionCount

# By the word that is stored: the name in controls.csv.
FRAMEWORKS: Final = {
    "soc2": "SOC 2 TSC",
    "iso27001": "ISO/IEC 27001:2022",
    "nist80053": "NIST SP 800-53 r5",
    "pci": "PCI DSS 4.0.1",
    "hipaa": "HIPAA Security Rule",
    "gdpr": "GDPR",
    "sox": "SOX ITGC",
    "dora": "DORA",
}
DEFAULT_FRAMEWORKS: Final = ("soc2", "iso27001")
_DIGITS: Final = re.compile("([0-9]+)")


class Evidence(Struct, frozen=True, kw_only=True):
    """An action that is evidence, and how often it occurred."""

    action: str
    label: str
    count: int


class ControlLine(Struct, frozen=True, kw_only=True):
    """One control; actions that occurred most are first. `sections` say more about its events."""

    control: str
    actions: tuple[Evidence, ...]
    exceptions: int
    sections: tuple[str, ...]

    @property
    def count(self) -> int:
        """The events of all its actions."""
        return sum(each.count for each in self.actions)

    @property
    def occurred(self) -> tuple[Evidence, ...]:
        """The actions of which there is an event."""
        return tuple(each for each in self.actions if each.count)


class FrameworkPart(Struct, frozen=True, kw_only=True):
    """A framework with each of its controls that the log has evidence for."""

    word: str
    name: str
    lines: tuple[ControlLine, ...]


def parse_frameworks(given: Iterable[str]) -> tuple[str, ...]:
    """Words, each once, in the order of FRAMEWORKS; an unknown one is BadInput."""
    words = set(given)
    unknown = sorted(words - FRAMEWORKS.keys())
    if unknown:
        expected = ", ".join(FRAMEWORKS)
        raise BadInput(f"there is no framework {unknown[0][:40]!r}", expected=expected)
    return tuple(word for word in FRAMEWORKS if word in words)


def names_of(words: Sequence[str]) -> str:
    """What people call them."""
    return ", ".join(FRAMEWORKS.get(word, word) for word in words) or "none"


def controls_of(
    words: Sequence[str], counts: Mapping[str, ActionCount], exceptions: Mapping[str, int]
) -> tuple[FrameworkPart, ...]:
    """The matrix of these frameworks; both mappings are by action. One that was asked for by an
    earlier version and is no longer known has no lines."""
    return tuple(
        FrameworkPart(
            word=word,
            name=FRAMEWORKS.get(word, word),
            lines=tuple(
                _line(control, names, counts, exceptions)
                for control, names in controls().get(FRAMEWORKS.get(word, ""), {}).items()
            ),
        )
        for word in words
    )


@cache
def controls() -> dict[str, dict[str, tuple[str, ...]]]:
    """Framework → control → actions; controls in the order in which people number them."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in _rows():
        controls = found.setdefault(row["framework"], {})
        controls.setdefault(row["control"], []).append(row["action"])
    return {
        framework: {
            control: tuple(controls[control]) for control in sorted(controls, key=_numbered)
        }
        for framework, controls in found.items()
    }


def _rows() -> Iterator[dict[str, str]]:
    path = files("auditdash.reports.sections").joinpath("controls.csv")
    return csv.DictReader(path.read_text(encoding="utf-8").splitlines())


def _numbered(control: str) -> list[tuple[int, str]]:
    parts = _DIGITS.split(control)
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]


def _line(
    control: str,
    names: Sequence[str],
    counts: Mapping[str, ActionCount],
    exceptions: Mapping[str, int],
) -> ControlLine:
    actions = [
        Evidence(
            action=name, label=action_label(name), count=counts[name].count if name in counts else 0
        )
        for name in names
    ]
    return ControlLine(
        control=control,
        actions=tuple(sorted(actions, key=lambda each: -each.count)),
        exceptions=sum(exceptions.get(name, 0) for name in names),
        sections=tuple(_sections(names)),
    )


def _sections(names: Sequence[str]) -> Iterator[str]:
    """Where the report tells most about these actions."""
    known = [action for name in names if (action := find_action(name)) is not None]
    yield "categories"
    if any(action.op == "export" for action in known):
        yield "exports"
    if any(action.permission for action in known):
        yield "permissions"
