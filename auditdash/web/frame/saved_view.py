"""Saved searches made ready for templates: what each asks, and whether it still can be asked."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.help.sentence import describe
from auditdash.search.parse import LANGUAGE, parse
from auditdash.search.scope import Clock
from auditdash.store.saved_searches import SavedSearch
from auditdash.web.frame.question import link


class SavedView(Struct, frozen=True, kw_only=True):
    """A saved search as pages show it; `said` reads its dates in the zone it was saved with.

    `zoned`: they name other instants in the reader's zone. `outdated`: the language has changed
    since. With an `error` it cannot be asked any more, and `said` is empty.
    """

    id: int
    name: str
    query: str
    owner: str
    own: bool
    shared: bool
    zone: str
    changed_at: Instant
    href: str
    outdated: bool
    zoned: bool = False
    said: str = ""
    error: QueryError | None = None


def view_of(saved: SavedSearch, path: str, person_id: int, clock: Clock) -> SavedView:
    """One search for this person, who looks by this clock; `href` asks it of the view at `path`."""
    there = Clock(clock.now, ZoneInfo(saved.zone))
    said, zoned, wrong = "", False, None
    try:
        said = describe(parse(saved.query), there)
        zoned = edit.freeze(saved.query, there) != edit.freeze(saved.query, clock)
    except QueryError as error:
        wrong = error
    return SavedView(
        id=saved.id,
        name=saved.name,
        query=saved.query,
        owner=saved.owner,
        own=saved.person_id == person_id,
        shared=saved.shared,
        zone=saved.zone,
        changed_at=saved.changed_at,
        href=link(path, saved.query),
        outdated=saved.language != LANGUAGE,
        zoned=zoned,
        said=said,
        error=wrong,
    )


def is_same(text: str, other: str) -> bool:
    """Whether two texts ask the same; a text that cannot be read asks nothing."""
    try:
        return parse(text) == parse(other)
    except QueryError:
        return False
