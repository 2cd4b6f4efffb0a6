"""SVG by hand: elements with presentation attributes only, and text that stays text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from auditdash.charts.themes import Theme

FONT_SIZE = 12


class Paint:
    """How shapes get their colour: hex on paper; on a page a class, which follows the theme."""

    def __init__(self, theme: Theme | None) -> None:
        self.theme = theme

    def category(self, slug: str) -> str:
        """The attribute that fills with the colour of a category."""
        return f'fill="{self.theme.fill(slug)}"' if self.theme else f'class="fill-{slug}"'

    def heat(self, level: int) -> str:
        """The attribute that fills with a shade of the heat map."""
        return f'fill="{self.theme.heat[level]}"' if self.theme else f'class="heat-{level}"'

    def ink(self) -> str:
        """The attribute of text that says a number or a name."""
        return f'fill="{self.theme.ink}"' if self.theme else 'class="chart-ink"'

    def muted(self) -> str:
        """The attribute of text on an axis."""
        return f'fill="{self.theme.muted}"' if self.theme else 'class="chart-muted"'

    def line(self) -> str:
        """The attribute of a grid line."""
        return f'stroke="{self.theme.line}"' if self.theme else 'class="chart-line"'


def number(value: float) -> str:
    """A coordinate with at most two digits after the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rect(x: float, y: float, width: float, height: float, paint: str, radius: float = 0) -> str:
    """A filled rectangle."""
    round_ = f' rx="{number(radius)}"' if radius else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" '
        f'height="{number(height)}"{round_} {paint}/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, paint: str) -> str:
    """A line of one unit."""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" '
        f'stroke-width="1" {paint}/>'
    )


def text(x: float, y: float, content: str, paint: str, anchor: str = "start") -> str:
    """One line of text; `y` is its middle."""
    # dy, because dominant-baseline is not drawn by every printer
    return (
        f'<text x="{number(x)}" y="{number(y)}" dy="0.35em" text-anchor="{anchor}" {paint}>'
        f"{escape(content)}</text>"
    )


def group(title: str, shapes: Iterable[str]) -> str:
    """Shapes that belong together, with the words that a pointer brings up."""
    return f"<g><title>{escape(title)}</title>{''.join(shapes)}</g>"


def picture(
    name: str, title: str, summary: str, width: float, height: float, shapes: Iterable[str]
) -> str:
    """A whole SVG, with its title and its summary for those who do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" '
        f'font-family="Inter Variable, Inter, sans-serif" font-size="{FONT_SIZE}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(summary)}</desc>{"".join(shapes)}</svg>'
    )
