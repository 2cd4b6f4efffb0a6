"""Pages over HTTP: our timeline beside Datasette's table, one process each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from msgspec import Struct

from tests.bench.bench import Bench, say
from tests.bench.questions import QUESTIONS, Parameters, draws
from tests.bench.results.figures import Line, figure, ratio_of
from tests.bench.rivals.datasette import Datasette, serve_datasette
from tests.bench.workers import Message, Worker
from tests.serving import find_free_port

CONNECTIONS = 8
_VARIANTS = 64
_AGENT = "auditdash-benchmark"


class _Pages(Struct, frozen=True, kw_only=True):
    """One line: a question, the address of it at Datasette, how many times better to be."""

    what: str
    question: str
    datasette_path: Callable[[Datasette, Parameters], str]
    target: int


_LINES = (
    _Pages(
        what="timeline page over HTTP",
        question="latest page",
        datasette_path=lambda server, asked: server.page_path(asked["until"]),
        target=25,
    ),
    _Pages(
        what="facets over HTTP, 30 days",
        question="facets, 30 days",
        datasette_path=lambda server, asked: server.facets_path(asked["since"], asked["until"]),
        target=50,
    ),
)


class Servers(Struct, frozen=True):
    """Both servers, and who asks them. `headers` sign in to ours."""

    port: int
    headers: dict[str, str]
    datasette: Datasette
    client: Worker


def timeline_path(text: str) -> str:
    """The address of our timeline for a search: rows, count and facets."""
    return f"/timeline?q={quote(text)}"


def csv_path(text: str) -> str:
    """The address of all its events as CSV."""
    return f"/downloads/events.csv?q={quote(text)}"


def variants(bench: Bench, name: str, count: int = _VARIANTS) -> list[tuple[str, Parameters]]:
    """Search texts of the question with this name, each with its parameters."""
    question = next(each for each in QUESTIONS if each.name == name)
    return [(question.texts(each), each) for each in draws(bench.plan.seed, question, count)]


@contextmanager
def open_servers(bench: Bench) -> Iterator[Servers]:
    """Ours with one worker, and Datasette, until the block ends."""
    headers = {"Cookie": bench.ours.session(), "User-Agent": _AGENT}
    port, log = find_free_port(), bench.home / "datasette.log"
    with ExitStack() as stack:
        own_port = stack.enter_context(bench.ours.serve(1))
        datasette = stack.enter_context(serve_datasette(bench.peers, bench.plain, port, log))
        client = stack.enter_context(Worker("tests.bench.client"))
        yield Servers(own_port, headers, datasette, client)


def measure_pages(bench: Bench) -> Iterator[Line]:
    """Requests a second with 8 connections, in rounds, one server at a time."""
    with open_servers(bench) as servers:
        for pages in _LINES:
            say(f"{pages.what}, {bench.rounds} rounds of {bench.seconds:g} seconds")
            yield _measure(bench, servers, pages)


def _measure(bench: Bench, servers: Servers, pages: _Pages) -> Line:
    asked = variants(bench, pages.question)
    own = [timeline_path(text) for text, _ in asked]
    theirs = [pages.datasette_path(servers.datasette, parameters) for _, parameters in asked]
    own_rounds, their_rounds = list[Message](), list[Message]()
    own_first = _first(servers.client, servers.port, own, servers.headers)
    their_first = _first(servers.client, servers.datasette.port, theirs, {})
    for number in range(bench.rounds + 1):  # the first one warms up
        for rounds, port, paths, headers in (
            (own_rounds, servers.port, own, servers.headers),
            (their_rounds, servers.datasette.port, theirs, {}),
        ):
            done = _load(bench, servers.client, port, paths, headers)
            if number:
                rounds.append(done)
    ours = figure([each["per_second"] for each in own_rounds])
    datasette = figure([each["per_second"] for each in their_rounds])
    ratio = ratio_of("per second", ours.middle, datasette.middle)
    return Line(
        what=pages.what,
        unit="per second",
        ours=ours,
        datasette=datasette,
        ratio=ratio,
        target=f"≥ {pages.target} × Datasette",
        met=ratio >= pages.target,
        note=f"an answer takes {_latency(own_rounds)}; Datasette's {_latency(their_rounds)}"
        f" (p50 / p95 with {CONNECTIONS} connections). Each page had been asked for once, alone:"
        f" {own_first}; Datasette's {their_first}.",
    )


def _first(client: Worker, port: int, paths: list[str], headers: dict[str, str]) -> str:
    """How long each page takes when nobody asked for it before, one after the other."""
    done = [client.ask(do="fetch", port=port, path=path, headers=headers) for path in paths]
    bad = [each for each in done if each["status"] != 200]
    if bad:
        raise RuntimeError(f"{len(bad)} of {len(paths)} pages failed: {bad[0]}")
    found = figure([each["seconds"] for each in done], 1_000)
    return f"{found.middle:.0f} / {found.high:.0f} ms"


def _load(
    bench: Bench, client: Worker, port: int, paths: list[str], headers: dict[str, str]
) -> Message:
    done = client.ask(
        do="load",
        port=port,
        paths=paths,
        headers=headers,
        connections=CONNECTIONS,
        seconds=bench.seconds,
    )
    if done["errors"]:
        raise RuntimeError(f"{len(done['errors'])} errors, the first: {done['errors'][0]}")
    return done


def _latency(rounds: list[Message]) -> str:
    found = figure([each for done in rounds for each in done["seconds"]], 1_000)
    return f"{found.middle:.0f} / {found.high:.0f} ms"
