"""Processes that prepare steps while the one who asked stores those before.

A helper that dies takes nothing along: what it was given is prepared here, and if it cannot be
prepared, that shows here. Helpers end when their input does, so also when whoever asked is killed.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from itertools import chain
from types import TracebackType
from typing import IO, Self, cast

from msgspec import Struct

from auditdash.ingest.parse import Parcel
from auditdash.ingest.preparing.frames import FrameError, read_frame, write_frame
from auditdash.ingest.preparing.prepare import Step, Terms, prepare
from auditdash.settings import ROOT
from auditdash.store.records import Packer

Task = list[Parcel]
_log = logging.getLogger(__name__)


class Order(Struct, frozen=True):
    """What a helper is told first; `learned` is what packs the records."""

    terms: Terms
    learned: bytes | None


class HelperDied(Exception):
    """A helper was killed, or could not prepare what it was given."""


def prepare_each(
    terms: Terms, tasks: Iterable[Task], helpers: int, find_packer: Callable[[], Packer | None]
) -> Generator[Step, None, None]:
    """Each task prepared, in their order; by so many helpers where there is more than one task.

    The packer is asked for after the first step, which may be what it learns from.
    """
    rest = iter(tasks)
    first, second = next(rest, None), next(rest, None)
    if first is None:
        return
    if second is None or not helpers:
        for task in filter(None, chain((first, second), rest)):
            yield prepare(terms, task)
        return
    with Crew(helpers) as crew:  # they start while the first step is made and stored
        yield prepare(terms, first)
        with closing(crew.prepare_each(terms, find_packer(), chain([second], rest))) as steps:
            yield from steps


class Crew:
    """Some processes, until the end of the block."""

    def __init__(self, count: int) -> None:
        self._all = [_Helper() for _ in range(count)]
        self._idle = deque(self._all)
        self._waiting: deque[tuple[Task, _Helper | None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._all:
            helper.end()

    def prepare_each(
        self, terms: Terms, packer: Packer | None, tasks: Iterable[Task]
    ) -> Generator[Step, None, None]:
        """At each moment a helper has one task, or its answer: nobody has more in memory."""
        order = Order(terms, packer.learned if packer else None)
        for helper in self._all:
            helper.order = order
        for task in tasks:
            step = None if self._idle or not self._waiting else self._next(terms, packer)
            self._give(task)  # so that there is work while the step before is stored
            if step is not None:
                yield step
        while self._waiting:
            yield self._next(terms, packer)

    def _give(self, task: Task) -> None:
        while self._idle:
            helper = self._idle.popleft()
            try:
                helper.give(task)
            except HelperDied as died:
                _log.warning("%s", died)
            else:
                self._waiting.append((task, helper))
                return
        self._waiting.append((task, None))

    def _next(self, terms: Terms, packer: Packer | None) -> Step:
        task, helper = self._waiting.popleft()
        if helper is not None:
            try:
                step = helper.take()
            except HelperDied as died:
                _log.warning("%s", died)
            else:
                self._idle.append(helper)
                return step
        return prepare(terms, task, packer)


class _Helper:
    """One process: a task in, a step out. In a session of its own: Ctrl+C is for who asked."""

    def __init__(self) -> None:
        self.order: Order | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "auditdash.ingest.preparing.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )

    def give(self, task: Task) -> None:
        pipe = _open(self._process.stdin)
        try:
            if self.order is not None:
                write_frame(pipe, self.order)
                self.order = None
            write_frame(pipe, task)
        except BrokenPipeError:
            raise self._died() from None

    def take(self) -> Step:
        try:
            return cast("Step", read_frame(_open(self._process.stdout)))
        except EOFError:
            raise self._died() from None
        except FrameError as error:
            _log.warning("a helper's answer is not whole: %s", error)
            self._process.kill()
            raise self._died() from None

    def _died(self) -> HelperDied:
        code = self._process.wait()
        return HelperDied(f"a helper ended with {code}: its work is done without it")

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101  # each of our processes has both
    return pipe
