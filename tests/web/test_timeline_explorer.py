"""What stands around the rows: the histogram, the facets, the chips. Each is a link that edits the
text of the question, and no other."""

from __future__ import annotations

import re
from html import unescape
from itertools import pairwise
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from auditdash.charts.links import link, link_within_each, within
from auditdash.events.calendars import choose_unit, edges
from auditdash.events.instants import DAY, Instant
from auditdash.events.periods import Period
from auditdash.queries.histogram import count_over_time
from auditdash.search.parse import parse
from auditdash.search.scope import Clock, Scope
from auditdash.store.engine import reading, writing
from auditdash.web import readers
from auditdash.web.explorer.histogram import histogram_view
from auditdash.web.frame.question import bar
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store

BERLIN = ZoneInfo("Europe/Berlin")
_BAR = re.compile(r'<a class="bar" href="([^"]*)" data-start="([^"]*)" data-count="(\d+)" ([^>]*)>')


@pytest.fixture
def filled(engine: Engine, workspace_id: int) -> int:
    """Twelve days of March with as many events as the day says; some have no address."""
    records = [
        make_record(
            id=f"e{day}-{number}",
            timestamp=f"2026-03-{day:02}T{number:02}:30:00Z",
            action="report_activity_report_created" if number % 2 else "collection_created",
            actor__username=f"member_{number % 3}",
            actor__ip=None if number == 0 else "10.1.2.3",
        )
        for day in range(1, 13)
        for number in range(day)
    ]
    with writing(engine) as connection:
        store(connection, workspace_id, *records)
    return workspace_id


def _show(client: FlaskClient, text: str, **more: str) -> str:
    return client.get("/timeline?" + urlencode({"q": text, **more})).text


def _bars(page: str) -> list[tuple[str, int, str]]:
    """Of each bar what it asks, what it counts, what it says."""
    return [
        (_question(href), int(count), unescape(re.findall('aria-label="([^"]*)"', rest)[0]))
        for href, _, count, rest in _BAR.findall(page)
    ]


def _question(href: str) -> str:
    return parse_qs(urlsplit(unescape(href)).query, keep_blank_values=True)["q"][0]


def _choices(page: str) -> dict[str, tuple[str, str, int, bool]]:
    """By its words: what a value asks, what leaving it out asks, its count, whether it is on."""
    found = {}
    for choice in re.findall(r'<li class="facet-choice.*?</li>', page, re.DOTALL):
        label = re.findall(r'title="([^"]*)">[^<]*</bdi>', choice)[0]
        links = [_question(href) for href in re.findall(r'href="([^"]*)"', choice)]
        count = int(re.findall(r'facet-count">([\d,]+)<', choice)[0].replace(",", ""))
        out = links[1] if len(links) > 1 else ""
        found[unescape(label)] = (links[0], out, count, "aria-current" in choice)
    return found


@ON_SQLITE
def test_each_bar_says_its_day_and_leads_to_its_events(client: FlaskClient, filled: int) -> None:
    page = _show(client, "source:mode")
    bars = _bars(page)
    assert [count for _, count, _ in bars] == list(range(1, 13))
    assert bars[0][2] == "1 March 2026: 1 event"
    assert bars[11] == ("source:mode created:2026-03-12", 12, "12 March 2026: 12 events")
    assert "12</span> events" in _show(client, bars[11][0])
    assert page.count('tabindex="-1"') >= len(bars) - 1  # one bar takes part in the order of Tab
    assert '<path class="fill-reports"' in page
    assert ">2026-03-12" not in page
    table = page[page.index('class="histogram-table"') :]
    assert re.search(r'12 March 2026</a></th><td class="num">12</td>', table)


@ON_SQLITE
def test_the_bars_count_what_the_rows_count(client: FlaskClient, filled: int) -> None:
    for text in ("actor:member_1", "-ip:*", "op:create created:2026-03-03..2026-03-07", "report"):
        page = _show(client, f"{text} source:mode")
        counted = re.findall(r'rows-count"[^>]*><span class="numbers">([\d,]+)<', page)
        assert sum(count for _, count, _ in _bars(page)) == int(counted[0]), text


@ON_SQLITE
def test_the_period_grows_again(client: FlaskClient, filled: int) -> None:
    page = _show(client, "source:mode created:2026-03-04..2026-03-06")
    out = [_question(href) for href in re.findall(r'href="([^"]*)"[^>]*>[^>]*>[^W]*Wider', page)]
    assert "source:mode created:2026-03-01..2026-03-09" in [
        _question(href) for href in re.findall(r'href="([^"]*)"', page) if "?q=" in href
    ], out
    assert re.search(r'href="/timeline\?q=source%3Amode">All time<', page)
    assert "Wider period" not in _show(client, "source:mode")


@ON_SQLITE
def test_what_was_brushed_is_asked_in_whole_days(client: FlaskClient, filled: int) -> None:
    ends = {"start": "2026-03-02T23:00:00Z", "end": "2026-03-04T23:00:00Z"}
    client.set_cookie("zone", "Europe/Berlin")
    text = "source:mode created:2026-03"
    answer = client.get("/timeline/period?" + urlencode({"q": text, "seq": "40", **ends}))
    assert answer.status_code == 303
    assert _question(answer.location) == "source:mode created:2026-03-03..2026-03-04"
    assert "seq=40" in answer.location
    hours = {"start": "2026-03-02T10:00:00Z", "end": "2026-03-02T12:00:00Z"}
    answer = client.get("/timeline/period?" + urlencode({"q": "", **hours}))
    assert _question(answer.location) == "created:2026-03-02T10:00:00Z..2026-03-02T11:59:59Z"
    for bad in ({"start": "x", "end": "y"}, {"start": hours["start"]}):
        assert client.get("/timeline/period?" + urlencode({"q": "", **bad})).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "actor:a OR actor:b",
        "op:export created:>=now-20d sort:created-asc",
        "created:2026-11-10..2026-11-12",
        "created:2026-11-10,2026-11-20",
        '"a b" -actor:"x y"',
        " ".join(f"actor:a{number}" for number in range(50)),
        "w" * 1985,
    ],
)
def test_the_links_of_all_bars_are_those_of_each(text: str) -> None:
    query, clock = parse(text), Clock(NOW, BERLIN)
    for days in (2, 30, 3000):
        start = Instant(NOW - days * DAY)
        bounds = edges(start, NOW, choose_unit(start, NOW), BERLIN)
        periods = [Period(*pair) for pair in pairwise(bounds)]
        each = [link(within(query, period, clock)) for period in periods]
        assert link_within_each(query, periods, clock) == each


@ON_SQLITE
def test_a_facet_includes_excludes_and_lets_go(client: FlaskClient, filled: int) -> None:
    choices = _choices(_show(client, "source:mode"))
    assert choices["member_1"] == (
        "source:mode actor:member_1",
        "source:mode -actor:member_1",
        26,
        False,
    )
    chosen = _choices(_show(client, "source:mode actor:member_1"))
    assert chosen["member_1"] == ("source:mode", "source:mode -actor:member_1", 26, True)
    assert chosen["member_2"][0] == "source:mode actor:member_1,member_2"
    assert chosen["member_2"][2] == choices["member_2"][2]  # the alternatives stay in sight
    left_out = _choices(_show(client, "source:mode -actor:member_1"))
    assert left_out["member_1"] == ("source:mode", "", 26, True)


@ON_SQLITE
def test_what_has_no_value_is_a_choice_too(client: FlaskClient, filled: int) -> None:
    choices = _choices(_show(client, "source:mode"))
    assert choices["no address"] == ("source:mode -ip:*", "source:mode ip:*", 12, False)
    assert _choices(_show(client, "source:mode -ip:*"))["no address"][::3] == ("source:mode", True)
    assert _choices(_show(client, "source:mode ip:*"))["no address"][::3] == ("source:mode", True)


@ON_SQLITE
def test_each_facet_adds_up_to_the_result(client: FlaskClient, filled: int) -> None:
    page = _show(client, "source:mode")
    facets = re.split(r'<details class="facet" ', page)[1:]
    assert len(facets) > 5
    for facet in facets:
        more = re.findall(r"more values? · ([\d,]+) event", facet)
        counts = [*re.findall(r'facet-count">([\d,]+)<', facet), *more]
        assert sum(int(count.replace(",", "")) for count in counts) == 78, facet[:60]


@ON_SQLITE
def test_the_parts_of_a_question_are_chips_in_words(client: FlaskClient, filled: int) -> None:
    text = "(actor:member_1 OR op:create) -ip:10.9.0.0/16 created:2026-03 sort:created-asc"
    page = unescape(_show(client, text, seq="70"))
    chips = re.findall(r'<a class="chip([^"]*)" href="([^"]*)".*?chip-text">(.*?)</bdi>', page)
    told = [(kind.strip(), words, _question(href)) for kind, href, words in chips]
    assert told == [
        (
            "chip-or",
            "By member_1 or of the kind create",
            "-ip:10.9.0.0/16 created:2026-03 sort:created-asc",
        ),
        (
            "chip-not",
            "Not from 10.9.0.0/16",
            "(actor:member_1 OR op:create) created:2026-03 sort:created-asc",
        ),
        (
            "",
            "March 2026 (UTC)",
            "(actor:member_1 OR op:create) -ip:10.9.0.0/16 sort:created-asc",
        ),
        ("chip-order", "Oldest first", text.removesuffix(" sort:created-asc")),
        ("chip-frozen", "Frozen at number 70: what came in later is left out", text),
    ]
    assert "Newest first" not in page
    turned = re.findall(r'href="([^"]*)"><svg[^>]*>.{0,80}?</svg><span>Oldest first', page)
    assert _question(turned[-1]) == text.removesuffix(" sort:created-asc")
    assert all(("seq=70" in href) == (kind.strip() != "chip-frozen") for kind, href, _ in chips)
    locked = re.findall(r'<li class="chip chip-locked".*?</li>', page)
    assert len(locked) == 1
    assert "Workspace: <bdi>Acme</bdi>" in locked[0]
    assert "href" not in locked[0]


def test_one_of_two_equal_parts_is_left_out_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "locked", tuple)
    text = "actor:a actor:a op:export"
    chips = bar("/timeline", text, parse(text), Clock(NOW, BERLIN)).chips
    assert [_question(chip.without) for chip in chips] == [
        "actor:a op:export",
        "actor:a op:export",
        "actor:a actor:a",
    ]


@ON_SQLITE
def test_the_picture_stands_for_every_event_however_few(engine: Engine, workspace_id: int) -> None:
    rare = make_record(id="rare", timestamp="2026-03-05T10:00:00Z")
    many = (make_record(id=f"m{n}", timestamp="2026-03-01T10:00:00Z") for n in range(900))
    with writing(engine) as connection:
        store(connection, workspace_id, rare, *many)
    clock, query = Clock(NOW, BERLIN), parse("source:mode")
    with reading(engine) as connection:
        counted = count_over_time(connection, query, Scope(workspace_id=workspace_id), clock)
    view = histogram_view(counted, "/timeline", "source:mode", query, clock)
    assert view is not None
    heights = [float(high) for high in re.findall(r"v([\d.]+)h", view.parts[0].path)]
    assert heights[0] == pytest.approx(90)
    assert heights[1] == pytest.approx(2)
    assert [tick.text for tick in view.levels] == ["500", "1,000"]
