"""What every measurement stands on: the events, where things lie, how often to measure."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from auditdash.events.catalogue import actions
from tests.bench.generate import END, Plan, write_events
from tests.bench.ours.archive import Archive
from tests.bench.rivals.schema import ActionRow

MORE = 100_000  # events that come to a full archive
_AFTER = "2026-11-15"  # they happen from END until then


class Bench(Struct, frozen=True, kw_only=True):
    """One run. `seconds` is the length of one round of HTTP."""

    folder: Path
    plan: Plan
    rounds: int
    seconds: float
    postgres: bool = False

    @property
    def home(self) -> Path:
        """Where the archives of these events lie."""
        return self.folder / f"{self.plan.events}-{self.plan.seed}"

    @property
    def peers_folder(self) -> Path:
        """The environment of the peers."""
        return self.folder / "peers"

    @property
    def peers(self) -> Path:
        """The Python of the peers."""
        return self.peers_folder / "bin" / "python"

    @property
    def results(self) -> Path:
        """What was measured on these archives."""
        return self.home / "results.json"

    @property
    def plain(self) -> Path:
        """The plain table, which Datasette serves."""
        return self.home / "plain.db"

    @property
    def duck(self) -> Path:
        """DuckDB's database."""
        return self.home / "duck.db"

    @property
    def ours(self) -> Archive:
        """The archive of auditdash on SQLite."""
        return Archive(self.home / "auditdash")

    def events(self, plan: Plan | None = None) -> Path:
        """The file of these events (the run's own by default), made when it is not there."""
        plan = plan or self.plan
        path = self.folder / f"events-{plan.events}-{plan.seed}-{plan.part}.ndjson"
        if not path.exists():
            say(f"making {plan.events:,} events")
            write_events(plan, path)
        return path

    def more(self, part: int, events: int = MORE) -> Path:
        """The file of the events that come in later, in this part (1, 2, …)."""
        later = Plan(events=events, seed=self.plan.seed, start=END, end=_AFTER, part=part)
        return self.events(later)

    def remembered(self) -> dict[str, Any]:
        """What earlier runs wrote down about these archives."""
        path = self.home / "loaded.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def remember(self, **what: object) -> None:
        """Write down for later runs."""
        self.home.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.remembered() | what, indent=1)
        (self.home / "loaded.json").write_text(text, encoding="utf-8")


def action_rows() -> list[ActionRow]:
    """The catalogue as the peers keep it."""
    return [
        (each.name, each.category, int(each.permission), int(each.subject_is_entity))
        for each in actions()
    ]


def say(text: str) -> None:
    """What goes on, with the time of day, beside the table."""
    click.echo(f"{time.strftime('%H:%M:%S')} {text}", err=True)
