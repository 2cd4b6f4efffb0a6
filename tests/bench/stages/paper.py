"""Printed rows: our long tables beside WeasyPrint's own tables of the same rows.

Each rendering has a process of its own. Both keep PDF/A-3a and PDF/UA-1 and have the same fonts,
columns and style sheet. `python -m tests.bench.stages.paper 10 1000 10000` measures without events.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from auditdash.events.instants import parse_instant
from auditdash.reports.longtables.table import Column, LongTable, write_rows_of
from auditdash.reports.printing.process import Job, render_in_child
from auditdash.settings import ROOT
from tests.bench.bench import Bench, say
from tests.bench.results.figures import Line, figure, ratio_of

_ROWS: Final = (10, 1_000, 10_000)
_PATIENCE: Final = 7_200
_STYLE: Final = ROOT / "templates" / "reports" / "pdf" / "paper.css"
_COLUMNS: Final = (
    Column(title="When", millimetres=30),
    Column(title="Who", is_header=True),
    Column(title="What"),
    Column(title="On"),
    Column(title="Address", millimetres=22),
    Column(title="No.", millimetres=16, align="right"),
)
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rows</title><style>{css}'
    '</style></head><body data-running="r" data-identity="i"><section><h1>Rows</h1>{table}'
    "</section></body></html>"
)


class Printed(Struct, frozen=True, kw_only=True):
    """Seconds by the clock and of processors, MB at most, and the size of the file."""

    seconds: float
    cpu: float
    megabytes: float
    pages: int
    kilobytes: float


def measure_paper(bench: Bench) -> Iterator[Line]:
    """Time and memory for each number of rows, ours and plain by turns."""
    for rows in _ROWS:
        rounds = 1 if rows == max(_ROWS) else bench.rounds
        yield from measure_rows(rows, rounds)


def measure_rows(rows: int, rounds: int) -> Iterator[Line]:
    """The lines of the table for so many printed rows."""
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(_measure("ours", rows))
        plain.append(_measure("plain", rows))
        say(f"{rows:,} printed rows: ours {ours[-1]}, plain {plain[-1]}")
    for what, field in (("time", "seconds"), ("processor", "cpu")):
        mine = figure([getattr(each, field) for each in ours], 1000)
        theirs = figure([getattr(each, field) for each in plain], 1000)
        ratio = ratio_of("ms", mine.middle, theirs.middle)
        yield Line(
            what=f"{rows:,} printed rows, {what}",
            unit="ms",
            ours=mine,
            raw=theirs,
            ratio=ratio,
            target="half of WeasyPrint's time",
            met=ratio >= 2,
            note=f"{ours[0].pages:,} pages, {ours[0].kilobytes:,.0f} KB; plain"
            f" {plain[0].pages:,} pages, {plain[0].kilobytes:,.0f} KB.",
        )
    mine = figure([each.megabytes for each in ours])
    theirs = figure([each.megabytes for each in plain])
    yield Line(
        what=f"{rows:,} printed rows, memory",
        unit="MB",
        ours=mine,
        raw=theirs,
        ratio=ratio_of("MB", mine.middle, theirs.middle),
    )


def _measure(kind: str, rows: int) -> Printed:
    command = [sys.executable, "-m", "tests.bench.stages.paper", "--one", kind, str(rows)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Printed(**json.loads(done.stdout))


def _rows(count: int) -> Iterator[tuple[str, ...]]:
    for at in range(count):
        yield (
            f"2026-10-{at % 28 + 1:02} {at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}",
            f"person{at % 97}@acme.example",
            "Report exported as CSV",
            f"Quarterly revenue by region {at % 313}",
            f"10.1.{at % 250}.7",
            f"{at:,}",
        )


def _print(kind: str, count: int, folder: Path) -> Printed:
    tables: tuple[LongTable, ...] = ()
    if kind == "ours":
        write_rows_of(folder / "rows", _rows(count))
        tables = (LongTable(name="events", columns=_COLUMNS, rows=str(folder / "rows")),)
        table = '<blockquote class="rows" data-rows="events"></blockquote>'
    else:
        table = _plain(_rows(count))
    html = folder / "page.html"
    html.write_text(_PAGE.format(css=_STYLE.read_text("utf-8"), table=table), encoding="utf-8")
    job = Job(
        html=str(html),
        target=str(folder / "page.pdf"),
        identifier="0123456789abcdef",
        made_at=parse_instant("2026-11-23T12:00:00Z"),
        megabytes=16_384,
        tables=tables,
    )
    began = time.perf_counter()
    pages = render_in_child(job, _PATIENCE, lambda _: None)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Printed(
        seconds=seconds,
        cpu=used.ru_utime + used.ru_stime,
        megabytes=used.ru_maxrss / 1024,
        pages=pages,
        kilobytes=Path(job.target).stat().st_size / 1024,
    )


def _plain(rows: Iterator[tuple[str, ...]]) -> str:
    """The table as a template would write it."""
    widths = "".join(
        f'<col style="width: {each.millimetres}mm">' if each.millimetres else "<col>"
        for each in _COLUMNS
    )
    head = "".join(f'<th scope="col">{each.title}</th>' for each in _COLUMNS)
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in rows)
    return (
        f"<table><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _cells(row: Sequence[str]) -> Iterator[str]:
    for text, column in zip(row, _COLUMNS, strict=True):
        kind = ' class="num"' if column.align == "right" else ""
        tag, more = ("th", ' scope="row"') if column.is_header else ("td", kind)
        yield f"<{tag}{more}>{escape(text)}</{tag}>"


@click.command()
@click.option("--one", type=click.Choice(["ours", "plain"]), help="One rendering, as JSON.")
@click.option("--rounds", default=1, show_default=True, help="How often to measure each.")
@click.argument("rows", nargs=-1, type=int)
def main(one: str | None, rounds: int, rows: tuple[int, ...]) -> None:
    """Measure so many printed rows, ours and plain."""
    if one:
        with tempfile.TemporaryDirectory() as folder:
            printed = _print(one, rows[0], Path(folder))
        click.echo(json.dumps({name: getattr(printed, name) for name in Printed.__struct_fields__}))
        return
    for each in rows or _ROWS:
        for line in measure_rows(each, rounds):
            ours, plain = line.ours, line.raw
            if ours and plain and line.ratio:
                click.echo(
                    f"{line.what}: {ours.middle:,.0f} {line.unit}, plain {plain.middle:,.0f},"
                    f" {line.ratio:.1f} times better. {line.note}"
                )


if __name__ == "__main__":
    main()
