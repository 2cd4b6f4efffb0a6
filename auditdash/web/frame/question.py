"""The search bar of a page: what is asked, in the reader's words and in ours, and links that ask
something near it. Every link edits the text, so the address is the whole state of the view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_plus, urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct

from auditdash.events.instants import Instant
from auditdash.events.periods import local_date
from auditdash.search import edit
from auditdash.search.errors import QueryError
from auditdash.search.help.hints import hints
from auditdash.search.help.sentence import describe, describe_part
from auditdash.search.parse import parse
from auditdash.search.print import print_node, print_query
from auditdash.search.query import Node, Not, Or, Query, Term, query_of
from auditdash.search.scope import Clock
from auditdash.web import readers

_KINDS: Final[dict[type[Node], str]] = {Not: "not", Or: "or"}
_QUOTED: Final = str.maketrans({chr(point): quote_plus(chr(point)) for point in range(128)})


class Chip(Struct, frozen=True, kw_only=True):
    """One part of the query in words (`term` as it is written), and the view `without` it.

    `kind` tells what looks different: "", not, or, order, frozen.
    """

    text: str
    term: str
    without: str
    kind: str = ""


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
    """What templates/macros/question.html shows. `locked`: what limits the reader,
    in words. With an `error` only `path` and `text` are set."""

    path: str
    text: str
    seq: int = 0
    said: str = ""
    hints: tuple[Suggestion, ...] = ()
    chips: tuple[Chip, ...] = ()
    presets: tuple[Preset, ...] = ()
    locked: tuple[str, ...] = ()
    error: QueryError | None = None


def bar(path: str, text: str, query: Query, clock: Clock, seq: int = 0) -> Bar:
    """The bar of the page at `path`, whose query was written as `text`; `seq` freezes the view."""
    kept = {"seq": seq} if seq else {}
    return Bar(
        path=path,
        text=text,
        seq=seq,
        said=describe(query, clock),
        hints=tuple(
            Suggestion(hint.text, link(path, hint.suggestion, **kept) if hint.suggestion else "")
            for hint in hints(query)
        ),
        chips=tuple(_chips(path, text, query, clock, kept)),
        presets=tuple(_presets(path, text, query, clock, kept)),
        locked=readers.locked(),
    )


def _chips(
    path: str, text: str, query: Query, clock: Clock, kept: dict[str, int]
) -> Iterator[Chip]:
    for number, part in enumerate(query.parts):
        yield Chip(
            text=describe_part(part, clock),
            term=print_node(part),
            without=link(path, print_query(without_part(query, number)), **kept),
            kind=_KINDS.get(type(part), ""),
        )
    if query.order == "created-asc":
        rest = link(path, print_query(query_of(query.parts)), **kept)
        yield Chip(text="oldest first", term="sort:created-asc", without=rest, kind="order")
    if kept:
        said = f"frozen at number {kept['seq']:,}: what came in later is left out"
        yield Chip(text=said, term="", without=link(path, text), kind="frozen")


def link(path: str, text: str, **more: str | int) -> str:
    """The address of a view; an empty query stands there too, or the view's own would come back."""
    return f"{path}?q={quoted(text)}{f'&{urlencode(more)}' if more else ''}"


def quoted(text: str) -> str:
    """`quote_plus`, in a fifth of its time for queries: a page has a thousand of them."""
    return text.translate(_QUOTED) if text.isascii() else quote_plus(text)


def link_pieces(path: str, **more: str | int) -> tuple[str, str]:
    """What stands before and after the query, itself made by `quoted`, in such an address."""
    return f"{path}?q=", f"&{urlencode(more)}" if more else ""


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


def _presets(
    path: str, text: str, query: Query, clock: Clock, kept: dict[str, int]
) -> list[Preset]:
    rest = edit.without(text, "created")
    asked = [part for part in query.parts if isinstance(part, Term) and part.field == "created"]
    found = []
    for label, value in period_values(clock.now, clock.zone):
        term = f"created:{value}" if value else ""
        current = asked == list(parse(term).parts)
        found.append(Preset(label, link(path, f"{rest} {term}".strip(), **kept), current))
    return found
