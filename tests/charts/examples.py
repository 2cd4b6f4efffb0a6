"""Series for tests: one of each kind, and one written by an enemy."""

from __future__ import annotations

from auditdash.charts.series import ACCENT, Label, Rest, Series, Trace

HOSTILE = (
    "</text><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<b>bold</b> &amp; %{x} %{customdata} <a href='https://evil.example'>here</a>",
    "\u202egnp.exe \u2066 \x00\x1b[31m \ufeff",
    "]]> <!-- & --> \ud800",
    "x" * 65_536,
    "= 1 + 1",
    "line\r\nbreak\ttab",
)


def bars(names: tuple[str, ...] = ("Data exports", "Report activity", "Other")) -> Series:
    """Three weeks by category; nothing of the last one."""
    values = ((3, 0, 11), (5, 1200, 7), (0, 0, 0))
    slugs = ("exports", "reports", "other")
    labels = [f"Week of {day} March 2026" for day in (2, 9, 16)]
    return Series(
        name="over-time",
        kind="stacked-bars",
        title="Events over time",
        summary="1,226 events.",
        label_head="Week",
        labels=tuple(Label(text=text, short=text[8:13], link=f"q {text}") for text in labels),
        traces=tuple(
            Trace(name=name, slug=slug, values=row, links=tuple(f"{slug} {n}" for n in row))
            for name, slug, row in zip(names, slugs, values, strict=True)
        ),
    )


def ranking(names: tuple[str, ...] = ("alice", "bob", "carol")) -> Series:
    """Each name has ten events fewer than the one before it."""
    values = tuple(100 - 10 * number for number in range(len(names)))
    return Series(
        name="top-actors",
        kind="ranking",
        title="Top actors",
        summary=f"First is {names[0]}.",
        label_head="Actor",
        note_head="Type",
        labels=tuple(Label(text=name, short=name, note=name) for name in names),
        traces=(
            Trace(
                name="Events",
                slug=ACCENT,
                values=values,
                links=tuple(f"actor:{number}" for number in range(len(names))),
            ),
        ),
        rest=(Rest(text="2 other actors", count=4, link="others"), Rest(text="No actor", count=1)),
    )


def hours() -> Series:
    """A heat map of two days of four hours."""
    return Series(
        name="hours-of-week",
        kind="heatmap",
        title="Hours of the week",
        summary="Busiest: Monday.",
        label_head="Weekday",
        labels=tuple(Label(text=f"{hour:02}:00", short=f"{hour:02}") for hour in range(4)),
        traces=(
            Trace(name="Monday", slug=ACCENT, values=(0, 1, 40, 100)),
            Trace(name="Tuesday", slug=ACCENT, values=(0, 0, 0, 0)),
        ),
    )
