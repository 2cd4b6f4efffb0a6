"""Log lines for programs: JSON, one a line, without personal data.

A line keeps the words that are written in a program, and of what was put into them only numbers and
what cannot name anybody. Of an exception it says what and where, never its text, which may hold
what somebody wrote.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from auditdash.events.instants import Instant, to_rfc3339
from auditdash.index.files.damage import IndexBehind
from auditdash.settings import ROOT, Settings

REQUESTS: Final = "auditdash.requests"  # its lines are made of what is told beside them alone
_log = logging.getLogger(__name__)
_OURS: Final = "auditdash"
_HIDDEN: Final = "…"
_TOLD: Final = "told"
_OWN_LOGGERS: Final = ("gunicorn.error", "gunicorn.access")


def configure(settings: Settings) -> None:
    """Write JSON lines to standard error from now on, where the settings want so."""
    if settings.log != "json":
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger(REQUESTS).setLevel(logging.INFO)
    for name in _OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    threading.excepthook = _tell_thread
    sys.excepthook = _tell_end


def _tell_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        _log.critical("a thread ended by a defect", exc_info=ended.exc_value)


def _tell_end(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
    _log.critical("ended by a defect", exc_info=error)


def tell_request(endpoint: str | None, status: int, seconds: float) -> None:
    """A line for an answered request, where JSON is written: no address, no reader, no question."""
    told = {"endpoint": endpoint or "none", "status": status, "ms": round(seconds * 1000, 1)}
    logging.getLogger(REQUESTS).info("request", extra={_TOLD: told})


class JsonLines(logging.Formatter):
    """What a record says, as one object."""

    def format(self, record: logging.LogRecord) -> str:
        """`at`, `level`, `logger`, `pid` and `says`; of exceptions `error` and `places`."""
        line: dict[str, Any] = {
            "at": to_rfc3339(Instant(int(record.created * 1_000_000))),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "says": _says(record),
            **getattr(record, _TOLD, {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = _plain(error)
            line["places"] = [
                _place(frame.filename, frame.lineno, frame.name)
                for frame in traceback.extract_tb(error.__traceback__)
            ]
        elif line["says"] == _HIDDEN:
            line["places"] = [_place(record.pathname, record.lineno, record.funcName)]
        return msgspec.json.encode(line).decode()


def _says(record: logging.LogRecord) -> str:
    words, given = str(record.msg), record.args
    if isinstance(record.msg, BaseException):
        return str(_plain(record.msg))
    if not given and record.name.partition(".")[0] != _OURS:
        return _HIDDEN  # a library may have put a name into its words by itself
    try:
        if isinstance(given, Mapping):
            return words % {name: _plain(value) for name, value in given.items()}
        return words % tuple(map(_plain, given)) if given else words
    except (TypeError, ValueError, KeyError):  # words and what was given do not fit
        return words


def _plain(value: object) -> object:
    """Itself where it can name nobody; of an error its kind, and what the system says of it."""
    if isinstance(value, int | float) or value is None:
        return value
    kind = type(value).__name__
    if isinstance(value, IndexBehind | sqlite3.OperationalError):  # their words are fixed
        return f"{kind}: {value}"
    if isinstance(value, OSError) and value.errno is not None:
        return f"{kind}: {os.strerror(value.errno)}"
    if isinstance(value, BaseException):
        code = getattr(value, "sqlstate", None)
        return f"{kind} {code}" if code else kind
    return _HIDDEN


def _place(file: str, line: int | None, function: str | None) -> str:
    path = Path(file)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
    return f"{shown}:{line} {function}"
