"""What the columns of the attached files mean: the data of dictionary.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from msgspec import Struct


class Field(Struct, frozen=True, kw_only=True):
    """A column and its meaning, one sentence."""

    name: str
    meaning: str


class FileFields(Struct, frozen=True, kw_only=True):
    """The columns of one file, in their order; `key` tells apart those of one name."""

    key: str
    name: str
    said: str
    fields: tuple[Field, ...]


def dictionary_of(lines: str, names: Iterable[str]) -> tuple[FileFields, ...]:
    """The files of these names in a report whose lines are such; in their order."""
    known = {file.key: file for file in dictionary()}
    found = (known.get(f"{lines}/{name}", known.get(name)) for name in names)
    return tuple(file for file in found if file is not None)


@cache
def dictionary() -> tuple[FileFields, ...]:
    """All files with columns, in the order of the file."""
    path = files("auditdash.reports.sections").joinpath("dictionary.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        FileFields(
            key=key,
            name=key.rpartition("/")[2],
            said=table["said"],
            fields=tuple(
                Field(name=field, meaning=meaning) for field, meaning in table["fields"].items()
            ),
        )
        for key, table in tables.items()
    )
