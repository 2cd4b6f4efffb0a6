"""`auditdash backup` and `auditdash restore`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from auditdash.cli.house import House
from auditdash.cli.index import bring_up_to_date
from auditdash.events.errors import BadInput
from auditdash.events.instants import now
from auditdash.events.wording import printable
from auditdash.operation.backups.check import check_backup
from auditdash.operation.backups.hold import Held
from auditdash.operation.backups.make import Tell, make_backup
from auditdash.operation.backups.manifest import Manifest
from auditdash.operation.backups.restore import restore_backup
from auditdash.settings import BadSetting, Settings
from auditdash.store.engine import DatabaseUnfit, is_there, open_engine
from auditdash.store.feeds.sealing import key_path

_P = ParamSpec("_P")
_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
_KEY = "It holds the key that opens the stored secrets: keep it as you keep passwords."
_NO_KEY = (
    "The key (instance/secret.key) is not in it: without it, stored secrets must be entered again."
)


def _clearly(command: Callable[_P, None]) -> Callable[_P, None]:
    """What users can mend becomes one clear line and exit 1; unlike `with_house`, nothing is
    migrated before."""

    @wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except (BadInput, BadSetting, OSError) as error:
            raise click.ClickException(str(error)) from None
        except DatabaseUnfit as error:
            raise click.ClickException(f"the database did not answer: {error.orig}") from None

    return run


@click.command()
@_FOLDER
@click.option("--without-key", is_flag=True, help="Leave instance/secret.key out.")
@_clearly
def backup(folder: Path, without_key: bool) -> None:
    """Copy everything into FOLDER, which must be new or empty, while auditdash runs: database,
    reports, waiting uploads, key. The search index is left out; it is made again.

    The copy is of one moment, and is read and compared before this ends.
    """
    settings = Settings.from_env(os.environ)
    if not is_there(settings.database_url):
        raise BadInput("there is no database yet", expected="something to copy")
    engine = open_engine(settings.database_url, settings.index_folder)
    try:
        with _bars() as tell:
            made = make_backup(
                engine, settings, folder, with_key=not without_key, now=now(), tell=tell
            )
    finally:
        engine.dispose()
    _say(made, f"Written to {folder} and checked.")
    if made.with_key:
        click.echo(_KEY)
    elif key_path(settings.instance).exists():
        click.echo(_NO_KEY)


@click.command()
@_FOLDER
@click.option("--overwrite", is_flag=True, help="Move aside what is there (SQLite).")
@click.option(
    "--as-replacement",
    is_flag=True,
    help="The original is gone: send and stream from here at once.",
)
@click.option("--check", "only_check", is_flag=True, help="Only check the backup; change nothing.")
@_clearly
def restore(folder: Path, overwrite: bool, as_replacement: bool, only_check: bool) -> None:
    """Put the backup in FOLDER where the settings say, after checking all of it.

    Stop auditdash first. A SQLite database that is there is moved aside, and only with --overwrite;
    a PostgreSQL database must be empty. The search index is made anew.

    Streams and schedules are paused, and what waits to be sent is not sent, so that a copy does not
    send beside its original: resume them on their pages, or say --as-replacement.
    """
    held = Held()
    with _bars() as tell:
        if only_check:
            found = check_backup(folder, lambda done, all_: tell("Checking", done, all_))
        else:
            settings = Settings.from_env(os.environ)
            found, held = restore_backup(
                folder,
                settings,
                overwrite=overwrite,
                now=now(),
                tell=tell,
                as_replacement=as_replacement,
            )
    if only_check:
        _say(found, "The backup is whole.")
        return
    house = House()
    try:
        bring_up_to_date(house)
    finally:
        house.engine.dispose()
    _say(found, "Restored, and compared with what was copied.")
    if held != Held():
        click.echo(
            f"Paused, for the original may send the same: {held.streams} streams,"
            f" {held.schedules} schedules. Not sent: {held.deliveries} deliveries that waited."
            " Resume them on their pages."
        )
    if not found.with_key:
        click.echo(_NO_KEY)


def _say(manifest: Manifest, outcome: str) -> None:
    for each in manifest.workspaces:
        click.echo(f"{printable(each.slug)}: {each.events:,} events up to {each.highest_seq:,}")
    click.echo(f"{outcome} As of {manifest.made_at}.")


@contextmanager
def _bars() -> Iterator[Tell]:
    """A progress bar for one thing after the other, where somebody looks."""
    shown: dict[str, Any] = {}

    def tell(label: str, done: int, total: int) -> None:
        if label not in shown:
            _end(shown)
            bar = click.progressbar(
                length=max(total, 1), label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
            )
            shown[label] = bar.__enter__()
        bar = shown[label]
        bar.length = max(total, 1)
        bar.update(done - bar.pos)

    try:
        yield tell
    finally:
        _end(shown)


def _end(shown: dict[str, Any]) -> None:
    for bar in shown.values():
        bar.render_finish()
    shown.clear()
