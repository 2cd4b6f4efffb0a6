"""How much slower ten times as many events make the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from msgspec import structs

from tests.bench.bench import Bench, say
from tests.bench.questions import QUESTIONS, Parameters, Question, draws
from tests.bench.results.figures import Figure, Line, figure
from tests.bench.stages.ingest import catch_up_seconds
from tests.bench.stages.queries import VARIANTS, Ask, ask_all, open_ours

_NAMES = ("latest page", "rare action", "three filters")
_TARGET = 1.5


def measure_growth(bench: Bench) -> Iterator[Line]:
    """The same questions on a tenth of the events and on all of them, in turn."""
    small = _small(bench)
    with ExitStack() as stack:
        contenders = {
            "large": open_ours(stack, bench.ours),
            "small": open_ours(stack, small.ours),
        }
        for question in QUESTIONS:
            if question.name in _NAMES:
                parameters = draws(bench.plan.seed, question, bench.rounds * VARIANTS + 2)
                yield _line(bench, question, contenders, parameters)


def _small(bench: Bench) -> Bench:
    """The archive of a tenth, loaded when it is not there."""
    plan = structs.replace(bench.plan, events=bench.plan.events // 10)
    small = structs.replace(bench, plan=plan)
    if "ours" not in small.remembered().get("seconds", {}):
        say(f"loading {plan.events:,} events to compare with")
        small.ours.remove()
        seconds = small.ours.take_in(small.events()) + catch_up_seconds(small.ours)
        small.remember(seconds={"ours": seconds})
    return small


def _line(
    bench: Bench, question: Question, contenders: dict[str, Ask], parameters: list[Parameters]
) -> Line:
    times = ask_all(contenders, question, parameters)
    large = figure(times["large"].fresh, 1_000)
    small = figure(times["small"].fresh, 1_000)
    growth = large.middle / small.middle
    return Line(
        what=f"growth from {bench.plan.events // 10:,}: {question.name}",
        unit="times",
        ours=Figure(growth, growth),
        target=f"≤ {_TARGET} ×",
        met=growth <= _TARGET,
        note=f"{small.middle:.2f} ms, then {large.middle:.2f} ms (medians).",
    )
