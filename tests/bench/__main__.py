"""`tests/bench/run`: the table of docs/performance.md, measured here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from auditdash.settings import ROOT
from tests.bench.bench import Bench, say
from tests.bench.generate import Plan
from tests.bench.results.figures import Line
from tests.bench.results.kept import describe, keep, kept, measured_now
from tests.bench.results.machine import describe_machine
from tests.bench.results.report import write_report
from tests.bench.results.table import render
from tests.bench.rivals.install import NoPeers, install_peers
from tests.bench.stages.disk import measure_disk
from tests.bench.stages.files import measure_files
from tests.bench.stages.growth import measure_growth
from tests.bench.stages.ingest import fill_archives, measure_ingest
from tests.bench.stages.memory import measure_memory
from tests.bench.stages.pages import measure_pages
from tests.bench.stages.paper import measure_paper
from tests.bench.stages.queries import measure_queries
from tests.bench.stages.readers import measure_readers
from tests.bench.stages.summaries import measure_summaries
from tests.bench.stages.walk import measure_walk

Stage = Callable[[Bench], Iterator[Line]]
_STAGES: dict[str, Stage] = {
    "ingest": measure_ingest,
    "pages": measure_pages,
    "queries": measure_queries,
    "summaries": measure_summaries,
    "files": measure_files,
    "disk": measure_disk,
    "memory": measure_memory,
    "walk": measure_walk,
    "paper": measure_paper,
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--events", default=1_000_000, show_default=True, help="How many; 10000000 too.")
@click.option("--seed", default=1, show_default=True, help="Another one makes other events.")
@click.option("--rounds", default=5, show_default=True, help="How often to measure everything.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of one round of HTTP.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=ROOT / "build" / "bench",
    help="Where everything lies. Default: build/bench.",
)
@click.option("--only", multiple=True, type=click.Choice([*_STAGES]), help="Some of the stages.")
@click.option("--none", "nothing", is_flag=True, help="None of them: for --growth or --load alone.")
@click.option("--postgres", is_flag=True, help="Measure auditdash on PostgreSQL, too.")
@click.option("--growth", is_flag=True, help="Compare with an archive of a tenth of the events.")
@click.option(
    "--load",
    is_flag=True,
    help="50 readers while 5,000 events a second come in: last, for these events come to auditdash"
    " alone, and searches count them from then on.",
)
@click.option("--minutes", default=5.0, show_default=True, help="How long --load goes on.")
@click.option("--write", is_flag=True, help="Put the table into docs/performance.md.")
@click.option("--make", "only_make", is_flag=True, help="Make the file of events and stop.")
def main(
    events: int,
    seed: int,
    rounds: int,
    seconds: float,
    folder: Path,
    only: tuple[str, ...],
    nothing: bool,
    postgres: bool,
    growth: bool,
    load: bool,
    minutes: float,
    write: bool,
    only_make: bool,
) -> None:
    """Measure auditdash beside Datasette, DuckDB and the raw ceiling on the same events.

    Archives and figures stay in the folder for the next run; remove it to load them again.
    """
    stages = {} if nothing else {name: _STAGES[name] for name in only or _STAGES}
    if growth:
        stages["growth"] = measure_growth
    if load:
        stages["load"] = partial(measure_readers, minutes=minutes)
    bench = Bench(
        folder=folder.absolute(),
        plan=Plan(events=events, seed=seed),
        rounds=rounds,
        seconds=seconds,
        postgres=postgres,
    )
    if only_make:
        click.echo(bench.events())
        return
    whole = _measure(bench, stages)
    _show(bench, write=write)
    sys.exit(0 if whole else 1)


def _measure(bench: Bench, stages: dict[str, Stage]) -> bool:
    """Each stage, its lines kept; one that fails does not hold up the others. Whether none did."""
    try:
        install_peers(bench.peers_folder)
    except NoPeers as error:
        raise click.ClickException(str(error)) from None
    whole = True
    if "ingest" not in stages:  # which fills them itself
        fill_archives(bench)
    for name, measure in stages.items():
        try:
            lines = list(measure(bench))
        except (RuntimeError, OSError) as error:
            say(f"{name} failed: {error}")
            whole = False
        else:
            keep(bench.results, measured_now(name, lines))
            click.echo(render(lines))
    return whole


def _show(bench: Bench, *, write: bool) -> None:
    """Everything that was measured on these archives, as one table."""
    stages = kept(bench.results)
    lines = [line for stage in stages for line in stage.lines]
    machine = [*describe_machine(bench.peers), ("measured", describe(stages))]
    click.echo("\n".join(f"{what}: {value}" for what, value in machine))
    click.echo(f"\n{render(lines)}")
    if write:
        say(f"written: {write_report(bench.plan, machine, lines)}")


if __name__ == "__main__":
    main()
