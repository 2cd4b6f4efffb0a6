"""The rules of rules.toml, typed and checked once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

Finder = Literal["query", "widened", "bursts", "nights", "first-exports", "tokens", "recipients"]
Section = Literal["exports", "permissions", "categories", "intake", "evidence"]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is an exception, and why; `query` is empty for finders that ask none."""

    name: str
    title: str
    reason: str
    section: Section
    finder: Finder
    query: str = ""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the file."""
    text = files("auditdash.reports.exceptions").joinpath("rules.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return tuple(msgspec.convert({**table, "name": name}, Rule) for name, table in tables.items())
