"""Parquet: each column of its own type, packed by zstd, with what was asked in its metadata.

arro3 is the only library here. Its writer asks for the next rows from within, so memory is that of
one group of rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Self

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

from auditdash.downloads.files.about import About
from auditdash.downloads.tables.table import Kind, Table, Typed
from auditdash.events.folding import storable

_GROUP: Final = 1 << 15  # rows: what is held while they are written
_PACKING: Final = "zstd(3)"
_TYPES: Final[dict[Kind, DataType]] = {
    "text": DataType.utf8(),
    "whole": DataType.int64(),
    "number": DataType.float64(),
    "instant": DataType.timestamp("us", tz="UTC"),
    "day": DataType.date32(),
}
# What the library makes of plain numbers, before it is told what they mean.
_MADE_AS: Final[dict[Kind, DataType]] = {"instant": DataType.int64(), "day": DataType.int32()}


def write(table: Table, about: About, path: Path, tell: Callable[[int], None]) -> None:
    """Write the whole file; `tell` hears how many rows there are so far, and may raise."""
    schema = Schema([Field(each.name, _TYPES[each.kind]) for each in table.columns])
    with _Batches(table, schema, tell) as told:
        write_parquet(
            RecordBatchReader.from_batches(schema, told.iterate()),
            path,
            compression=_PACKING,
            max_row_group_size=_GROUP,
            key_value_metadata={f"auditdash.{name}": storable(text) for name, text in about.lines},
            created_by="auditdash",
        )


class _Batches:
    """What the library pulls. What ends it before its end is raised as it was: the library only
    tells of it, in words of its own."""

    def __init__(self, table: Table, schema: Schema, tell: Callable[[int], None]) -> None:
        self._trouble: BaseException | None = None
        self._table, self._schema, self._tell = table, schema, tell

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._trouble is not None:
            raise self._trouble from None

    def iterate(self) -> Iterator[RecordBatch]:
        """The rows as batches of Arrow."""
        kinds = [column.kind for column in self._table.columns]
        try:
            for columns in self._table.typed():
                arrays = [_array(kind, some) for kind, some in zip(kinds, columns, strict=True)]
                yield RecordBatch.from_arrays(arrays, schema=self._schema)
                self._tell(self._table.rows)
        finally:
            self._trouble = sys.exc_info()[1]


def _array(kind: Kind, values: Typed) -> Array:
    made = Array(values, _MADE_AS.get(kind, _TYPES[kind]))
    return made.cast(_TYPES[kind]) if kind in _MADE_AS else made
