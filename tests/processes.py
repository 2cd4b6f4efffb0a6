"""Processes of their own that begin at once, because everything is imported before they fork."""

from __future__ import annotations

import multiprocessing
from functools import cache
from multiprocessing import forkserver

import pytest

from auditdash.settings import ROOT

Processes = multiprocessing.context.ForkServerContext
# What a child would else import first; of the dialect SQLAlchemy learns only from an address.
_IMPORTED = (
    "auditdash.cli.main",
    "auditdash.factory",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "tests.forked",
    "tests.journeys.test_kill_importer",
    "tests.journeys.test_kill_puller",
    "tests.journeys.test_kill_sender",
    "tests.journeys.test_kill_worker",
    "tests.serving",
)


@cache
def forking() -> Processes:
    """Where to get them: one parent of them all for each worker of the tests."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        forkserver.ensure_running()
    return context


@pytest.fixture(scope="session")
def processes() -> Processes:
    """The same for tests that start and kill some themselves."""
    return forking()
