"""What the columns of the attached files mean: the data of dictionary.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from msgspec import Struct


class Field(Struct, frozen=True, kw_only=True):
    """A column and its meaning, one sentence."""

    name: str
    meaning: str


class FileFields(Struct, frozen=True, kw_only=True):
    """The columns of one file, in their order."""

    name: str
    said: str
    fields: tuple[Field, ...]


@cache
def dictionary() -> tuple[FileFields, ...]:
    """All files with columns, in the order of the file."""
    path = files("auditdash.reports.sections").joinpath("dictionary.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        FileFields(
            name=name,
            said=table["said"],
            fields=tuple(
                Field(name=field, meaning=meaning) for field, meaning in table["fields"].items()
            ),
        )
        for name, table in tables.items()
    )
