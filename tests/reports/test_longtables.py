"""Long tables: every row is there once, in order, tagged as a table, and valid in all scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from msgspec import Struct

from auditdash.events.instants import parse_instant
from auditdash.reports.longtables.table import (
    Cell,
    Column,
    LongTable,
    read_rows_of,
    write_rows_of,
)
from auditdash.reports.printing.process import Job, render_in_child
from auditdash.settings import ROOT
from tests.reports.papers import pages
from tests.verapdf import judge

_STYLE = ROOT / "templates" / "reports" / "pdf" / "paper.css"
_ROOM = '<blockquote class="rows" data-rows="{}"></blockquote>'
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Rows</title><style>{css}'
    '</style></head><body data-running="Acme" data-identity="AD-000001">{body}</body></html>'
)
_COLUMNS = (
    Column(title="No.", millimetres=12, align="right"),
    Column(title="Who", is_header=True),
    Column(title="What"),
)
_NAMES = (
    "Zoë Ünal",
    "Ольга Шевченко",
    "Ελένη Παπαδοπούλου",
    "علي حسن (مدير) 12 and a longer text that needs another line in this column",
    "פרידה כהן-לוי",
    "王芳 李小龍",
    "佐藤 さくら",
    "김민수",
    "A" * 230,
    "王" * 230,
    "",
    " ",
    "<b>&amp;\x00\u202e\U0001f9ff",
)


class Printed(Struct, frozen=True):
    """A PDF with two long tables: of many rows, and of none."""

    path: Path
    pages: list[str]


def _rows(count: int) -> Iterator[tuple[Cell | str, ...]]:
    for at in range(count):
        name = _NAMES[at % len(_NAMES)]
        yield f"{at:,}", Cell(name, f"note-{at}"), f"row-{at}"


def _print(folder: Path, name: str = "a", count: int = 300) -> Path:
    write_rows_of(folder / "many", _rows(count))
    write_rows_of(folder / "none", [])
    body = (
        f"<section><h1>Before</h1><p>Text</p>{_ROOM.format('many')}</section>"
        f"<section><h1>After</h1>{_ROOM.format('none')}<p>The end</p></section>"
    )
    html = folder / f"{name}.html"
    html.write_text(_PAGE.format(css=_STYLE.read_text("utf-8"), body=body), encoding="utf-8")
    job = Job(
        html=str(html),
        target=str(folder / f"{name}.pdf"),
        identifier="0123456789abcdef",
        made_at=parse_instant("2026-11-23T12:00:00Z"),
        megabytes=2048,
        tables=tuple(
            LongTable(name=each, columns=_COLUMNS, rows=str(folder / each))
            for each in ("none", "many")
        ),
    )
    render_in_child(job, 600, lambda _: None)
    return Path(job.target)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    path = _print(tmp_path_factory.mktemp("long"))
    return Printed(path, pages(path))


def test_long_tables_keep_both_standards_in_every_script(printed: Printed) -> None:
    assert judge(printed.path, "3a", "ua1") == []


def test_each_row_is_printed_once_and_in_order(printed: Printed) -> None:
    words = [word for page in printed.pages for word in page.split()]
    for kind in ("row", "note"):
        found = [word for word in words if word.startswith(f"{kind}-")]
        assert found == [f"{kind}-{at}" for at in range(300)]
    text = " ".join(printed.pages)
    for name in ("Zoë Ünal", "Ольга Шевченко", "王芳 李小龍", "佐藤 さくら", "김민수"):
        assert text.count(name) == -(-300 // len(_NAMES)) or text.count(name) == 300 // len(_NAMES)
    assert "<b>&amp;[U+0000]\ufffd[U+1F9FF]" in text.replace(" ", "")


def test_the_head_stands_on_each_page_and_the_pages_are_numbered(printed: Printed) -> None:
    many = [page for page in printed.pages if "row-" in page]
    assert len(many) > 5
    assert all("No. Who What" in page for page in many)
    for number, page in enumerate(printed.pages, 1):
        assert f"Page {number} of {len(printed.pages)}" in page
    assert "The end" in printed.pages[-1]


def test_readers_without_eyes_get_one_table_with_its_head_and_row_heads(printed: Printed) -> None:
    with pikepdf.open(printed.path) as pdf:
        tables = [each for each in _elements(pdf.Root.StructTreeRoot) if each.S == "/Table"]
        many, none = ([row for row in _elements(table) if row.S == "/TR"] for table in tables)
        assert (len(many), len(none)) == (301, 1)
        assert [str(cell.A.Scope) for cell in many[0].K] == ["/Column"] * 3
        assert {tuple(str(cell.S) for cell in row.K) for row in many[1:]} == {("/TD", "/TH", "/TD")}
        assert {str(row.K[1].A.Scope) for row in many[1:]} == {"/Row"}
        assert len(many[11].K[1].K) == 1, "a cell with nothing but a note has its content"


def _elements(element: Any) -> Iterator[Any]:  # a dictionary of pikepdf
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from _elements(kid)


def test_the_same_rows_give_the_same_bytes(printed: Printed, tmp_path: Path) -> None:
    assert _print(tmp_path).read_bytes() == printed.path.read_bytes()


def test_what_is_too_long_is_cut_and_says_so(tmp_path: Path) -> None:
    assert write_rows_of(tmp_path / "rows", [("x" * 1_000, Cell("y", "z" * 241))]) == 1
    (row,) = read_rows_of(tmp_path / "rows")
    assert row == [
        Cell("x" * 240 + " … (+760 characters)"),
        Cell("y", "z" * 240 + " … (+1 characters)"),
    ]
