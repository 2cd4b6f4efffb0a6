"""The child process that prints: what its PDFs are, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tracemalloc
from html import escape
from pathlib import Path

import msgspec
import pikepdf
import pydyf
import pytest
from weasyprint.urls import FatalURLFetchingError

from auditdash.events.instants import parse_instant
from auditdash.events.wording import printable
from auditdash.reports.printing.embedded import Sink, pack
from auditdash.reports.printing.fonts import on_paper
from auditdash.reports.printing.process import Attachment, Job, RenderError, render_in_child
from auditdash.reports.render import Embedded, OwnLogo
from tests.verapdf import judge

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Paper</title><style>
html {{ font-family: Inter }} h1, b {{ font-weight: 600 }}
</style></head><body><h1>Paper</h1>{body}</body></html>"""


def _job(folder: Path, body: str, *, name: str = "a", megabytes: int = 2048) -> Job:
    html = folder / f"{name}.html"
    html.write_text(_PAGE.format(body=body), encoding="utf-8")
    rows = folder / "population.csv"
    rows.write_text("seq\r\n1\r\n", encoding="utf-8")
    return Job(
        html=str(html),
        target=str(folder / f"{name}.pdf"),
        identifier="0123456789abcdef",
        made_at=parse_instant("2026-11-23T12:00:00Z"),
        megabytes=megabytes,
        attachments=(
            Attachment(
                name="population.csv",
                path=str(rows),
                media_type="text/csv",
                description="Rows",
                relationship="Data",
            ),
        ),
    )


_PATIENCE = 600  # seconds, for a machine that is busy otherwise


def _ignore(_stage: str) -> None:
    pass


def test_the_paper_keeps_both_standards_and_carries_its_attachment(tmp_path: Path) -> None:
    stages: list[str] = []
    job = _job(tmp_path, "<p>Text</p>")
    assert render_in_child(job, _PATIENCE, stages.append) == 1
    assert judge(Path(job.target), "3a", "ua1") == []
    assert "Laying out page 1" in stages
    with pikepdf.open(job.target) as pdf:
        assert pdf.attachments["population.csv"].get_file().read_bytes() == b"seq\r\n1\r\n"
        assert pdf.attachments["population.csv"].obj.AFRelationship == "/Data"
        assert pdf.docinfo["/Title"] == "Paper"
        assert pdf.Root.Lang == "en"


def test_the_same_job_gives_the_same_bytes(tmp_path: Path) -> None:
    jobs = [_job(tmp_path, "<p>Zoë</p>", name=name) for name in ("one", "two")]
    render_in_child(jobs[0], _PATIENCE, _ignore)
    time.sleep(1.1)  # a second that found its way into the file would differ
    render_in_child(jobs[1], _PATIENCE, _ignore)
    assert Path(jobs[0].target).read_bytes() == Path(jobs[1].target).read_bytes()


def test_an_attachment_is_copied_into_the_file_and_never_stands_in_memory(tmp_path: Path) -> None:
    rows, target, size = tmp_path / "rows", tmp_path / "a.pdf", 16 << 20
    rows.write_bytes(os.urandom(size))
    pdf = pydyf.PDF()
    tracemalloc.start()
    content = Embedded(pack(rows, tmp_path / "packed"), {"Type": "/EmbeddedFile"})
    pdf.add_object(content)
    pdf.catalog["Rows"] = content.reference
    with target.open("wb") as file:
        pdf.write(Sink(file), identifier=True, compress=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 2
    with pikepdf.open(target) as written:
        assert written.Root.Rows.read_bytes() == rows.read_bytes()


def test_every_character_is_printed_by_a_font_of_ours_or_as_its_code_point(tmp_path: Path) -> None:
    shown = [chr(point) for point in range(0x20, 0x20000) if on_paper(chr(point)) == chr(point)]
    assert len(shown) > 38_000
    lines = ["".join(shown[at : at + 60]) for at in range(0, len(shown), 60)]
    body = "<br>".join(escape(line) for line in lines)
    alphabets = "<br>".join(escape(line) for line in lines[:100])
    job = _job(tmp_path, f"<p>{body}</p><p><b>{alphabets} 王さ김</b></p>")
    render_in_child(job, _PATIENCE, _ignore)
    assert judge(Path(job.target), "3a", "ua1") == []


def test_what_no_font_has_is_told_by_its_code_point() -> None:
    assert on_paper("Zoë Ünal, Ольга, Ελένη, علي, דוד") == "Zoë Ünal, Ольга, Ελένη, علي, דוד"
    assert on_paper("王芳 さくら 김민수") == "王芳 さくら 김민수"
    assert on_paper("\u3400\u202e\x07\U0001f9ff") == "[U+3400][U+202E][U+0007][U+1F9FF]"
    assert on_paper(printable("a\x07b")) == "a[U+0007]b"


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="http://127.0.0.1:9/a.png">',
        '<img alt="x" src="file:///etc/passwd">',
        '<img alt="x" src="data:image/png;base64,AAAA">',
        '<img alt="x" src="report:../../auditdash/settings.py">',
        '<link rel="stylesheet" href="https://example.com/a.css">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>'
        '<image width="9" height="9" href="file:///a.png"/></svg>',
    ],
)
def test_a_page_that_asks_for_anything_else_is_not_printed(tmp_path: Path, body: str) -> None:
    job = _job(tmp_path, body)
    with pytest.raises(RenderError, match="refused to fetch"):
        render_in_child(job, _PATIENCE, _ignore)
    assert not Path(job.target).exists()


def test_nothing_can_be_fetched_but_the_logo_that_was_chosen(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"png")
    assert OwnLogo(str(logo)).fetch("report:logo").read() == b"png"
    for url in ("http://localhost/", "file:///etc/passwd", "report:nothing", "data:,x"):
        with pytest.raises(FatalURLFetchingError):
            OwnLogo(str(logo)).fetch(url)
    with pytest.raises(FatalURLFetchingError):
        OwnLogo("").fetch("report:logo")


def test_a_page_that_takes_too_long_is_stopped_and_says_so(tmp_path: Path) -> None:
    job = _job(tmp_path, "<table>" + "<tr><td>x</td></tr>" * 20_000 + "</table>")
    with pytest.raises(RenderError, match=r"longer than 2 seconds.*AUDITDASH_REPORT_SECONDS"):
        render_in_child(job, 2, _ignore)
    assert not _children()


def test_a_page_that_needs_too_much_memory_says_so(tmp_path: Path) -> None:
    rows = "<table>" + "<tr><td>some words</td></tr>" * 60_000 + "</table>"
    job = _job(tmp_path, rows, megabytes=400)
    with pytest.raises(RenderError, match=r"more than 400 MB.*AUDITDASH_REPORT_MEMORY_MB"):
        render_in_child(job, _PATIENCE, _ignore)


def test_a_listener_that_gives_up_ends_the_process(tmp_path: Path) -> None:
    def give_up(_stage: str) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        render_in_child(_job(tmp_path, "<p>Text</p>" * 500), _PATIENCE, give_up)
    assert not _children()


def test_the_process_ends_when_whoever_started_it_is_gone(tmp_path: Path) -> None:
    job = _job(tmp_path, "<table>" + "<tr><td>x</td></tr>" * 5_000 + "</table>")
    order = tmp_path / "job.json"
    order.write_bytes(msgspec.json.encode(job))
    command = [sys.executable, "-m", "auditdash.reports.printing.child", str(order)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert b"Laying out page 1" in process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=_PATIENCE) == 3


def _children() -> list[str]:
    """Printing processes of this test process that still run."""
    mine = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text(encoding="utf-8").rpartition(")")[2].split()[1]
            command = (status.parent / "cmdline").read_text(encoding="utf-8")
        except OSError:
            continue  # it ended meanwhile
        if parent == str(os.getpid()) and "printing.child" in command:
            mine.append(command)
    return mine
