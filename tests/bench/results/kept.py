"""What was measured, stage by stage, kept so that one stage can be measured again alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.results.figures import Line
from tests.bench.results.machine import commit


class Measured(Struct, frozen=True, kw_only=True):
    """The lines of one stage, when they were measured and of which commit."""

    stage: str
    at: str
    commit: str
    lines: tuple[Line, ...]


def measured_now(stage: str, lines: list[Line]) -> Measured:
    """These lines, of now."""
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    return Measured(stage=stage, at=at, commit=commit(), lines=tuple(lines))


def keep(path: Path, measured: Measured) -> None:
    """Put a stage in the place of what was measured of it before."""
    others = [each for each in kept(path) if each.stage != measured.stage]
    path.write_bytes(msgspec.json.encode([*others, measured]))


def kept(path: Path) -> list[Measured]:
    """All stages that were ever measured on these archives, in that order."""
    if not path.exists():
        return []
    return msgspec.json.decode(path.read_bytes(), type=list[Measured])


def describe(stages: list[Measured]) -> str:
    """When each stage was measured, of which commit."""
    return ", ".join(f"{each.stage} {each.at} ({each.commit})" for each in stages)
