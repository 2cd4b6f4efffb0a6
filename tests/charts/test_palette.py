import re

import pytest

from auditdash.charts.palette import COLOURS
from auditdash.events.catalogue import categories
from auditdash.settings import ROOT

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
PAIR = r"--%s: light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);"
# What a mark or a text may stand on.
SURFACES = ("canvas", "surface", "sunken", "hover", "raised")


def _token(name: str) -> tuple[str, str]:
    found = re.search(PAIR % name, TOKENS)
    assert found, f"--{name} is not in tokens.css"
    return found[1], found[2]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_category_has_one_colour() -> None:
    assert list(COLOURS) == [category.slug for category in categories()]
    for theme in ("light", "dark", "paper"):
        assert len({getattr(colour, theme) for colour in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("slug", COLOURS)
def test_page_and_document_use_the_colours_of_the_palette(slug: str) -> None:
    colour = COLOURS[slug]
    assert _token(f"category-{slug}") == (colour.light, colour.dark)
    assert re.search(rf"\| {slug} \| `{colour.light}` \w+( \w+)? \| `{colour.dark}` \|", DESIGN)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("slug", COLOURS)
def test_a_mark_stands_out_from_every_surface(slug: str, surface: str) -> None:
    for mark, ground in zip(_token(f"category-{slug}"), _token(surface), strict=True):
        assert _contrast(mark, ground) >= 3
    assert _contrast(COLOURS[slug].paper, "#ffffff") >= 3


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3", "accent", "danger", "warning", "ok"])
def test_text_can_be_read_on_every_surface(ink: str, surface: str) -> None:
    for text, ground in zip(_token(ink), _token(surface), strict=True):
        assert _contrast(text, ground) >= 4.5


@pytest.mark.parametrize("kind", ["danger", "warning", "ok", "info"])
def test_what_is_said_can_be_read_on_its_own_ground(kind: str) -> None:
    for text, ground in zip(_token(kind), _token(f"{kind}-soft"), strict=True):
        assert _contrast(text, ground) >= 4.5
