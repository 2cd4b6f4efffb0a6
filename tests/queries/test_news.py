"""Whether anything came since that answers a question."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from auditdash.events.instants import parse_instant
from auditdash.queries.counting.news import has_news, standing_key
from auditdash.queries.sight.views import open_view
from auditdash.search.parse import parse
from auditdash.search.query import Query
from auditdash.search.scope import Clock
from auditdash.store.engine import reading
from tests.queries.corpus import CLOCK, SIZE, Corpus, means
from tests.search.asking import queries


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=queries, since=st.integers(0, SIZE), highest=st.integers(1, SIZE))
def test_there_is_news_where_an_event_above_the_number_answers(
    corpora: dict[str, Corpus], query: Query, since: int, highest: int
) -> None:
    plain = corpora["sqlite"]
    newer = (event for event in plain.events if since < event.seq <= highest)
    expected = any(means(query.node, event, plain.marks[event.seq]) for event in newer)
    for corpus in corpora.values():
        with reading(corpus.engine) as connection:
            view = open_view(connection, structs.replace(corpus.scope, highest_seq=highest))
            assert has_news(view, query, CLOCK, since) is expected


@pytest.mark.parametrize(
    ("text", "now", "stands"),
    [
        ("", "2026-03-10T12:00:00Z", True),
        ("created:2026-03-09", "2026-03-10T12:00:00Z", True),
        ("created:2026-03", "2026-03-10T12:00:00Z", False),
        ("created:2026-03", "2026-04-10T12:00:00Z", True),
        ("created:>=2026-03", "2026-03-10T12:00:00Z", True),
        ("created:today", "2026-03-10T12:00:00Z", False),
        ("-received:>now-7d", "2026-03-10T12:00:00Z", False),
    ],
)
def test_a_question_stands_where_only_events_can_change_its_answer(
    text: str, now: str, stands: bool
) -> None:
    clock = Clock(parse_instant(now), CLOCK.zone)
    assert (standing_key(parse(text), clock) is not None) is stands
