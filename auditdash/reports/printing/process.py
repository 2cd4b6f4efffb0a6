"""Starts the process that renders, listens to it, and ends it when it takes too long."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from auditdash.events.instants import SECOND, Instant
from auditdash.reports.longtables.table import LongTable
from auditdash.reports.printing.fonts import write_font_config
from auditdash.settings import ROOT

_BEAT_SECONDS = 5.0
_NO_MEMORY = re.compile("memory|alloc|creating thread", re.IGNORECASE)


class Attachment(Struct, frozen=True, kw_only=True):
    """A file that goes into the PDF. `relationship` is a PDF 2.0 AFRelationship such as Data."""

    name: str
    path: str
    media_type: str
    description: str
    relationship: str


class Job(Struct, frozen=True, kw_only=True):
    """What the process is told: where the page is, where the PDF goes, and its fixed facts.

    `identifier` is ASCII; the PDF ends at `target`, which must be on a disk of ours; `logo` is a
    PNG that the page calls report:logo, or "".
    """

    html: str
    target: str
    identifier: str
    made_at: Instant
    megabytes: int
    attachments: tuple[Attachment, ...] = ()
    tables: tuple[LongTable, ...] = ()
    text_area: tuple[float, float] = (174, 253)  # of a page, in millimetres, for long tables
    logo: str = ""


class Stage(Struct, frozen=True, tag=True):
    """What the process does now, in words for people."""

    text: str


class Done(Struct, frozen=True, tag=True):
    """The PDF stands at its target."""

    pages: int


class Failed(Struct, frozen=True, tag=True):
    """Why there is no PDF, in words for people."""

    reason: str


Word = Stage | Done | Failed


class RenderError(Exception):
    """No PDF was made; the text says why."""


def too_much_memory(megabytes: int) -> str:
    """The one sentence for a report that ran into its memory limit."""
    return (
        f"The report needed more than {megabytes:,} MB of memory. Choose a shorter period, "
        "or raise AUDITDASH_REPORT_MEMORY_MB."
    )


def render_in_child(job: Job, seconds: float, tell: Callable[[str], None]) -> int:
    """Render a job in a process of its own and answer its pages; raises RenderError.

    `tell` hears each new stage, and the last one again at least every five seconds: whatever it
    raises ends the process too.
    """
    order = Path(job.html).with_suffix(".job.json")
    order.write_bytes(msgspec.json.encode(job))
    errors = order.with_suffix(".errors")
    fonts = order.with_suffix(".fonts")
    write_font_config(fonts)
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "auditdash.reports.printing.child", str(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=ROOT,
            env=_environment(job, fonts),
            start_new_session=True,
        )
        with process:
            try:
                return _listen(process, job, seconds, tell, errors)
            finally:
                _end(process)


def bare_environment() -> dict[str, str]:
    """Nothing of ours but what a process of ours needs: no database address, no secret."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


def _environment(job: Job, fonts: Path) -> dict[str, str]:
    return bare_environment() | {
        "SOURCE_DATE_EPOCH": str(job.made_at // SECOND),
        "FONTCONFIG_FILE": str(fonts),
        "PYTHONHASHSEED": "0",
    }


def _listen(
    process: subprocess.Popen[bytes],
    job: Job,
    seconds: float,
    tell: Callable[[str], None],
    errors: Path,
) -> int:
    stage = "Starting"
    for word in _words(process, time.monotonic() + seconds):
        if isinstance(word, Done):
            return word.pages
        if isinstance(word, Failed):
            raise RenderError(word.reason)
        stage = word.text if word else stage
        tell(stage)
    if process.poll() is None and _waited(process) is None:
        raise RenderError(
            f"Rendering took longer than {seconds:g} seconds and was stopped. "
            "Choose a shorter period, or raise AUDITDASH_REPORT_SECONDS."
        )
    raise RenderError(_why(process.returncode, job, errors))


def _waited(process: subprocess.Popen[bytes]) -> int | None:
    """The exit code, given a moment when standard output has closed already."""
    try:
        return process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return None


def _words(process: subprocess.Popen[bytes], deadline: float) -> Iterator[Word | None]:
    """Each word of the process, None for a beat of silence; ends at its end or at the deadline."""
    if process.stdout is None:
        return
    decoder = msgspec.json.Decoder(Word)
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(min(left, _BEAT_SECONDS)):
                yield None
                continue
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                return
            *lines, buffer = (buffer + piece).split(b"\n")
            yield from (decoder.decode(line) for line in lines)


def _why(code: int, job: Job, errors: Path) -> str:
    """What an exit without a last word means: native code aborts when memory runs out."""
    written = errors.read_text(encoding="utf-8", errors="replace").strip()
    tail = written.splitlines()[-1][:300] if written else ""
    aborted = code in {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGSEGV}
    if code == -signal.SIGKILL or (aborted and _NO_MEMORY.search(written)) or "Memory" in written:
        return too_much_memory(job.megabytes)
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"The renderer stopped ({how}). {tail}".strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
