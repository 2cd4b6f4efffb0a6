"""The judge of our papers must tell good ones from bad ones, or its silence says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from weasyprint import HTML

from tests.verapdf import judge

_PAGE = "<html lang='en'><title>Paper</title><body><h1>Paper</h1><p>Text</p></body></html>"


def _write(path: Path, variant: str | None) -> Path:
    HTML(string=_PAGE).write_pdf(path, pdf_variant=variant)
    return path


def test_a_plain_pdf_fails_both_standards(tmp_path: Path) -> None:
    failures = judge(_write(tmp_path / "plain.pdf", None), "3a", "ua1")
    assert {failure.flavour for failure in failures} == {"3a", "ua1"}
    assert any("Metadata key" in failure.demand for failure in failures)
    assert any("StructTreeRoot" in failure.demand for failure in failures)


def test_an_archival_pdf_passes_pdf_a_and_lacks_only_the_pdf_ua_mark(tmp_path: Path) -> None:
    failures = judge(_write(tmp_path / "archival.pdf", "pdf/a-3a"), "3a", "ua1")
    assert [(failure.flavour, failure.clause, failure.test) for failure in failures] == [
        ("ua1", "5", 1)
    ]


def test_an_accessible_pdf_passes_pdf_ua(tmp_path: Path) -> None:
    assert judge(_write(tmp_path / "accessible.pdf", "pdf/ua-1"), "ua1") == []


def test_what_is_no_pdf_is_not_taken_for_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "not.pdf"
    path.write_bytes(b"hello")
    with pytest.raises(RuntimeError, match="could not judge"):
        judge(path, "3a")
