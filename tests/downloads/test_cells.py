from __future__ import annotations

import csv
import io

import pytest

from auditdash.downloads.cells import csv_line, defuse


@pytest.mark.parametrize(
    "beginning", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
)
def test_a_cell_that_would_calculate_gets_an_apostrophe(beginning: str) -> None:
    assert defuse(f"{beginning}cmd|' /C calc'!A0") == f"'{beginning}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "bob", "a=b", " =1", "'=1", "peter@example.org", "日本"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert defuse(text) == text


def test_text_is_quoted_and_numbers_are_bare() -> None:
    assert csv_line(["a", -5, None, 'say "x"']) == '"a",-5,,"say ""x"""\r\n'


def test_a_reader_of_csv_gets_the_cells_back() -> None:
    cells = ["a,b", "two\r\nlines", 'quote"', "semi;=1+1", "\x0b vertical \u2028", ""]
    assert next(csv.reader(io.StringIO(csv_line(cells), newline=""))) == cells


def test_a_spreadsheet_that_separates_by_semicolons_finds_no_formula_inside() -> None:
    line = csv_line(["x;=HYPERLINK(1)", 3])
    cells = next(csv.reader(io.StringIO(line), delimiter=";"))
    assert not any(cell.startswith("=") for cell in cells)
