"""Names that strangers gave: shown as they are, never obeyed."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from auditdash.charts.interactive import block, figure
from auditdash.charts.scale import LONGEST_LABEL, fit_label, plain_label, text_width
from auditdash.charts.series import Series
from auditdash.charts.still import svg
from auditdash.charts.themes import PAPER, Theme
from tests.charts.examples import HOSTILE, bars, ranking

_ELEMENTS = {"svg", "title", "desc", "g", "rect", "line", "text"}
_TURNING = re.compile("[\x00-\x1f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
ALL = pytest.mark.parametrize(
    "series", [bars((HOSTILE[2], HOSTILE[0], "x")), ranking(HOSTILE)], ids=("bars", "rank")
)


@ALL
@pytest.mark.parametrize("theme", [PAPER, None])
def test_an_svg_has_only_our_elements_and_no_style(series: Series, theme: Theme | None) -> None:
    drawn = svg(series, theme=theme)
    drawn.encode()  # no lone surrogate
    root = ElementTree.fromstring(drawn)
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in _ELEMENTS
        assert not {"style", "href", "onload", "onclick"} & set(element.attrib)


@ALL
def test_labels_stand_in_an_svg_as_text(series: Series) -> None:
    root = ElementTree.fromstring(svg(series))
    texts = [text for element in root.iter() if (text := element.text)]
    ranked = series.kind == "ranking"
    for name in (each.text for each in series.labels) if ranked else (HOSTILE[2], HOSTILE[0]):
        assert any(plain_label(name) in text for text in texts), name
    assert not any(_TURNING.search(text.replace("\n", "")) for text in texts)
    assert max(map(len, texts)) < 1000


@ALL
def test_plotly_gets_no_mark_and_no_template_of_a_stranger(series: Series) -> None:
    text = json.dumps(figure(series)).replace("<br>", "").replace("<extra></extra>", "")
    assert "<" not in text
    templates = [trace["hovertemplate"] for trace in figure(series)["data"]]
    for template in templates:
        assert set(re.findall(r"%\{([^}]*)\}", template)) <= {"hovertext", "customdata:,"}


def test_a_figure_can_be_written_as_utf8_json() -> None:
    json.dumps(block(ranking(HOSTILE)), ensure_ascii=False).encode()


def test_long_names_are_cut_and_say_so() -> None:
    cut = plain_label("x" * 65_536)
    assert len(cut) == LONGEST_LABEL
    assert cut.endswith("…")
    for name in (*HOSTILE, "日本語のとても長い名前です" * 5, "mmmmmmmmmmmmmmmmmmmmmm"):
        shown = fit_label(name, 100, 12)
        assert text_width([shown], 12) <= 101
        assert shown == plain_label(name) or shown.endswith("…")


def test_a_short_name_is_not_cut() -> None:
    assert fit_label("alice", 100, 12) == "alice"
