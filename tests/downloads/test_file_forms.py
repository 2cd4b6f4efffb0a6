"""What a form can hold and what it cannot: nothing is cut in silence, nothing calculates."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest
from arro3.io import read_parquet
from openpyxl.reader.excel import load_workbook

from auditdash.downloads.cells import Value
from auditdash.downloads.files import sheet, xlsx
from auditdash.downloads.files.about import About
from auditdash.downloads.files.form import FORMS, write_file
from auditdash.downloads.tables.table import Table, columns_of, numbered_columns
from auditdash.events.folding import storable
from auditdash.events.instants import Instant

_ABOUT = About(
    title="Events: [all]/*?",
    workspace="acme",
    query="=1+1",
    canonical="",
    zone="UTC",
    highest_seq=7,
    at=Instant(1_700_000_000_000_000),
    by="bob",
)
_HOSTILE = ("=1+1", "@a", "a\x00b\ud800", "<b>&", "x\ry\n", " z ", "_x0041_", "\ufffe", "\x1b[0m")


def _write(
    form: str, path: Path, rows: list[tuple[Value, ...]], names: str = "seq at text"
) -> Path:
    columns = columns_of(names.split())
    write_file(Table(columns, rows), FORMS[form], _ABOUT, path, lambda count: None)
    return path


def test_hostile_text_is_text_in_every_form(tmp_path: Path) -> None:
    rows = [(n, "2026-03-08T01:02:03.000004Z", text) for n, text in enumerate(_HOSTILE)]
    book = load_workbook(_write("xlsx", tmp_path / "a.xlsx", list(rows)))
    cells = [row[2].value for row in book.worksheets[0].iter_rows(min_row=2)]
    # The library that reads turns back only some of what Excel writes as _x….
    assert cells[:6] == ["=1+1", "@a", "a\ufffdb\ufffd", "<b>&", "x_x000D_y\n", " z "]
    assert cells[6:] == ["_x005F_x0041_", "\ufffd", "_x001B_[0m"]
    assert {row[2].data_type for row in book.worksheets[0].iter_rows(min_row=2)} == {"s"}
    found = read_parquet(_write("parquet", tmp_path / "a.parquet", list(rows))).read_all()
    assert found["text"].to_pylist() == list(map(storable, _HOSTILE))
    assert found["at"].to_pylist()[0].isoformat() == "2026-03-08T01:02:03.000004+00:00"


def test_rows_beyond_a_sheet_go_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    for count, sheets in ((0, 1), (3, 1), (4, 2), (7, 3)):
        path = _write("xlsx", tmp_path / f"{count}.xlsx", [(n, None, "x") for n in range(count)])
        book = load_workbook(path)
        assert len(book.sheetnames) == sheets + 1
        found = [row[0].value for each in book.worksheets[:-1] for row in each.iter_rows(min_row=2)]
        assert found == list(range(count))
        assert [each.cell(1, 1).value for each in book.worksheets[:-1]] == ["seq"] * sheets
        with ZipFile(path) as file:
            assert file.testzip() is None


def test_a_text_too_long_for_a_cell_says_so(tmp_path: Path) -> None:
    texts = ("x" * sheet.LONGEST, "x" * (sheet.LONGEST + 1), "\U0001f600" * 20_000)
    path = _write("xlsx", tmp_path / "a.xlsx", [(n, None, text) for n, text in enumerate(texts)])
    book = load_workbook(path)
    whole, cut, wide = (row[2].value for row in book.worksheets[0].iter_rows(min_row=2))
    assert whole == texts[0]
    for found, text in ((cut, texts[1]), (wide, texts[2])):
        assert len(found.encode("utf-16-le")) // 2 in {sheet.LONGEST, sheet.LONGEST - 1}
        assert f"{len(text):,} characters in all" in found
    about = {row[0].value: row[1].value for row in book["About"].iter_rows()}
    assert about["cut"].startswith("2 texts")
    assert about["query"] == "=1+1"


def test_what_a_calendar_or_a_number_of_excel_cannot_hold_is_text(tmp_path: Path) -> None:
    rows: list[tuple[Value, ...]] = [(1 << 60, "1900-01-02T00:00:00.000000Z", None)]
    book = load_workbook(_write("xlsx", tmp_path / "a.xlsx", rows))
    (cells,) = book.worksheets[0].iter_rows(min_row=2)
    assert [each.value for each in cells] == [str(1 << 60), rows[0][1], None]


@pytest.mark.parametrize("form", FORMS)
def test_what_ends_the_work_is_raised_as_it_was(form: str, tmp_path: Path) -> None:
    class EndedError(Exception):
        pass

    def tell(count: int) -> None:
        raise EndedError

    table = Table(columns_of(["seq"]), [(1,)])
    with pytest.raises(EndedError):
        write_file(table, FORMS[form], _ABOUT, tmp_path / "a", tell)


def test_names_that_are_the_same_are_told_apart() -> None:
    found = numbered_columns(["Day", "Total", "Total"], [("Mon", 1, 2)])
    assert [(each.name, each.kind) for each in found] == [
        ("Day", "text"),
        ("Total", "whole"),
        ("Total (2)", "whole"),
    ]
