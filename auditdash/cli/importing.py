"""Files into a workspace from a terminal: progress while it goes on, then what became of each."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import click
from sqlalchemy import Engine

from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.events.wording import printable
from auditdash.ingest.delivery import Delivery, DeliveryBroken, deliver
from auditdash.ingest.intake import Receipt
from auditdash.ingest.parse import Rejection
from auditdash.store.engine import DatabaseTrouble

UNREADABLE, REMARKS, STOPPED = 1, 2, 130
_NO_LIMIT = 1 << 62  # whoever has a shell here may fill the disk anyway
_SHOWN = 10
# More would wait for the one who stores; on one processor they would only take turns.
HELPERS = min(os.cpu_count() or 1, 4) if (os.cpu_count() or 1) > 1 else 0


class Counted(Protocol):
    """What has the five numbers of a receipt."""

    @property
    def received(self) -> int: ...
    @property
    def added(self) -> int: ...
    @property
    def known(self) -> int: ...
    @property
    def conflicting(self) -> int: ...
    @property
    def rejected(self) -> int: ...


def counts_text(name: str, counted: Counted) -> str:
    """`a.ndjson: 3 received = 2 new + 1 already known + 0 conflicting + 0 rejected`."""
    return (
        f"{printable(name)}: {counted.received:,} received = {counted.added:,} new +"
        f" {counted.known:,} already known + {counted.conflicting:,} conflicting +"
        f" {counted.rejected:,} rejected"
    )


class Importer:
    """Takes files in one after the other; one that cannot be read does not hold up the others."""

    def __init__(self, engine: Engine, workspace_id: int, source: str) -> None:
        self._engine = engine
        self._workspace_id = workspace_id
        self._source = source
        self._now = Receipt(id=0)
        self.total = Receipt(id=0)
        self.status = 0

    def take_in(self, name: str) -> None:
        """One file, or standard input for "-"; says what became of it."""
        self._now = Receipt(id=0)
        title = "standard input" if name == "-" else name
        try:
            with _open(name) as (stream, size):
                self._deliver(title, stream, size)
        except KeyboardInterrupt:
            self._say_stopped(title, "stopped", "to go on")
            sys.exit(STOPPED)
        except DatabaseTrouble as error:
            self._say_stopped(title, f"the database stopped: {error.orig}", "when that is mended")
            sys.exit(UNREADABLE)
        except DeliveryBroken as error:
            self._say_broken(title, f"cannot be read further: {error}")
        except OSError as error:
            self._say_broken(title, f"cannot be read: {error.strerror or error}")
        self.total = self._now.added_to(self.total)
        if (self._now.rejected or self._now.conflicting) and not self.status:
            self.status = REMARKS

    def _deliver(self, name: str, stream: IO[bytes], size: int) -> None:
        delivery = Delivery(
            workspace_id=self._workspace_id,
            source=self._source,
            channel="file",
            name=Path(name).name,
        )
        steps = deliver(
            self._engine,
            delivery,
            stream,
            max_unpacked=_NO_LIMIT,
            started_at=now(),
            helpers=HELPERS,
        )
        with click.progressbar(
            range(size) if size else itertools.count(),
            label=printable(delivery.name),
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda _: f"{self._now.received:,} records",
        ) as bar:
            for self._now in steps:
                bar.update((stream.tell() if size else self._now.received) - bar.pos)
        self._say(name)

    def _say(self, name: str) -> None:
        click.echo(counts_text(name, self._now))
        for rejection in self._now.rejections[:_SHOWN]:
            click.echo(f"  {_reason(rejection)}", err=True)
        if self._now.rejected > _SHOWN:
            more = self._now.rejected - _SHOWN
            click.echo(f"  … and {more:,} more: auditdash quarantine list", err=True)
        if self._now.conflicting:
            click.echo(
                f"  {self._now.conflicting:,} came before with other contents, which stay: see"
                " Intake → Conflicts",
                err=True,
            )

    def _say_broken(self, name: str, why: str) -> None:
        self.status = UNREADABLE
        if self._now.received:
            self._say(name)
        click.echo(f"{printable(name)}: {printable(why)}", err=True)
        if self._now.received:
            click.echo("  What came before is stored. Mend the file and import it again.", err=True)

    def _say_stopped(self, name: str, why: str, when: str) -> None:
        click.echo(
            f"\n{printable(name)}: {printable(why)}\n  {self._now.received:,} records of it are"
            f" stored. Run the same command again {when}: only what is missing is added.",
            err=True,
        )


@contextmanager
def _open(name: str) -> Iterator[tuple[IO[bytes], int]]:
    """A file or standard input, with its size in bytes (0: unknown)."""
    if name == "-":
        yield sys.stdin.buffer, 0
        return
    path = Path(name)
    with path.open("rb") as stream:
        yield stream, path.stat().st_size if path.is_file() else 0


def _reason(rejection: Rejection) -> str:
    error = BadInput(rejection.what, where=rejection.where, expected=rejection.expected)
    return printable(f"{rejection.position}, {error}")
