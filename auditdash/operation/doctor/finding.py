"""What a check says."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

State = Literal["ok", "warning", "problem"]
STATES: Final[tuple[State, ...]] = ("ok", "warning", "problem")  # from good to bad


class Finding(Struct, frozen=True):
    """`advice` says what to do; what is ok needs none."""

    check: str
    state: State
    says: str
    advice: str = ""


def ok(check: str, says: str) -> Finding:
    """All is as it must be."""
    return Finding(check, "ok", says)


def warning(check: str, says: str, advice: str) -> Finding:
    """It works, and should not stay so."""
    return Finding(check, "warning", says, advice)


def problem(check: str, says: str, advice: str) -> Finding:
    """Something does not work, or is not safe."""
    return Finding(check, "problem", says, advice)


def worst(findings: list[Finding]) -> State:
    """The worst state of them."""
    return max((each.state for each in findings), key=STATES.index, default="ok")
