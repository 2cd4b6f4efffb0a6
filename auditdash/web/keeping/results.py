"""The results of a page that sums up, kept as they were written.

Writing takes most of the time, and most questions come again. So what was written is shown to
whoever asks the same, until an event comes that has a part in it: an answer is from all events.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.access.picture import known_baselines
from auditdash.queries.counting.news import has_news, standing_key
from auditdash.queries.permission_changes import find_first_recorded
from auditdash.queries.sight.views import open_view
from auditdash.search.query import Atom, Query, Term, query_of
from auditdash.search.scope import Clock, Scope
from auditdash.web import fragments
from auditdash.web.keeping.parts import Kept, Memory, Part

# Whom an event names may be told by any other event: a page is written anew when one of these
# dictionaries has a new entry.
_NAMES: Final = ("action", "actor", "entity", "subject", "role")
_NEVER: Final = Clock(Instant(0), ZoneInfo("UTC"))  # the time is no part of a key
_RESULTS: Final = "results"
# Whatever gives, changes or ends access, or what access is to.
ACCESS: Final = ("user-membership", "user-groups", "collections", "connections")

Context = dict[str, object]


class Asked(Struct, frozen=True, kw_only=True):
    """All that the results depend on, but for the events. `watched` are those that may have a part
    in them, whatever the query asks; None: any event may, so nothing is kept. `more` is what the
    address asks, and what else is configured, besides the query."""

    template: str
    text: str
    query: Query
    scope: Scope
    clock: Clock
    watched: Query | None
    more: Hashable = ()


class Made(Struct, frozen=True, kw_only=True):
    """What the template shows. `told` are the names of what the page says outside of it, and must
    be of few bytes; `until` is when the clock alone makes it another one."""

    context: Context
    told: tuple[str, ...] = ()
    until: Instant | None = None


class Results(Struct, frozen=True, kw_only=True):
    """The results, written, and what the page tells of them outside."""

    html: Markup
    told: Context


class _Page(Kept, frozen=True, kw_only=True):
    """With as many names in the dictionaries as `names` says."""

    told: Context
    names: tuple[int, ...]


class _Memory(Memory[_Page]):
    """Those of one index."""


def of_categories(*slugs: str) -> Query:
    """All events of these categories."""
    return query_of((Term("category", tuple(Atom(slug) for slug in slugs)),))


def find_results(connection: Connection, asked: Asked, make: Callable[[], Made]) -> Results:
    """The results as they are now: kept ones while they hold."""
    view = open_view(connection, asked.scope)
    memory, key = view.dictionaries.kept(_Memory), _key(connection, asked, view)
    known = None if key is None else memory.get(key)
    found = None if known is None else _renewed(asked, view, known)
    if found is None:
        found = _made(asked, view, make)
    # Of two readers the one who sees more leaves what is kept.
    if key is not None and (known is None or found.seq >= known.seq):
        memory.put(key, found)
    return Results(html=found.parts[_RESULTS].html, told=found.told)


def _key(connection: Connection, asked: Asked, view: View) -> Hashable:
    """All that results depend on, but for the events; None where they change by themselves."""
    standing = standing_key(asked.query, asked.clock)
    if standing is None or asked.watched is None:
        return None
    began, stated = find_first_recorded(connection, asked.scope), known_baselines(view)
    workspace = (view.slug, str(view.zone))
    return standing, began, stated, workspace, structs.replace(asked, clock=_NEVER)


def _renewed(asked: Asked, view: View, known: _Page) -> _Page | None:
    """What is kept, as this view sees it; None where it is another one now."""
    part = known.parts[_RESULTS]
    if not known.is_on_time(asked.clock.now) or part.first > view.highest_seq:
        return None
    if known.names != _names(view):
        return None
    if asked.watched is None or has_news(
        view, asked.watched, asked.clock, min(part.last, view.highest_seq)
    ):
        return None
    parts = {_RESULTS: part.until(view.highest_seq)}
    return structs.replace(known, seq=view.highest_seq, parts=parts)


def _made(asked: Asked, view: View, make: Callable[[], Made]) -> _Page:
    names = _names(view)  # before it is made: later ones are not all in it
    made = make()
    html = fragments.write(asked.template, **made.context)
    seq = view.highest_seq
    return _Page(
        seq=seq,
        parts={_RESULTS: Part(html, seq, seq)},
        made_at=asked.clock.now,
        until=made.until,
        told={name: made.context[name] for name in made.told},
        names=names,
    )


def _names(view: View) -> tuple[int, ...]:
    return tuple(len(view.dictionaries[name]) for name in _NAMES)
