"""The kinds of report: the templates of kinds.toml, typed and checked once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import shorten

EVENTS: Final = "events"
GRANTS: Final = "grants"


class Kind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template: which sections it can have, and what it is asked when nobody chooses. The words
    are explained in kinds.toml."""

    name: str
    title: str
    said: str
    lines: Literal["events", "grants"]
    query: str
    within: str
    period: str
    sections: tuple[str, ...]
    off: tuple[str, ...]
    always: tuple[str, ...]
    attach: tuple[str, ...]
    figures: tuple[str, ...]
    checks: tuple[str, ...]
    charts: tuple[str, ...]
    rules: tuple[str, ...]
    frameworks: tuple[str, ...]

    @property
    def usual(self) -> tuple[str, ...]:
        """The sections that it has when nobody chooses."""
        return tuple(name for name in self.sections if name not in self.off)


@cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by their names, in the order of the file."""
    text = files("auditdash.reports.orders").joinpath("kinds.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {name: msgspec.convert({**table, "name": name}, Kind) for name, table in tables.items()}


def find_kind(name: str) -> Kind:
    """The kind of this name; BadInput where there is none."""
    kind = kinds().get(name)
    if kind is None:
        raise BadInput(
            f"there is no kind of report {shorten(name)}", where="kind", expected=", ".join(kinds())
        )
    return kind
