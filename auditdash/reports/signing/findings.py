"""What a check of a report found, in words, and what all of it together means."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

State = Literal["ok", "open", "wrong"]

PROVEN: Final = 0
WRONG: Final = 1
NOT_A_REPORT: Final = 2
OPEN: Final = 3


class UnreadableReportError(Exception):
    """The file cannot be checked at all: no PDF, or no report of auditdash. Says why."""


class Finding(Struct, frozen=True):
    """`open` is what neither holds nor is wrong: it cannot be told from what is there."""

    state: State
    text: str


class Verdict(Struct, frozen=True, kw_only=True):
    """Everything that was looked at, in the order of reading."""

    findings: tuple[Finding, ...]
    stored: bool = False  # compared with what was stored when it was made: proof by itself

    @property
    def exit_code(self) -> int:
        """PROVEN, WRONG or OPEN."""
        states = {finding.state for finding in self.findings}
        if "wrong" in states:
            return WRONG
        return OPEN if "open" in states and not self.stored else PROVEN


def ok(text: str) -> Finding:
    """It holds."""
    return Finding("ok", text)


def unproven(text: str) -> Finding:
    """It cannot be told."""
    return Finding("open", text)


def wrong(text: str) -> Finding:
    """It does not hold."""
    return Finding("wrong", text)
