"""The style sheets say the colours again, for what is drawn without Plotly."""

from __future__ import annotations

import re

from auditdash.charts.palette import COLOURS, EXPORT_COLOURS
from auditdash.charts.scale import LEVELS
from auditdash.charts.themes import DARK, LIGHT, PAPER
from auditdash.queries.data_exports import export_actions
from auditdash.settings import ROOT

_CSS = ROOT / "static" / "css"
_PAIR = r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)"


def _pairs(sheet: str, pattern: str) -> dict[str, tuple[str, str]]:
    text = (_CSS / sheet).read_text(encoding="utf-8")
    return {name: (light, dark) for name, light, dark in re.findall(pattern + _PAIR, text)}


def test_surroundings_are_those_of_the_page() -> None:
    tokens = _pairs("tokens.css", r"--([a-z0-9-]+): ")
    for name, field in {
        "surface": "surface",
        "raised": "raised",
        "ink": "ink",
        "ink-3": "muted",
        "line": "line",
        "line-strong": "edge",
        "accent": "accent",
    }.items():
        assert tokens[name] == (getattr(LIGHT, field), getattr(DARK, field)), name


def test_the_shades_of_the_heat_map_are_those_of_the_page() -> None:
    shades = _pairs("charts.css", r"\.heat-(\d) \{ fill: ")
    expected = zip(LIGHT.heat, DARK.heat, strict=True)
    assert shades == {str(number): pair for number, pair in enumerate(expected)}
    assert len(LIGHT.heat) == len(PAPER.heat) == LEVELS + 1


def test_each_category_can_fill_a_still_picture() -> None:
    text = (_CSS / "charts.css").read_text(encoding="utf-8")
    for slug in COLOURS:
        assert f".fill-{slug} {{ fill: var(--category-{slug}); }}" in text


def test_each_kind_of_exports_has_a_colour_of_its_own() -> None:
    assert set(EXPORT_COLOURS) == set(export_actions())
    expected = {name: (each.light, each.dark) for name, each in EXPORT_COLOURS.items()}
    assert _pairs("charts.css", r"\.fill-(export_\w+) \{ fill: ") == expected
    assert _pairs("charts.css", r"\.mark-(export_\w+) \{ background: ") == expected
    for theme in (LIGHT, DARK, PAPER):
        assert len({theme.fill(name) for name in EXPORT_COLOURS}) == len(EXPORT_COLOURS)


def test_a_category_that_nobody_knows_is_grey() -> None:
    assert DARK.fill("brand-new") == COLOURS["other"].dark
    assert PAPER.fill("exports") == COLOURS["exports"].paper
