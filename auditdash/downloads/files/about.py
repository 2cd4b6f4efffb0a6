"""What a file says about itself: what was asked, when, by whom, and up to which event."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from msgspec import Struct

from auditdash.events.instants import Instant, to_rfc3339


class About(Struct, frozen=True, kw_only=True):
    """`query` as it was written, `canonical` as it was understood; `zone` is that of its dates.
    Events behind `highest_seq` are not in the file. `arguments` is what was asked beside the query,
    by name."""

    title: str
    workspace: str
    query: str
    canonical: str
    zone: str
    highest_seq: int
    at: Instant
    by: str
    arguments: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Name and value of each, as text."""
        return [
            ("table", self.title),
            ("workspace", self.workspace),
            ("query", self.query),
            ("canonical_query", self.canonical),
            *self.arguments,
            ("zone", self.zone),
            ("highest_seq", str(self.highest_seq)),
            ("asked_at", to_rfc3339(self.at)),
            ("asked_by", self.by),
            ("auditdash", VERSION),
        ]


def _version() -> str:
    try:
        return version("auditdash")
    except PackageNotFoundError:
        return "from source"


VERSION: Final = _version()
