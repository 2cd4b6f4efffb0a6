"""Answers that are files: named after what is in them, the same again at any time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from flask import Response, abort, send_file
from msgspec import Struct, structs
from sqlalchemy import Connection
from werkzeug.exceptions import ServiceUnavailable

from auditdash.charts.series import Series
from auditdash.charts.table import table as numbers_of
from auditdash.downloads.files.about import About
from auditdash.downloads.files.form import FORMS, FileForm, iterate, write_file
from auditdash.downloads.orders.order import Asked, Order
from auditdash.downloads.places import RETRY_SECONDS, TOO_MANY, Place, iterate_file, take_place
from auditdash.downloads.tables.table import Table, numbered_columns
from auditdash.events.instants import to_datetime
from auditdash.queries.timeline import find_highest_seq
from auditdash.search.print import print_query
from auditdash.search.query import Query
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, streaming
from auditdash.web import fragments, params, readers
from auditdash.web.taking.keep import keep, new_href

# The end of an address of a file.
FORM: Final = "<any(csv, xlsx, ndjson, parquet):form>"
METHODS: Final = ("GET", "POST")  # to get the file now; to have it made by a worker, and kept
_MOST_DIRECT: Final = 10_000  # rows of a file that must be whole before it leaves
_HIGHEST: Final = (1 << 63) - 1


class Drawn(Struct, frozen=True, kw_only=True):
    """A small table that is made for a page, and never ordered: the numbers of a chart."""

    stem: str
    title: str
    table: Callable[[Asked], Table]
    arguments: tuple[tuple[str, str], ...] = ()


def drawn_file(
    stem: str, name: str, draw: Callable[[Connection, Query, Scope, Clock], Series]
) -> Drawn:
    """The numbers of a chart, as its table on the page has them."""

    def rows(asked: Asked) -> Table:
        head, *lines = numbers_of(draw(*asked.question), whole=True).lines
        return Table(numbered_columns(head, lines), lines)

    return Drawn(stem=stem, title=name.replace("-", " ").capitalize(), table=rows)


def frozen_scope() -> Scope:
    """The reader's scope up to `?seq=`, else up to the newest event now: a file does not change."""
    scope = readers.scope()
    with reading(readers.engine()) as connection:
        newest = find_highest_seq(connection, scope)
    highest = min(params.number("seq", newest, 0, _HIGHEST), newest)
    return structs.replace(scope, highest_seq=highest)


def answer_file(order: Order | Drawn, form: str, scope: Scope, query: Query) -> Response:
    """The table in one of FORMS, as `acme-events-2026-03-08-seq42.csv`; `?bom=1` puts a mark before
    CSV, for programs that need one.

    503 while as many files as may be are on their way.
    """
    made, clock = FORMS[form], readers.clock()
    if params.is_post():
        return keep(order, form, scope)
    bom = params.choice("bom", ("", "1"), "") == "1"

    ask = asking(scope, query)

    def table(connection: Connection) -> Table:
        return order.table(ask(connection))

    place = take_place(readers.installation().downloads)
    if place is None:
        raise ServiceUnavailable(TOO_MANY, retry_after=RETRY_SECONDS)
    if made.is_streamed:
        pieces = iterate_file(
            readers.engine(), lambda connection: iterate(table(connection), made, bom=bom), place
        )
        response = Response(pieces, content_type=made.media_type)
    else:
        try:
            response = _whole(table, made, _about(order, scope, query), place)
        except TooLongError:
            return fragments.see_other(new_href(form))
    day = to_datetime(clock.now, clock.zone).date().isoformat()
    name = f"{readers.reader().workspace.slug}-{order.stem}-{day}-seq{scope.highest_seq}.{form}"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.call_on_close(place.leave)  # also of an answer that nobody reads
    return response


def asking(scope: Scope, query: Query) -> Callable[[Connection], Asked]:
    """What the reader asks, of a connection that may be opened when the view is long over."""
    clock, home = readers.clock(), readers.reader().workspace.zone_info
    domains = readers.settings().domains

    def ask(connection: Connection) -> Asked:
        return Asked(
            connection=connection,
            query=query,
            scope=scope,
            clock=clock,
            home=home,
            domains=domains,
        )

    return ask


class TooLongError(Exception):
    """More rows than are made into a file while a reader waits."""


def _stop_when_long(rows: int) -> None:
    if rows > _MOST_DIRECT:
        raise TooLongError


def _about(order: Order | Drawn, scope: Scope, query: Query) -> About:
    reader = readers.reader()
    return About(
        title=order.title,
        workspace=reader.workspace.slug,
        query=params.query_text(),
        canonical=print_query(query),
        zone=str(reader.zone),
        highest_seq=scope.highest_seq or 0,
        at=readers.now(),
        by=reader.username,
        arguments=order.arguments,
    )


def _whole(
    make: Callable[[Connection], Table], form: FileForm, about: About, place: Place
) -> Response:
    """A file that must be whole before its first byte can leave; it has no name on the disk."""
    with ExitStack() as undone:
        file = undone.enter_context(tempfile.NamedTemporaryFile(suffix=f".{form.ending}"))
        try:
            with streaming(readers.engine()) as connection:
                write_file(make(connection), form, about, Path(file.name), _stop_when_long)
        except OSError as error:
            abort(507, f"The file could not be written: {error.strerror}.")
        finally:
            place.leave()  # to send it takes none
        file.seek(0)
        response = send_file(file, form.media_type)
        response.content_length = os.fstat(file.fileno()).st_size
        undone.pop_all()
    return response
