"""The sections of sections.toml, typed and checked once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec
from msgspec import Struct

Form = Literal["", "word", "when", "number", "action", "asked", "tag", "box"]
_LISTING: Final = "listing"


class Cell(Struct, frozen=True):
    """Which columns of the file it shows (the first that has a value), how, and behind which
    word."""

    names: tuple[str, ...]
    form: Form
    before: str


class Column(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column on paper: its width in mm, 0 for what is left."""

    head: str
    width: int
    cells: tuple[str, ...]

    @property
    def parts(self) -> tuple[Cell, ...]:
        """Its cells, read."""
        return tuple(map(_parse_cell, self.cells))

    @property
    def is_number(self) -> bool:
        """Whether it is set to the right: numbers alone, with nothing below them."""
        return [cell.form for cell in self.parts] == ["number"]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section: `name` is also its anchor; see sections.toml."""

    name: str
    title: str
    flow: bool = False
    prints: str = ""
    file: str = ""
    lead: str = ""
    empty: str = ""
    columns: tuple[Column, ...] = ()
    attach: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """The file that prints it."""
        return f"reports/pdf/{self.prints or self.name}.html"

    @property
    def is_listing(self) -> bool:
        """Whether it prints the rows of an attached file."""
        return self.prints == _LISTING


@cache
def sections() -> Mapping[str, Section]:
    """All sections by their names."""
    text = files("auditdash.reports.orders").joinpath("sections.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {
        name: msgspec.convert({**table, "name": name}, Section) for name, table in tables.items()
    }


@cache
def _parse_cell(text: str) -> Cell:
    before, plus, rest = text.rpartition("+")
    names, _, form = rest.partition(":")
    parsed: Form = msgspec.convert(form, Form)
    return Cell(tuple(names.split("|")), parsed, before if plus else "")
