"""Templates are compiled once for all applications of a process: each test makes one of its own."""

from __future__ import annotations

from types import CodeType

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from auditdash.settings import ROOT
from auditdash.web import fragments
from auditdash.web.entry import door, headers
from auditdash.web.frame import templating


class _Compiled(BytecodeCache):
    """Code by template, as long as its text is the same."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


Flask.jinja_options = {"bytecode_cache": _Compiled()}


def compile_all() -> None:
    """Compile every template of the application now, before a process forks."""
    app = Flask("auditdash", template_folder=str(ROOT / "templates"))
    for part in (fragments, headers, door, templating):
        part.install(app)
    for name in app.jinja_env.list_templates(["html"]):
        if not name.startswith("reports/pdf/"):  # the paper has an environment of its own
            app.jinja_env.get_template(name)
