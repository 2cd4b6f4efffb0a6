"""The real client of Mode's API, from PyPI, reads our log: the same events that went in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from flask import Flask
from sqlalchemy import Engine

from auditdash.accounts.tokens import READ, create_token
from auditdash.events.instants import SECOND, Instant, to_rfc3339
from auditdash.store.engine import writing
from tests.api.listening import listening
from tests.databases import ON_SQLITE
from tests.make import NOW, make_record, store

pytestmark = ON_SQLITE
_EVENTS = 10_000
_WANTED = Path(__file__).with_name("mode-sdk.txt")
_IS_NEW = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))"
_WALK = dedent(
    """
    import json, sys
    from mode_sdk import Mode

    asked = json.loads(sys.argv[1])
    with Mode("acme", token=asked["token"], secret=asked["secret"], base_url=asked["url"]) as mode:
        for entry in mode.audit_logs.list(asked["start"], asked["end"], **asked["filters"]):
            assert entry.timestamp is not None and entry.entity_id is not None
            print(json.dumps(entry.raw))
    """
)


def _pythons() -> Iterator[str]:
    """Interpreters of 3.12 or newer that can make a venv."""
    versions = ("3.12", "3.13", "3.14")
    found = [sys.executable, *filter(None, (shutil.which(f"python{each}") for each in versions))]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += [str(path) for each in versions for path in pyenv.glob(f"{each}.*/bin/python3")]
    for each in found:
        if subprocess.run([each, "-c", _IS_NEW], capture_output=True, check=False).returncode == 0:
            yield each


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of a venv that has mode-sdk."""
    newer = next(_pythons(), None)
    if newer is None:
        pytest.skip("mode-sdk needs Python 3.12 or newer, and there is none here")
    folder = tmp_path_factory.mktemp("mode-sdk")
    program = str(folder / "bin" / "python")
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:  # a tenth of the time
        makes, installs = [uv, "venv", "-q", "-p", newer], [uv, "pip", "install", "-p", program]
    else:
        makes, installs = [newer, "-m", "venv"], [program, "-m", "pip", "install"]
    subprocess.run([*makes, str(folder)], check=True)
    subprocess.run([*installs, "-q", "-r", str(_WANTED)], check=True)
    return program


def test_mode_sdk_walks_ten_thousand_events_and_gets_what_went_in(
    app: Flask, engine: Engine, workspace_id: int, python: str
) -> None:
    records = [
        make_record(
            id=f"event-{number:05}",
            timestamp=to_rfc3339(Instant(NOW - number * 7 * SECOND)),
            action="report_created" if number % 100 else "collection_created",
        )
        for number in range(_EVENTS)
    ]
    for start in range(0, _EVENTS, 2_000):
        with writing(engine) as connection:
            store(connection, workspace_id, *records[start : start + 2_000])
    with writing(engine) as connection:
        text = create_token(connection, workspace_id, "sdk", None, NOW, (READ,))
    asked = {"token": text[:8], "secret": text, "end": to_rfc3339(Instant(NOW + 1))}
    asked["start"] = to_rfc3339(Instant(NOW - _EVENTS * 7 * SECOND))
    with listening(app) as address:
        everything = _walk(python, asked | {"url": f"{address}/api"}, {})
        some = _walk(python, asked | {"url": f"{address}/api"}, {"action": "collection_created"})
    records.reverse()
    assert [each for each in everything if each["action"] != "audit_log_accessed"] == records
    assert some == [each for each in records if each["action"] == "collection_created"]


def _walk(python: str, asked: dict[str, str], filters: dict[str, str]) -> list[dict[str, object]]:
    command = [python, "-c", _WALK, json.dumps({**asked, "filters": filters})]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]
