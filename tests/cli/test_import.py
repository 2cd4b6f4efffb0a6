"""`auditdash import`: what it says, what it leaves, how it ends."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError

from auditdash.cli.main import main
from auditdash.ingest import delivery
from auditdash.ingest.intake import Taken, take_events
from auditdash.settings import Settings
from auditdash.store import schema
from auditdash.store.engine import reading
from tests.databases import ON_SQLITE
from tests.make import make_raw
from tests.serving import environment

pytestmark = ON_SQLITE
Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, workspace_id: int, tmp_path: Path) -> Run:
    """Run `auditdash import` on files with these contents, by their names."""

    def command(files: dict[str, bytes], *options: str, stdin: bytes | None = None) -> Result:
        for name, body in files.items():
            (tmp_path / name).write_bytes(body)
        paths = [str(tmp_path / name) for name in files]
        arguments = ["import", *paths, *options]
        return CliRunner().invoke(main, arguments, env=environment(settings), input=stdin)

    return command


def lines(count: int) -> bytes:
    return b"\n".join(make_raw(id=f"e{number}") for number in range(count))


def count_events(engine: Engine) -> int:
    with reading(engine) as connection:
        found = connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
        return int(found)


def test_a_file_is_told_in_one_line(run: Run, engine: Engine) -> None:
    done = run({"a.ndjson": lines(25)})
    assert done.exit_code == 0
    assert done.stdout.endswith(
        "a.ndjson: 25 received = 25 new + 0 already known + 0 conflicting + 0 rejected\n"
    )
    assert done.stderr == ""
    again = run({"a.ndjson": lines(25)})
    assert "0 new + 25 already known" in again.stdout
    assert count_events(engine) == 25


def test_standard_input_is_a_file_too(run: Run, engine: Engine) -> None:
    done = run({}, "-", stdin=gzip.compress(lines(3)))
    assert done.exit_code == 0
    assert done.stdout.startswith("standard input: 3 received = 3 new")
    assert count_events(engine) == 3


def test_rejected_and_conflicting_records_are_told_with_their_places(run: Run) -> None:
    bad = b"\n".join(b'{"bad": %d}' % number for number in range(12))
    done = run({"a.ndjson": lines(2) + b"\n" + make_raw(id="e1", action="x") + b"\n" + bad})
    assert done.exit_code == 2
    assert "15 received = 2 new + 0 already known + 1 conflicting + 12 rejected" in done.stdout
    assert "  line 4, $.action: it is missing; expected a string\n" in done.stderr
    assert "… and 2 more: auditdash quarantine list" in done.stderr
    assert "1 came before with other contents" in done.stderr


def test_a_file_that_cannot_be_read_does_not_hold_up_the_others(
    run: Run, engine: Engine, tmp_path: Path
) -> None:
    damaged = gzip.compress(lines(9), compresslevel=0)[:-20]
    done = run(
        {"damaged.gz": damaged, "a.png": b"\x89PNG\r\n", "good.ndjson": lines(25)},
        str(tmp_path / "absent.ndjson"),
        str(tmp_path),
    )
    assert done.exit_code == 1
    assert "damaged.gz: cannot be read further: the gzip data is damaged" in done.stderr
    assert "What came before is stored" in done.stderr
    assert "a.png: cannot be read further: line 1" in done.stderr
    assert "absent.ndjson: cannot be read: No such file or directory" in done.stderr
    assert "cannot be read: Is a directory" in done.stderr
    assert "good.ndjson: 25 received" in done.stdout
    assert "5 files: 33 received = 25 new + 8 already known" in done.stdout
    assert count_events(engine) == 25


@pytest.mark.parametrize(
    ("trouble", "status", "says"),
    [
        (KeyboardInterrupt(), 130, "Run the same command again to go on"),
        (OperationalError("x", {}, Exception("disk is full")), 1, "the database stopped: disk is"),
    ],
)
def test_a_stop_says_what_is_stored_and_what_to_do(
    run: Run,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    trouble: BaseException,
    status: int,
    says: str,
) -> None:
    steps = iter(range(2))

    def take_two(*given: object) -> Taken:
        if next(steps, None) is None:
            raise trouble
        return take_events(*given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(delivery, "RECORDS_AT_ONCE", 10)
    monkeypatch.setattr(delivery, "take_events", take_two)
    done = run({"a.ndjson": lines(25)})
    assert done.exit_code == status
    assert says in done.stderr
    assert "20 records of it are stored" in done.stderr
    monkeypatch.setattr(delivery, "take_events", take_events)
    assert "5 new + 20 already known" in run({"a.ndjson": lines(25)}).stdout
    assert count_events(engine) == 25


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--workspace", "nowhere"), "there is no workspace 'nowhere'; expected one of: acme"),
        (("--source", "a/b"), "'a/b' is no name of a source"),
        (("--source", "auditdash"), "the source auditdash is our own record"),
        (("--source", "AuditDash"), "the source auditdash is our own record"),
    ],
)
def test_a_wrong_option_is_told(
    run: Run, engine: Engine, options: tuple[str, ...], says: str
) -> None:
    done = run({"a.ndjson": lines(1)}, *options)
    assert (done.exit_code, says in done.stderr) == (1, True)
    assert count_events(engine) == 0


def test_nothing_of_a_file_reaches_the_terminal_raw(run: Run) -> None:
    body = b'action,timestamp,a\x1b[31m.b,a\x1b[31m\nx,2026-01-01T00:00:00Z,1,2\n{"\x1b[31m'
    done = run({"a\x1b[31m.csv": body})
    assert "\x1b" not in done.output
