"""The forms a download can have, and the one way to write a file of any of them."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from msgspec import Struct

from auditdash.downloads import csv, ndjson
from auditdash.downloads.files import parquet, xlsx
from auditdash.downloads.files.about import About
from auditdash.downloads.tables.table import Table


class FileForm(Struct, frozen=True, kw_only=True):
    """`ending` is that of file names and addresses. What is streamed begins to arrive at once;
    the others are files before their first byte can leave."""

    ending: str
    title: str
    says: str
    media_type: str
    is_streamed: bool


FORMS: Final = {
    form.ending: form
    for form in (
        FileForm(
            ending="csv",
            title="CSV",
            says="for any program",
            media_type=csv.MEDIA_TYPE,
            is_streamed=True,
        ),
        FileForm(
            ending="xlsx",
            title="Excel",
            says="typed dates, the query",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            is_streamed=False,
        ),
        FileForm(
            ending="ndjson",
            title="NDJSON",
            says="JSON lines, exact",
            media_type=ndjson.MEDIA_TYPE,
            is_streamed=True,
        ),
        FileForm(
            ending="parquet",
            title="Parquet",
            says="typed columns",
            media_type="application/vnd.apache.parquet",
            is_streamed=False,
        ),
    )
}


def iterate(table: Table, form: FileForm, *, bom: bool) -> Iterator[bytes]:
    """The pieces of a form that is streamed; `bom` is for programs that would take CSV of UTF-8 for
    something else."""
    if form.ending == "ndjson":
        return table.ndjson()
    return chain([BOM_UTF8] if bom else [], table.csv())


def write_file(
    table: Table,
    form: FileForm,
    about: About,
    path: Path,
    tell: Callable[[int], None],
    *,
    bom: bool = False,
) -> None:
    """Write the whole file and flush it to the disk. `tell` hears how many rows there are so far;
    what it raises ends the work. OSError where there is no room."""
    if form.is_streamed:
        with path.open("wb") as file:
            for piece in iterate(table, form, bom=bom):
                file.write(piece)
                tell(table.rows)
    else:
        write = xlsx.write if form.ending == "xlsx" else parquet.write
        write(table, about, path, tell)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
