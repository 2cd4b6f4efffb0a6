"""One colour for each category: the same on the page, in charts and on paper.

Chosen by search in OKLCH so that any two stay apart for readers with full, protan, deutan and
tritan vision, each with a contrast of 3:1 or more to every surface it stands on.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Colour(Struct, frozen=True):
    """Hex colours for the light theme, the dark theme and paper."""

    light: str
    dark: str
    paper: str


# static/css/tokens.css repeats them as --category-<slug>; a test compares.
COLOURS: Final[dict[str, Colour]] = {
    "user-membership": Colour("#2632ab", "#54a0fc", "#2632ab"),
    "user-groups": Colour("#015f90", "#7ee2fd", "#015f90"),
    "collections": Colour("#1ea05a", "#7ca363", "#1ea05a"),
    "connections": Colour("#9577fb", "#7e5de0", "#9577fb"),
    "exports": Colour("#880f01", "#ca4405", "#880f01"),
    "reports": Colour("#2d827d", "#327e6c", "#2d827d"),
    "schedules": Colour("#7a7603", "#d7b427", "#7a7603"),
    "api-tokens": Colour("#e257b6", "#cf56a8", "#e257b6"),
    "audit-log": Colour("#775945", "#e6d5b2", "#775945"),
    "other": Colour("#434753", "#acb0be", "#434753"),
}

# The kinds of exports where nothing but exports is drawn; static/css/charts.css repeats them.
EXPORT_COLOURS: Final[dict[str, Colour]] = {
    "export_data_sql_exported": Colour("#880f01", "#ff9466", "#880f01"),
    "export_data_report_exported_csv": Colour("#d2622a", "#ca4405", "#d2622a"),
    "export_data_report_exported_pdf": Colour("#9a8262", "#9c8a78", "#9a8262"),
}

# What was done to access, where nothing else is drawn; static/css/charts.css repeats them, too.
CHANGE_COLOURS: Final[dict[str, Colour]] = {
    "granted": Colour("#1ea05a", "#7ca363", "#1ea05a"),
    "revoked": Colour("#880f01", "#ff9466", "#880f01"),
    "changed": Colour("#9577fb", "#7e5de0", "#9577fb"),
}

# Which way access went; the same colours as of what was done, and static/css/charts.css, too.
DIRECTION_COLOURS: Final[dict[str, Colour]] = {
    "up": CHANGE_COLOURS["granted"],
    "down": CHANGE_COLOURS["revoked"],
    "sideways": CHANGE_COLOURS["changed"],
    "unknown": COLOURS["other"],
}
