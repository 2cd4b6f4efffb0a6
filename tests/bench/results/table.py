"""The table as Markdown, which is also what the terminal shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.bench.results.figures import Figure, Line, Unit

_HEADER = ("what", "ours", "Datasette", "DuckDB", "raw ceiling", "ratio", "target", "")


def render(lines: Iterable[Line]) -> str:
    """All lines, the columns as wide as they need to be, and the notes below."""
    lines = list(lines)
    rows = [_HEADER, *(_cells(line) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEADER))]
    texts = [_row(row, widths) for row in rows]
    rule = "|".join(
        "-" * (width + 2) if place in (0, 6, 7) else "-" * (width + 1) + ":"
        for place, width in enumerate(widths)
    )
    notes = [f"- {line.what}: {line.note}" for line in lines if line.note]
    return "\n".join([texts[0], f"|{rule}|", *texts[1:], *([""] if notes else []), *notes]) + "\n"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if place in (0, 6, 7) else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "| " + " | ".join(padded) + " |"


def _cells(line: Line) -> tuple[str, ...]:
    figures = (line.ours, line.datasette, line.duckdb, line.raw)
    ratio = "" if line.ratio is None else f"{_number(line.ratio)} ×"
    verdict = {None: "", True: "met", False: "**missed**"}[line.met]
    return (line.what, *(_text(each, line.unit) for each in figures), ratio, line.target, verdict)


def _text(figure: Figure | None, unit: Unit) -> str:
    if figure is None:
        return ""
    match unit:
        case "ms":
            return f"{_number(figure.middle)} / {_number(figure.high)} ms"
        case "per second":
            return f"{figure.middle:,.0f} /s"
        case "bytes":
            return f"{figure.middle:,.0f} B"
        case "MB":
            return f"{figure.middle:,.0f} MB"
        case "times":
            return f"{figure.middle:.2f} ×"
        case "count":
            return f"{figure.middle:,.0f}"


def _number(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
