"""What surrounds the colours of the categories, in each theme and on paper."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from auditdash.charts.palette import (
    CHANGE_COLOURS,
    COLOURS,
    DIRECTION_COLOURS,
    EXPORT_COLOURS,
)
from auditdash.charts.series import ACCENT
from auditdash.events.catalogue import OTHER

Name = Literal["light", "dark", "paper"]


class Theme(Struct, frozen=True, kw_only=True):
    """Hex colours. `heat` goes from no events to the most, in equal steps of lightness."""

    name: Name
    surface: str
    ink: str
    muted: str
    line: str
    edge: str
    raised: str
    accent: str
    heat: tuple[str, ...]

    def fill(self, slug: str) -> str:
        """The colour of a category, of a kind of exports, or of bars that stand for neither."""
        if slug == ACCENT:
            return self.accent
        known = COLOURS | EXPORT_COLOURS | CHANGE_COLOURS | DIRECTION_COLOURS
        colour = known.get(slug, COLOURS[OTHER])
        return str(getattr(colour, self.name))


# static/css/tokens.css and charts.css repeat these; a test compares.
LIGHT: Final = Theme(
    name="light",
    surface="#ffffff",
    ink="#14171c",
    muted="#626977",
    line="#e4e7ec",
    edge="#cdd2da",
    raised="#ffffff",
    accent="#3446c2",
    heat=("#f4f5f7", "#dfe4fb", "#bfc8f6", "#98a6ee", "#6f80e0", "#4a5bce", "#2c3aa3"),
)
DARK: Final = Theme(
    name="dark",
    surface="#15191f",
    ink="#eceef1",
    muted="#959dab",
    line="#272d36",
    edge="#3a424e",
    raised="#1c2128",
    accent="#97a7ff",
    heat=("#1b2027", "#252d52", "#33407c", "#4557a8", "#5d72d0", "#8093ee", "#b9c5ff"),
)
PAPER: Final = Theme(
    name="paper",
    surface="#ffffff",
    ink="#14171c",
    muted="#4a515c",
    line="#d5d9e0",
    edge="#868e9b",
    raised="#ffffff",
    accent="#3446c2",
    heat=LIGHT.heat,
)
