from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

from auditdash.charts.buckets import bucket_short, bucket_text
from auditdash.charts.overview import (
    draw_by_category,
    draw_hours_of_week,
    draw_over_time,
    draw_top_actors,
    draw_top_entities,
)
from auditdash.events.calendars import Unit, edges
from auditdash.events.catalogue import categories
from auditdash.events.instants import parse_instant
from auditdash.events.periods import Period, month_period
from auditdash.queries.histogram import Histogram
from auditdash.queries.rankings import Rank, Ranking
from auditdash.search.parse import LONGEST, parse
from auditdash.search.scope import Clock

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(parse_instant("2026-11-23T12:00:00Z"), BERLIN)


def _ranking(*ranks: Rank, others: int = 0, other_count: int = 0, missing: int = 0) -> Ranking:
    return Ranking(ranks=ranks, others=others, other_count=other_count, missing=missing)


def _rank(name: str | None, count: int, id_: str | None = None, type_: str | None = None) -> Rank:
    return Rank(name=name, type=type_, id=id_, count=count)


def _histogram(period: Period, unit: Unit, exports: tuple[int, ...]) -> Histogram:
    assert period.start is not None
    assert period.end is not None
    bounds = edges(period.start, period.end, unit, BERLIN)
    buckets = tuple(Period(*pair) for pair in pairwise(bounds))
    nothing = (0,) * len(buckets)
    counts = {category.slug: nothing for category in categories()} | {"exports": exports}
    return Histogram(period=period, unit=unit, zone=BERLIN, buckets=buckets, counts=counts)


def test_buckets_are_called_as_people_call_them() -> None:
    start, end = parse_instant("2026-10-25T01:30:00Z"), parse_instant("2026-10-25T01:31:00Z")
    units: tuple[Unit, ...] = ("hour", "day", "week", "month", "year", "decade", "century")
    names = []
    for unit in units:
        bucket = Period(*edges(start, end, unit, BERLIN)[:2])
        names.append((bucket_text(bucket, unit, BERLIN), bucket_short(bucket, unit, BERLIN)))
    assert names == [
        ("25 October 2026, 02:00 CET", "02:00"),
        ("25 October 2026", "25 Oct"),
        ("Week of 19 October 2026", "19 Oct"),
        ("October 2026", "Oct 2026"),
        ("2026", "2026"),
        ("2020 to 2029", "2020"),
        ("2000 to 2099", "2000"),
    ]


def test_the_two_hours_of_a_change_of_clocks_have_two_names() -> None:
    period = Period(parse_instant("2026-10-25T00:00:00Z"), parse_instant("2026-10-25T02:00:00Z"))
    series = draw_over_time(_histogram(period, "hour", (1, 2)), parse(""), CLOCK)
    assert [label.text for label in series.labels] == [
        "25 October 2026, 02:00 CEST",
        "25 October 2026, 02:00 CET",
    ]


def test_the_summary_says_how_many_when_and_where_the_highest_is() -> None:
    march = month_period(2026, 3, BERLIN)
    series = draw_over_time(_histogram(march, "day", (1, *(0,) * 29, 7)), parse(""), CLOCK)
    assert series.summary == (
        "8 events from 1 March 2026 to 31 March 2026. Most on 31 March 2026: 7."
    )
    one = Period(parse_instant("2026-03-02T09:00:00Z"), parse_instant("2026-03-02T09:00:01Z"))
    assert draw_over_time(_histogram(one, "day", (1,)), parse(""), CLOCK).summary == (
        "1 event on 2 March 2026."
    )
    assert draw_over_time(_histogram(one, "day", (0,)), parse(""), CLOCK).summary == "No events."


def test_a_bar_of_a_part_of_a_week_leads_to_that_part_only() -> None:
    asked = Period(parse_instant("2026-02-28T23:00:00Z"), parse_instant("2026-03-09T23:00:00Z"))
    query = parse("created:2026-03-01..2026-03-09 actor:bob")
    series = draw_over_time(_histogram(asked, "week", (1, 2, 3)), query, CLOCK)
    assert [label.link for label in series.labels] == [
        "actor:bob created:2026-03-01",
        "actor:bob created:2026-03-02..2026-03-08",
        "actor:bob created:2026-03-09",
    ]
    exports = next(trace for trace in series.traces if trace.slug == "exports")
    assert exports.links[1] == "actor:bob created:2026-03-02..2026-03-08 category:exports"


def test_categories_come_by_size_and_each_has_its_colour() -> None:
    counts = {category.slug: 0 for category in categories()} | {"exports": 3, "reports": 9}
    series = draw_by_category(counts, parse("category:exports,reports"))
    assert [label.slug for label in series.labels] == ["reports", "exports"]
    assert series.summary.endswith("is the largest of 2 categories: 9 of 12 events (75%).")


def test_actors_say_who_is_first_and_what_is_left_out() -> None:
    ranking = _ranking(_rank("alice", 995), others=1, other_count=4, missing=1)
    series = draw_top_actors(ranking, parse("category:exports"))
    assert series.summary == "2 actors. First is alice with 995 events, more than 99% of all."
    assert [(rest.text, rest.count, rest.link) for rest in series.rest] == [
        ("1 other actor", 4, "category:exports actor:* -actor:alice"),
        ("No actor named", 1, "category:exports -actor:*"),
    ]
    nobody = draw_top_actors(_ranking(missing=3), parse(""))
    assert nobody.summary == "None of 3 events names an actor."
    assert draw_top_actors(_ranking(), parse("")).summary == "No events."


def test_entities_are_found_by_type_and_id_and_by_name_where_there_is_none() -> None:
    ranking = _ranking(
        _rank("Pay roll", 5, "e1", "report"), _rank(None, 4, "e2"), _rank("Star Space", 3)
    )
    series = draw_top_entities(ranking, parse(""))
    assert [label.text for label in series.labels] == ["Pay roll", "e2", "Star Space"]
    assert series.traces[0].links == (
        "entity_type:report entity_id:e1",
        "-entity_type:* entity_id:e2",
        '-entity_type:* entity:"Star Space" -entity_id:*',
    )


def test_a_link_that_would_be_longer_than_a_query_may_be_is_left_out() -> None:
    names = [_rank(f"{number}-{'x' * 300}", 9 - number) for number in range(8)]
    series = draw_top_actors(_ranking(*names, others=2, other_count=2), parse(""))
    assert all(0 < len(link) <= LONGEST for link in series.traces[0].links)
    assert [rest.link for rest in series.rest] == [""]
    terms = parse(" ".join(f"-entity:e{number}" for number in range(50)))
    assert draw_top_actors(_ranking(names[0]), terms).traces[0].links == ("",)


def test_hours_say_which_is_the_busiest_and_whose_clocks() -> None:
    week = [[0] * 24 for _ in range(7)]
    week[1][9], week[6][3] = 9, 1
    series = draw_hours_of_week(week, CLOCK)
    assert series.summary == (
        "Busiest: Tuesday from 09:00 with 9 events. At weekends: 10%. Hours of Europe/Berlin."
    )
    assert series.traces[6].name == "Sunday"
    assert draw_hours_of_week([[0] * 24] * 7, CLOCK).summary == "No events."
