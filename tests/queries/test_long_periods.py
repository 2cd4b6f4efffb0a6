"""Of a long period what lies outside is counted, and taken from what there ever was."""

from __future__ import annotations

from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine

from auditdash.events.instants import parse_instant
from auditdash.queries.counting import totals
from auditdash.queries.counting.counts import count_codes
from auditdash.queries.sight.views import open_view
from auditdash.queries.stream import iterate_events
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading
from tests.queries.random_events import scatter

CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), ZoneInfo("UTC"))
QUERIES = (
    "created:>=2026-03-03",
    "created:<2026-05-28",
    "created:2026-03-02..2026-05-29",
    "created:2026-03-02..2026-05-29 created:>=2026-03-05",
    "created:2026-03-02..2026-05-29 op:export",
    "created:2026-03-02..2026-05-29 -actor:* category:exports,reports",
    "created:2026-04-02..2026-04-04",
    "created:<2020",
)
# The same of all times is known when these are asked.
LATER = tuple(text.replace("2026-03-02", "2026-03-04") for text in QUERIES)


@pytest.fixture
def looked_outside(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Each time what the rule of long periods said; every segment counts as settled."""
    said: list[bool] = []
    rule = vars(totals)["_is_long"]

    def listen(*given: object) -> bool:
        said.append(bool(rule(*given)))
        return said[-1]

    monkeypatch.setattr(totals, "_is_long", listen)
    monkeypatch.setattr(totals, "MOST_ROWS", 0)
    return said


def _count(connection: Connection, scope: Scope, text: str) -> Counter[str | None]:
    view = open_view(connection, scope)
    counts = count_codes(view, parse(text), CLOCK, ["actor", "action"])
    entries = view.dictionaries["action"].entries
    assert counts["actor"].sum() == counts["action"].sum()
    return +Counter(
        {entries[code][0]: count for code, count in enumerate(counts["action"].tolist())}
    )


def test_a_long_period_counts_what_its_events_are(
    engine: Engine, workspace_id: int, looked_outside: list[bool]
) -> None:
    scope = Scope(workspace_id=workspace_id)
    for start, end in (("2026-03-01", "2026-05-30"), ("2026-02-27", "2026-06-02")):
        scatter(engine, workspace_id, f"{start}T00:00:00Z", f"{end}T00:00:00Z", 300)
    with reading(engine) as connection:
        for text in (*QUERIES, "", "op:export", "-actor:* category:exports,reports", *LATER):
            found = iterate_events(connection, parse(text), scope, CLOCK)
            expected = Counter(event.action for event in found)
            assert _count(connection, scope, text) == expected, text
    assert looked_outside.count(True) > len(QUERIES)
    assert False in looked_outside
