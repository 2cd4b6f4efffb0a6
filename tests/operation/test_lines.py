"""JSON lines say what happened, and nobody's name."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys

import pytest

from auditdash.index.files.damage import IndexBehind
from auditdash.operation.lines import JsonLines, tell_request

_SECRET = "peter_parker"


class _Refused(Exception):
    sqlstate = "28P01"


def _line(words: object, *given: object, error: BaseException | None = None) -> dict[str, object]:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("auditdash.x", logging.ERROR, "a.py", 1, words, given, info)
    text = JsonLines().format(record)
    assert "\n" not in text
    assert _SECRET not in text
    found: dict[str, object] = json.loads(text)
    return found


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        ("jobs: ended", (), "jobs: ended"),
        ("pull %d ended: %s", (7, f"item 3: {_SECRET}"), "pull 7 ended: …"),
        ("Exception on %s [%s]", (f"/actors?name={_SECRET}", "GET"), "Exception on … [… ]"),
        ("%(a)s and %(b)d", ({"a": _SECRET, "b": 3},), "… and 3"),
        ("behind: %s", (IndexBehind(1, 2),), "behind: IndexBehind: The search index"),
        ("no: %s", (sqlite3.OperationalError("database is locked"),), "database is locked"),
        ("no: %s", (sqlite3.IntegrityError(_SECRET),), "no: IntegrityError"),
        ("no: %s", (_Refused(_SECRET),), "no: _Refused 28P01"),
        ("no: %s", (OSError(28, "x", _SECRET),), "no: OSError: No space left on device"),
        (ValueError(_SECRET), (), "ValueError"),
        ("%s %s", ("one",), "%s %s"),
    ],
)
def test_only_words_of_programs_and_numbers_are_said(
    words: object, given: tuple[object, ...], says: str
) -> None:
    assert says.replace("… ]", "…]") in str(_line(words, *given)["says"])


def test_of_a_library_that_formats_by_itself_it_says_the_place() -> None:
    record = logging.LogRecord(
        "gunicorn.error", logging.WARNING, "/x/workers/base.py", 7, f"no {_SECRET}", (), None, "f"
    )
    line = json.loads(JsonLines().format(record))
    assert (line["says"], line["places"]) == ("…", ["workers/base.py:7 f"])


def test_of_an_exception_it_says_what_and_where() -> None:
    def fail() -> None:
        raise ValueError(_SECRET)

    with pytest.raises(ValueError, match=_SECRET) as caught:
        fail()
    line = _line("a defect", error=caught.value)
    assert line["error"] == "ValueError"
    (*_, last) = list(line["places"])  # type: ignore[call-overload]  # a list of texts
    assert last.startswith("tests/operation/test_lines.py:")
    assert last.endswith(" fail")


def test_a_request_is_its_endpoint(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "auditdash.requests"):
        tell_request("timeline.timeline", 200, 0.01234)
    line = json.loads(JsonLines().format(caplog.records[0]))
    assert {"endpoint", "status", "ms"} <= line.keys()
    assert (line["endpoint"], line["status"], line["ms"]) == ("timeline.timeline", 200, 12.3)
    assert sys.stderr is not None
