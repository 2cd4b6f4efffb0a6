"""The files that sections of lists attach: each by its name, all rows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from auditdash.downloads.access_rows import deltas_table
from auditdash.downloads.lasting_rows import lasting_table
from auditdash.downloads.summaries.changed_rows import changed_table
from auditdash.downloads.summaries.inventory_rows import recipients_table, tokens_table
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.queries.access.difference import find_difference, iterate_deltas
from auditdash.queries.access.rows import open_sight
from auditdash.queries.changed.compare import compare
from auditdash.queries.inventory.recipients import find_recipients
from auditdash.queries.inventory.rows import Mark
from auditdash.queries.inventory.tokens import find_tokens
from auditdash.queries.permission_answers.lasting import find_lasting
from auditdash.reports.attached import counted
from auditdash.reports.attached.grants import moment_of
from auditdash.reports.question import at_any_time
from auditdash.reports.source import Source

TEMPORARY: Final = 7 * DAY
_ALL: Final = 1 << 40


def iterate_list(source: Source, name: str) -> Iterator[bytes]:
    """The pieces of one file."""
    return _LISTS[name](source)


def _changed(source: Source) -> Iterator[bytes]:
    question = source.question
    before = Period(*source.order.before) if source.order.before else Period(None, question.start)
    query = at_any_time(question, source.kind.within)
    found = compare(
        source.connection,
        query,
        question.scope,
        question.clock,
        (before, question.period),
        source.domains,
    )
    return changed_table(found).csv()


def _differences(source: Source) -> Iterator[bytes]:
    question = source.question
    sight = open_sight(source.connection, question.scope)
    moments = Instant(question.start - 1), moment_of(source)
    found = find_difference(sight, *moments, question.asked, question.clock)
    return deltas_table(iterate_deltas(sight, found)).csv()


def _lasting(source: Source) -> Iterator[bytes]:
    question = source.question
    found = find_lasting(
        source.connection,
        question.query,
        question.scope,
        question.clock,
        within=TEMPORARY,
        older=0,
        limit=_ALL,
    )
    return lasting_table(found, question.clock.now).csv()


def _tokens(source: Source) -> Iterator[bytes]:
    question = source.question
    query = at_any_time(question, source.kind.within)
    found = find_tokens(source.connection, query, question.scope, question.clock)
    there = [each for each in found.all if _was_there(source, each.began, each.ended)]
    return tokens_table(replace(found, all=there)).csv()


def _recipients(source: Source) -> Iterator[bytes]:
    question = source.question
    query = at_any_time(question, source.kind.within)
    found = find_recipients(
        source.connection, query, question.scope, question.clock, source.domains
    )
    there = [each for each in found.all if _was_there(source, each.began, each.ended)]
    return recipients_table(replace(found, all=there)).csv()


def _was_there(source: Source, began: Mark | None, ended: Mark | None) -> bool:
    """Whether something was there at any moment of the period."""
    question = source.question
    return (began is None or began.at < question.end) and (
        ended is None or ended.at >= question.start
    )


_LISTS: Final[Mapping[str, Callable[[Source], Iterator[bytes]]]] = {
    "changed.csv": _changed,
    "differences.csv": _differences,
    "granting.csv": counted.iterate_granting,
    "lasting.csv": _lasting,
    "readers.csv": counted.iterate_readers,
    "recipients.csv": _recipients,
    "tokens.csv": _tokens,
}
LISTS: Final = tuple(_LISTS)
