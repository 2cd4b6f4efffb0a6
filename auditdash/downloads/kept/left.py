"""What attempts that were killed have left in a folder: files that no row will ever name.

The name of a file says whose attempt it is of, so that it can be told from one that a worker is
about to hand over. What no row knows at all is left alone: the database may have been restored from
before it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, Engine

from auditdash.settings import Settings
from auditdash.store.downloads.runs import find_standing
from auditdash.store.engine import reading

# By how their files begin: state, attempts, and the name of the file that was made.
Standing = Mapping[str, tuple[str, int, str | None]]
_OF_DOWNLOADS: Final = re.compile(r"([0-9]+)-([0-9]{1,9})\.[a-z]+(\.part)?")


class Left(Struct, frozen=True):
    """`over` is of attempts that have ended; `unknown` has no row."""

    over: tuple[Path, ...] = ()
    unknown: tuple[Path, ...] = ()


def find_left(folder: Path, name: re.Pattern[str], find: Callable[[], Standing]) -> Left:
    """What there is in the folder that no row owns or is about to own. The first group of `name`
    says the row, the second its attempt; other names are nobody's business here."""
    there = [(path, name.fullmatch(path.name)) for path in sorted(folder.glob("*"))]
    known = find()  # after the files: whoever has finished meanwhile is seen
    over, unknown = [], []
    for path, found in there:
        if found is None:
            continue
        state, attempts, file_name = known.get(found[1], ("", 0, None))
        if not state:
            unknown.append(path)
        elif file_name != path.name and (state, attempts) != ("running", int(found[2])):
            over.append(path)
    return Left(tuple(over), tuple(unknown))


def find_left_downloads(settings: Settings, find: Callable[[], Standing]) -> Left:
    """Those of downloads; `find` is store.downloads.runs.find_standing."""
    return find_left(settings.instance / "downloads", _OF_DOWNLOADS, find)


def remove_left_downloads(engine: Engine, settings: Settings) -> int:
    """Remove what killed attempts have left; how much it was."""
    return remove(find_left_downloads(settings, asking(engine, find_standing)))


def asking(engine: Engine, find: Callable[[Connection], Standing]) -> Callable[[], Standing]:
    """The same question to a snapshot of its own."""

    def ask() -> Standing:
        with reading(engine) as connection:
            return find(connection)

    return ask


def remove(left: Left) -> int:
    """Remove what no row will ever name; how much it was."""
    for path in left.over:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(left.over)
