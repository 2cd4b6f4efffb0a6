"""Screen, paper, table and file show the same numbers, because they are made from one series."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from auditdash.charts.interactive import Figure, block, check, figure
from auditdash.charts.scale import nice_ticks
from auditdash.charts.series import Series
from auditdash.charts.still import svg
from auditdash.charts.table import table
from auditdash.charts.themes import DARK, LIGHT, Theme
from tests.charts.examples import bars, hours, ranking

SVG = "{http://www.w3.org/2000/svg}"
ALL = pytest.mark.parametrize("series", [bars(), ranking(), hours()], ids=lambda each: each.kind)


def _groups(series: Series) -> list[tuple[list[int], list[ElementTree.Element]]]:
    """For each bar or cell of the SVG: the numbers of its title, and its rectangles."""
    root = ElementTree.fromstring(svg(series, legend=False))
    found = []
    for group in root.iter(f"{SVG}g"):
        words = group.findtext(f"{SVG}title") or ""
        numbers = [int(each.replace(",", "")) for each in re.findall(r": ([\d,]+)", words)]
        found.append((numbers, group.findall(f"{SVG}rect")))
    return found


def _plotted(drawn: Figure) -> list[list[int]]:
    return [list(trace["customdata"]) for trace in drawn["data"]]


@ALL
def test_plotly_gets_the_numbers_of_the_series(series: Series) -> None:
    expected = [list(trace.values) for trace in series.drawn]
    assert _plotted(figure(series)) == _plotted(block(series)) == expected
    for trace, values in zip(figure(series)["data"], expected, strict=True):
        length = "x" if series.kind == "ranking" else "y"
        ones = [1] * len(values)
        assert list(trace[length]) == (ones if series.kind == "heatmap" else values)


@ALL
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda each: each.name)
def test_plotly_knows_all_that_it_is_given(series: Series, theme: Theme) -> None:
    drawn = figure(series, theme)
    assert json.loads(json.dumps(check(drawn))) == json.loads(json.dumps(drawn))
    with pytest.raises(ValueError, match="colour"):
        check({"data": [{"type": "bar", "colour": "red"}], "layout": {}})


@ALL
def test_the_table_has_each_number_and_adds_up(series: Series) -> None:
    head, *rows, sums = table(series).lines
    numbers = [[cell for cell in row if isinstance(cell, int)] for row in rows]
    drawn = [trace.values for trace in series.drawn]
    if series.kind == "stacked-bars":
        assert [tuple(row[:-1]) for row in numbers] == list(zip(*drawn, strict=True))
    elif series.kind == "heatmap":
        assert [tuple(row[:-1]) for row in numbers] == list(drawn)
    else:
        assert [row[0] for row in numbers] == [*drawn[0], 4, 1]
    assert sums[-1] == series.total == sum(row[-1] for row in numbers)
    assert {len(row) for row in rows} == {len(head)} == {len(sums)}


def test_the_still_bars_are_as_high_as_their_numbers() -> None:
    series = bars()
    bottom, top = 260 - 22, 6
    scale = (bottom - top) / nice_ticks(1200)[-1]
    for place, (numbers, rects) in enumerate(_groups(series)):
        parts = [trace.values[place] for trace in series.drawn if trace.values[place]]
        assert numbers == [series.sums[place], *parts]
        assert len(rects) == len(parts)
        ends = [sum(parts[: number + 1]) for number in range(len(parts))]
        for rect, end in zip(rects, ends, strict=True):
            assert float(rect.get("y", "")) == pytest.approx(bottom - end * scale, abs=0.8)


def test_the_still_ranking_is_as_long_as_its_numbers() -> None:
    values = ranking().traces[0].values
    groups = _groups(ranking())
    lengths = [float(rects[0].get("width", "")) for _, rects in groups]
    assert [numbers[-1] for numbers, _ in groups] == list(values)
    assert [length / lengths[0] for length in lengths] == pytest.approx([1, 0.9, 0.8], abs=0.001)


def test_the_still_heat_map_says_each_number_and_has_the_shade_that_plotly_gets() -> None:
    groups, drawn = _groups(hours()), figure(hours())
    said = [numbers[-1] for numbers, _ in groups]
    assert said == [value for trace in hours().traces for value in trace.values]
    shades = [rects[0].get("fill") for _, rects in groups]
    assert shades == [shade for trace in drawn["data"] for shade in trace["marker"]["color"]]
    assert len(set(shades)) == 4


def test_links_stand_at_their_numbers() -> None:
    links = [["exports 3", "exports 0", "exports 11"], ["reports 5", "reports 1200", "reports 7"]]
    assert block(bars())["links"] == links
    whole_bar = bars().labels[1].link
    second = [cell.link for cell in table(bars()).rows[1]]
    assert second == ["", "exports 0", "reports 1200", whole_bar]
    last = [row[-1].link for row in table(ranking()).rows]
    assert last == ["actor:0", "actor:1", "actor:2", "others", ""]


def test_a_file_keeps_the_columns_that_the_page_leaves_out() -> None:
    assert table(bars()).head == ("Week", "Data exports", "Report activity", "Total")
    assert table(bars(), whole=True).head[-2:] == ("Other", "Total")
