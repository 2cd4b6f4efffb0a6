"""What a chart shows, as numbers and words: the one truth that the screen's chart, the paper's
chart, the table and the CSV are made from."""

from __future__ import annotations

from functools import cached_property
from typing import Final, Literal

from msgspec import Struct

Kind = Literal["stacked-bars", "ranking", "heatmap"]
ACCENT: Final = "accent"  # the colour of bars that stand for no category


class Trace(Struct, frozen=True, kw_only=True):
    """Numbers of one kind, one for each label of the series.

    `slug` is the category that gives the colour, or ACCENT. `links` has the text of the query that
    finds the events of each number, "" where there is none; it may be empty altogether. `more` is
    what the address of each needs besides the query, with an & before it.
    """

    name: str
    slug: str
    values: tuple[int, ...]
    links: tuple[str, ...] = ()
    more: str = ""

    @property
    def total(self) -> int:
        """The sum of its numbers."""
        return sum(self.values)

    def link(self, number: int) -> str:
        """The query that finds the events of one number, or ""."""
        return self.links[number] if self.links else ""


class Label(Struct, frozen=True, kw_only=True):
    """What stands for one bar or column: `text` in full, `short` on an axis; `link` as in Trace.

    `note` tells twins apart (the type of an entity); `slug` colours a bar of its own.
    """

    text: str
    short: str
    note: str = ""
    link: str = ""
    slug: str = ""


class Rest(Struct, frozen=True, kw_only=True):
    """Events that the chart does not draw and the table does not hide."""

    text: str
    count: int
    link: str = ""


class Series(Struct, frozen=True, kw_only=True, dict=True):
    """One chart. Each trace has one number for each label; a ranking has one trace, a heat map one
    for each row. Names and labels were written by strangers. `path` is the page that its links
    ask."""

    name: str
    kind: Kind
    title: str
    summary: str
    label_head: str
    labels: tuple[Label, ...]
    traces: tuple[Trace, ...]
    rest: tuple[Rest, ...] = ()
    note_head: str = ""
    unit: str = "events"
    path: str = "/timeline"

    @cached_property
    def drawn(self) -> tuple[Trace, ...]:
        """The traces that have anything to show; all rows of a heat map."""
        if self.kind == "heatmap":
            return self.traces
        return tuple(trace for trace in self.traces if any(trace.values))

    @property
    def total(self) -> int:
        """All events, drawn or not."""
        return sum(trace.total for trace in self.traces) + sum(rest.count for rest in self.rest)

    @cached_property
    def highest(self) -> int:
        """The largest number of the axis: a whole bar, or one cell of a heat map."""
        if self.kind == "heatmap":
            return max((max(trace.values, default=0) for trace in self.traces), default=0)
        return max(self.sums, default=0)

    @cached_property
    def sums(self) -> tuple[int, ...]:
        """The numbers of all traces together, for each label."""
        columns = [trace.values for trace in self.traces]
        return tuple(map(sum, zip(*columns, strict=True)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return self.highest == 0

    def colour_slug(self, trace: Trace, number: int) -> str:
        """The slug that colours one bar."""
        return self.labels[number].slug or trace.slug
