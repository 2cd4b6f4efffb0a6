"""Each question of the dashboard in process, beside DuckDB and Datasette on the same events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

from msgspec import Struct

from tests.bench.bench import Bench, say
from tests.bench.ours.archive import Archive, postgres_url
from tests.bench.questions import QUESTIONS, Parameters, Question, answer_of, draws
from tests.bench.results.figures import Figure, Line, figure, ratio_of
from tests.bench.rivals.datasette import serve_datasette
from tests.bench.workers import Worker
from tests.serving import find_free_port

VARIANTS = 6  # other parameters in each round
_BUDGET = 60.0  # seconds for one contender and question; then fewer measurements must do
_LEAST = 3
SLOWEST = 50  # ms

Ask = Callable[[Question, Parameters], tuple[float, int]]  # seconds and the answer's number


class Times(Struct):
    """What one contender needed: for questions not asked before, and for the same at once again."""

    fresh: list[float]
    again: list[float]
    answers: dict[int, int]

    @property
    def is_done(self) -> bool:
        """Whether it had its time."""
        return len(self.fresh) >= _LEAST and sum(self.fresh) + sum(self.again) > _BUDGET


def measure_queries(bench: Bench) -> Iterator[Line]:
    """A line for each question."""
    with ExitStack() as stack:
        contenders = {"ours": open_ours(stack, bench.ours)}
        if bench.postgres:
            url = postgres_url(bench.home / "postgres", fresh=False)
            archive = Archive(bench.home / "auditdash-postgres", url)
            contenders["postgres"] = open_ours(stack, archive)
        contenders["datasette"] = _open_datasette(stack, bench)
        contenders["duckdb"] = _open_duck(stack, bench)
        for question in QUESTIONS:
            say(f"query: {question.name}")
            parameters = draws(bench.plan.seed, question, bench.rounds * VARIANTS + 2)
            times = ask_all(contenders, question, parameters)
            yield from _lines(question, times)


def open_ours(stack: ExitStack, archive: Archive) -> Ask:
    """Our functions on this archive, in a process of their own."""
    worker = stack.enter_context(Worker("tests.bench.ours.answer"))
    worker.ask(do="open", database_url=archive.settings.database_url)

    def ask(question: Question, parameters: Parameters) -> tuple[float, int]:
        done = worker.ask(do="ask", kind=question.kind, text=question.texts(parameters))
        return done["seconds"], done["answer"]

    return ask


def _open_datasette(stack: ExitStack, bench: Bench) -> Ask:
    port, log = find_free_port(), bench.home / "datasette.log"
    server = stack.enter_context(serve_datasette(bench.peers, bench.plain, port, log))

    def ask(question: Question, parameters: Parameters) -> tuple[float, int]:
        seconds, rows = server.ask(question.sqlite(), parameters)
        return seconds, answer_of(question, rows)

    return ask


def _open_duck(stack: ExitStack, bench: Bench) -> Ask:
    worker = stack.enter_context(Worker("tests.bench.rivals.duck", bench.peers))
    worker.ask(do="open", database=str(bench.duck))

    def ask(question: Question, parameters: Parameters) -> tuple[float, int]:
        done = worker.ask(do="ask", statements=question.duck(), parameters=parameters)
        return done["seconds"], answer_of(question, done["rows"])

    return ask


def ask_all(
    contenders: dict[str, Ask], question: Question, parameters: list[Parameters]
) -> dict[str, Times]:
    """Everybody in turn, with each of the parameters twice; the first two warm up."""
    times = {name: Times([], [], {}) for name in contenders}
    for number, asked in enumerate(parameters):
        for name, ask in contenders.items():
            found = times[name]
            if found.is_done:
                continue
            seconds, answer = ask(question, asked)
            again, _ = ask(question, asked)
            found.answers[number] = answer
            if number >= 2:
                found.fresh.append(seconds)
                found.again.append(again)
    return times


def _lines(question: Question, times: dict[str, Times]) -> Iterator[Line]:
    figures = {name: figure(found.fresh, 1_000) for name, found in times.items()}
    for name, what in (("ours", question.name), ("postgres", f"{question.name}, PostgreSQL")):
        if name in times:
            note = f"asked again: {_text(figure(times[name].again, 1_000))}"
            note += _difference(times[name], times)
            yield _line(what, figures[name], figures, note)


def _line(what: str, ours: Figure, figures: dict[str, Figure], note: str) -> Line:
    datasette, duckdb = figures["datasette"], figures["duckdb"]
    ratio = ratio_of("ms", ours.high, min(datasette.high, duckdb.high))
    return Line(
        what=what,
        unit="ms",
        ours=ours,
        datasette=datasette,
        duckdb=duckdb,
        ratio=ratio,
        target=f"p95 ≤ both, ≤ {SLOWEST} ms",
        met=ratio >= 1 and ours.high <= SLOWEST,
        note=note,
    )


def _difference(ours: Times, times: dict[str, Times]) -> str:
    """Whether the contenders counted the same. They must: what is not the same is not compared."""
    for found in times.values():
        for number, answer in found.answers.items():
            if ours.answers.get(number, answer) != answer:
                return f"; **the answers differ**: {ours.answers[number]:,} and {answer:,}"
    return "; all counted the same"


def _text(found: Figure) -> str:
    return f"{found.middle:.2f} / {found.high:.2f} ms"
