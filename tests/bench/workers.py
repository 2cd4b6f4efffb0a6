"""Programs of the benchmark that wait for work: one JSON line in, one JSON line out.

Each contender is measured in a process of its own, which reads the clock itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Message = dict[str, Any]  # JSON
ROOT = Path(__file__).resolve().parents[2]


class WorkerFailed(RuntimeError):
    """A program of the benchmark ended, or said that it could not do what it was asked."""


class Worker:
    """A running program; ends with the block."""

    def __init__(
        self, module: str, python: Path = Path(sys.executable), arguments: Sequence[str] = ()
    ) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **message: object) -> Message:
        """What the program answers; WorkerFailed with what it says."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerFailed(f"{self._module} ended; it says why above")
        answer: Message = json.loads(line)
        if "failed" in answer:
            raise WorkerFailed(f"{self._module}: {answer['failed']}")
        return answer

    def close(self) -> None:
        """Let the program end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def serve(tasks: dict[str, Callable[..., Message]]) -> None:
    """Answer lines of standard input, each `{"do": name of a task, …its arguments}`, to its end."""
    for line in sys.stdin:
        message = json.loads(line)
        task = tasks[message.pop("do")]
        sys.stdout.write(json.dumps(task(**message)) + "\n")
        sys.stdout.flush()
