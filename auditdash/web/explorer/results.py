"""What the timeline found, written out: the histogram, the rows, the facets.

Writing takes ten times as long as asking, and most pages are asked for again. So each part is kept,
and shown again while nothing has come that would change it: an answer is from all events.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from msgspec import Struct, structs
from sqlalchemy import Connection

from auditdash.events.instants import Instant
from auditdash.index.view import View
from auditdash.queries.counting.news import has_news, standing_key
from auditdash.queries.facets import FACETS, Facets, count_facets
from auditdash.queries.histogram import count_over_time
from auditdash.queries.sight.views import open_view
from auditdash.queries.timeline import Cursor, Page, cursor_text, find_events, has_events
from auditdash.search import edit
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.web import fragments, readers
from auditdash.web.explorer.histogram import HistogramView, histogram_view
from auditdash.web.frame.explorer import days_of
from auditdash.web.frame.facets import facet_views
from auditdash.web.frame.question import link
from auditdash.web.keeping.parts import Kept, Memory, Part

ROWS: Final = 50
_NEVER: Final = Clock(Instant(0), ZoneInfo("UTC"))  # the time is no part of a key
_HISTOGRAM, _DAYS = "histogram", "days"


class Asked(Struct, frozen=True, kw_only=True):
    """All that the results depend on, but for the events. `seq` freezes the view, 0 does not."""

    path: str
    text: str
    query: Query
    scope: Scope
    clock: Clock
    after: Cursor | None
    seq: int

    @property
    def more(self) -> dict[str, int]:
        """What stands in each address, beside the query."""
        return {"seq": self.seq} if self.seq else {}


class Written(Kept, frozen=True, kw_only=True):
    """How many events there are, and how many rows of them it shows."""

    count: int
    rows: int


class _Memory(Memory[Written]):
    """The pages of one index."""


class Results(Struct, frozen=True, kw_only=True):
    """What templates/timeline/page.html shows. `is_filled`: something came from elsewhere than our
    own record of reading. Without an event there is no histogram, and no day."""

    is_filled: bool
    highest_seq: int
    count: int
    rows: int
    histogram: Markup
    days: Markup
    facets: tuple[Markup, ...]


def find_results(connection: Connection, asked: Asked) -> Results:
    """The results as they are now: of kept ones what still holds, the rest made anew."""
    view = open_view(connection, asked.scope)
    memory, key = view.dictionaries.kept(_Memory), _key(asked, view)
    kept = None if key is None else memory.get(key)
    found = None if kept is None else _renewed(connection, asked, view, kept)
    is_filled = found is not None or has_events(connection, asked.scope, readers.SOURCE)
    found = found or _made(connection, asked, view)
    # Of two readers the one who sees more leaves what is kept.
    if key is not None and is_filled and found.count and (kept is None or found.seq >= kept.seq):
        memory.put(key, found)
    return _results(found, is_filled=is_filled)


def make_results(connection: Connection, asked: Asked) -> Results:
    """The same without a memory."""
    is_filled = has_events(connection, asked.scope, readers.SOURCE)
    found = _made(connection, asked, open_view(connection, asked.scope))
    return _results(found, is_filled=is_filled)


def _key(asked: Asked, view: View) -> Hashable:
    """All that parts depend on, but for the events; None where they change by themselves."""
    standing = standing_key(asked.query, asked.clock)
    workspace = (view.slug, str(view.zone))
    return None if standing is None else (standing, workspace, structs.replace(asked, clock=_NEVER))


def _renewed(connection: Connection, asked: Asked, view: View, kept: Written) -> Written | None:
    """What is kept, as this view sees it; None when the rows or the histogram are others now."""
    if not kept.is_on_time(asked.clock.now):
        return None
    known = dict[tuple[Query, int], bool]()
    standing = dict[str, Part]()
    for name, part in kept.parts.items():
        query = edit.without_field(asked.query, name) if name in FACETS else asked.query
        since = min(part.last, view.highest_seq)
        if (query, since) not in known:
            known[query, since] = has_news(view, query, asked.clock, since)
        if part.first <= view.highest_seq and not known[query, since]:
            standing[name] = part.until(view.highest_seq)
        elif name not in FACETS:
            return None
    stale = [field for field in FACETS if field not in standing]
    if stale:
        counted = count_facets(connection, asked.query, asked.scope, asked.clock, fields=stale)
        standing |= _facet_parts(asked, counted, stale, view.highest_seq)
    return structs.replace(kept, seq=view.highest_seq, parts=standing)


def _made(connection: Connection, asked: Asked, view: View) -> Written:
    query, scope, clock, seq = asked.query, asked.scope, asked.clock, view.highest_seq
    page = find_events(connection, query, scope, clock, asked.after, ROWS)
    counted = count_facets(connection, query, scope, clock)
    histogram = None
    if counted.total:
        over_time = count_over_time(connection, query, scope, clock)
        histogram = histogram_view(over_time, asked.path, asked.text, query, clock, **asked.more)
    return Written(
        count=counted.total,
        rows=len(page.events),
        seq=seq,
        parts={
            _HISTOGRAM: Part(_write_histogram(asked, histogram), seq, seq),
            _DAYS: Part(_write_days(asked, page), seq, seq),
            **_facet_parts(asked, counted, FACETS, seq),
        },
        made_at=clock.now,
        until=histogram.until if histogram else None,
    )


def _write_histogram(asked: Asked, histogram: HistogramView | None) -> Markup:
    if histogram is None:
        return Markup("")
    return fragments.write(
        "timeline/_histogram.html", histogram=histogram, text=asked.text, bar={"seq": asked.seq}
    )


def _write_days(asked: Asked, page: Page) -> Markup:
    return fragments.write("timeline/_days.html", **rows_context(asked, page))


def rows_context(asked: Asked, page: Page) -> dict[str, object]:
    """What templates/timeline/_days.html shows of a page of events."""
    place = cursor_text(page.following) if page.following else ""
    return {
        "text": asked.text,
        "days": days_of(page.events, asked.clock.zone, asked.after, asked.text),
        "next_href": link(asked.path, asked.text, after=place, **asked.more) if place else "",
    }


def _facet_parts(asked: Asked, counted: Facets, fields: Sequence[str], seq: int) -> dict[str, Part]:
    """A part for each field, empty where there is nothing to choose."""
    views = facet_views(counted.facets, asked.path, asked.text, asked.query, **asked.more)
    shown = [view for view in views if view.field != "ip" or asked.scope.addresses]
    written = {view.field: fragments.write("timeline/_facet.html", facet=view) for view in shown}
    return {field: Part(written.get(field, Markup("")), seq, seq) for field in fields}


def _results(found: Written, *, is_filled: bool) -> Results:
    html = {name: part.html for name, part in found.parts.items()}
    return Results(
        is_filled=is_filled,
        highest_seq=found.seq,
        count=found.count,
        rows=found.rows,
        histogram=html[_HISTOGRAM],
        days=html[_DAYS],
        facets=tuple(html[field] for field in FACETS if html[field]),
    )
