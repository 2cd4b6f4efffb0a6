"""The search bar of a page: what is asked, in the reader's words and in ours, and links that ask
something near it. Every link edits the text, so the address is the whole state of the view."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import local_date
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.help.hints import hints
from auditdash.search.help.sentence import describe
from auditdash.search.parse import parse
from auditdash.search.print import print_node, print_query
from auditdash.search.query import Query, Term, query_of
from auditdash.search.scope import Clock


class Chip(Struct, frozen=True):
    """One part of the query, and the address of the view without it."""

    text: str
    without: str


class Preset(Struct, frozen=True):
    """One period to choose; `current` when it is what is asked."""

    label: str
    href: str
    current: bool


class Suggestion(Struct, frozen=True):
    """A hint, and the address of the view that may have been meant, or ""."""

    text: str
    href: str


class Bar(Struct, frozen=True, kw_only=True):
    """What templates/macros/question.html shows. With an `error` only `path` and `text` are set."""

    path: str
    text: str
    said: str = ""
    hints: tuple[Suggestion, ...] = ()
    chips: tuple[Chip, ...] = ()
    presets: tuple[Preset, ...] = ()
    error: QueryError | None = None


def bar(path: str, text: str, query: Query, clock: Clock) -> Bar:
    """The bar of the page at `path`, whose query was written as `text`."""
    return Bar(
        path=path,
        text=text,
        said=describe(query, clock),
        hints=tuple(
            Suggestion(hint.text, link(path, hint.suggestion) if hint.suggestion else "")
            for hint in hints(query)
        ),
        chips=tuple(
            Chip(print_node(part), link(path, print_query(without_part(query, number))))
            for number, part in enumerate(query.parts)
        ),
        presets=tuple(_presets(path, text, query, clock)),
    )


def link(path: str, text: str, **more: str | int) -> str:
    """The address of a view; an empty query stands there too, or the view's own would come back."""
    return f"{path}?{urlencode({'q': text, **more})}"


def without_part(query: Query, number: int) -> Query:
    """The query without its part of this number."""
    kept = tuple(part for at, part in enumerate(query.parts) if at != number)
    return query_of(kept, query.order)


def period_values(now: Instant, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """The periods of the picker: label and value of `created:`, empty for all."""
    month = f"{local_date(now, zone):%Y-%m}"
    return (
        ("Today", "today"),
        ("7 days", ">=now-7d"),
        ("30 days", ">=now-30d"),
        ("This month", month),
        ("All", ""),
    )


def _presets(path: str, text: str, query: Query, clock: Clock) -> list[Preset]:
    rest = edit.without(text, "created")
    asked = [part for part in query.parts if isinstance(part, Term) and part.field == "created"]
    found = []
    for label, value in period_values(clock.now, clock.zone):
        term = f"created:{value}" if value else ""
        current = asked == list(parse(term).parts)
        found.append(Preset(label, link(path, f"{rest} {term}".strip()), current))
    return found
