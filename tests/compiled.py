"""Templates and addresses are compiled once for all applications of a process: each test makes one
of its own, and compiling them anew was more than half of what most tests of pages did."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryDirectory
from types import CodeType
from typing import ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from auditdash.factory import create_app
from auditdash.settings import Settings


class _Compiled(BytecodeCache):
    """Code by template, as long as its text is the same."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


class _Rule(Rule):
    """A rule whose functions that build an address serve all rules of the same text."""

    _builders: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in self._builders:
            self._builders[key] = super()._compile_builder(append_unknown)
        return self._builders[key]


Flask.url_rule_class = _Rule
Flask.jinja_options = {"bytecode_cache": _Compiled()}


def compile_all() -> None:
    """Compile every template and address of the application now, before a process forks."""
    with TemporaryDirectory() as folder:
        app = create_app(Settings.from_env({"AUDITDASH_INSTANCE": folder}))
        for name in app.jinja_env.list_templates(["html"]):
            if not name.startswith("reports/pdf/"):  # the paper has an environment of its own
                app.jinja_env.get_template(name)
        app.extensions["auditdash"].engine.dispose()
