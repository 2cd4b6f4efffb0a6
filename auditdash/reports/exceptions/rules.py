"""The rules of rules.toml, typed and checked once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import Struct

Finder = Literal[
    "query",
    "widened",
    "bursts",
    "nights",
    "first-exports",
    "tokens",
    "recipients",
    "own-grants",
    "for-everyone",
    "doubtful",
    "unseen",
]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is an exception, and why; `query` is empty for finders that ask none. `sections` say
    more about it, the best one first."""

    name: str
    title: str
    reason: str
    sections: tuple[str, ...]
    finder: Finder
    query: str = ""


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the file."""
    text = files("auditdash.reports.exceptions").joinpath("rules.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return tuple(msgspec.convert({**table, "name": name}, Rule) for name, table in tables.items())


def rules_of(names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of these names, in the order of the file."""
    return tuple(rule for rule in rules() if rule.name in names)
