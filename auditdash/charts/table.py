"""The same numbers as a table, for the page and for CSV."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from auditdash.charts.series import Series

TOTAL = "Total"


class Cell(Struct, frozen=True):
    """Text or a number, and the query that finds its events ("": none); `more` as in Trace."""

    value: str | int
    link: str = ""
    more: str = ""


class Table(Struct, frozen=True, kw_only=True):
    """The first cell of each row is its head. `sums` is the last row, or None."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sums: tuple[Cell, ...] | None = None

    @property
    def lines(self) -> Iterator[tuple[str | int, ...]]:
        """Head, rows and sums as plain values."""
        yield self.head
        for row in (*self.rows, *([self.sums] if self.sums else [])):
            yield tuple(cell.value for cell in row)


def table(series: Series, *, whole: bool = False) -> Table:
    """The numbers of a series; `whole` keeps columns without events, so that files stay alike."""
    if series.kind == "heatmap":
        return _hours(series)
    if series.kind == "ranking":
        return _ranking(series)
    return _columns(series, whole)


def _columns(series: Series, whole: bool) -> Table:
    """One row for each label, one column for each trace, and the sums of both."""
    traces = series.traces if whole else series.drawn
    rows = tuple(
        (
            Cell(label.text),
            *(Cell(trace.values[number], trace.link(number), trace.more) for trace in traces),
            Cell(series.sums[number], label.link),
        )
        for number, label in enumerate(series.labels)
    )
    sums = (Cell(TOTAL), *(Cell(trace.total) for trace in traces), Cell(series.total))
    head = (series.label_head, *(trace.name for trace in traces), TOTAL)
    return Table(head=head, rows=rows, sums=sums)


def _ranking(series: Series) -> Table:
    notes = bool(series.note_head)
    trace = series.traces[0]
    rows = [
        (
            Cell(label.text),
            *([Cell(label.note)] if notes else []),
            Cell(trace.values[number], trace.link(number)),
        )
        for number, label in enumerate(series.labels)
    ]
    blank = [Cell("")] if notes else []
    rows += [(Cell(rest.text), *blank, Cell(rest.count, rest.link)) for rest in series.rest]
    note_head = (series.note_head,) if notes else ()
    return Table(
        head=(series.label_head, *note_head, series.unit.capitalize()),
        rows=tuple(rows),
        sums=(Cell(TOTAL), *blank, Cell(series.total)),
    )


def _hours(series: Series) -> Table:
    """One row for each trace (a weekday), one column for each label (an hour), and the sums."""
    rows = tuple(
        (
            Cell(trace.name),
            *(Cell(value, trace.link(number)) for number, value in enumerate(trace.values)),
            Cell(trace.total),
        )
        for trace in series.traces
    )
    sums = (Cell(TOTAL), *(Cell(value) for value in series.sums), Cell(series.total))
    head = (series.label_head, *(label.short for label in series.labels), TOTAL)
    return Table(head=head, rows=rows, sums=sums)
