"""The result of a report in words, kept beside the run: what a mail says without opening a PDF."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from auditdash.reports.contents import Contents
from auditdash.reports.result.checks import checks_of
from auditdash.reports.result.figures import figures_of


class Told(Struct, frozen=True, kw_only=True):
    """A line of the result; `ok` is None for a number."""

    label: str
    said: str
    ok: bool | None = None


def told_by(contents: Contents) -> list[Told]:
    """The numbers and answers of the page that has the result."""
    figures = [Told(label=each.label, said=f"{each.value:,}") for each in figures_of(contents)]
    checks = [Told(label=each.label, said=each.said, ok=each.ok) for each in checks_of(contents)]
    return figures + checks


def encode_result(told: list[Told]) -> str:
    """JSON for one column."""
    return msgspec.json.encode(told).decode()


def decode_result(text: str) -> list[Told]:
    """What encode_result wrote; nothing of runs that were made before it was."""
    return msgspec.json.decode(text, type=list[Told]) if text else []
