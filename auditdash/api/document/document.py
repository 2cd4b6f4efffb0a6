"""The OpenAPI 3.1 document: operations as the views carry them, schemas of the answers' structs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from flask import Flask
from msgspec import Struct
from werkzeug.routing import Rule

from auditdash.api.operations import CSV, JSON, NDJSON, PDF, SPOKEN, Operation
from auditdash.api.shapes import Problem

VERSION: Final = "1"
_API: Final = "/api/"
_REFERENCE: Final = "#/components/schemas/{name}"
_PROBLEM: Final = "application/problem+json"
_PATH: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
_KINDS: Final[Mapping[str, dict[str, Any]]] = {
    "int": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "": {"type": "string", "minLength": 1},
}
_FILE: Final[Mapping[str, str]] = {
    CSV: "RFC 4180, with a header",
    NDJSON: "a JSON object for each line",
    PDF: "the file",
}
_ALWAYS: Final = (400, 401, 403, 406, 429, 503)
_TAGS: Final[Mapping[str, str]] = {
    "Events": "The events themselves, in and out.",
    "Numbers": "How many events there are.",
    "Summaries": "What the summaries on the pages say.",
    "Reports": "PDFs, made in the background.",
    "Kept": "What is kept beside the events.",
    "Mode": "As Mode's own audit log answers.",
    "Description": "What you read here.",
}
_Schemas = Mapping[Any, dict[str, Any]]  # by type
_SAYS: Final = (
    "Read and send the events of one workspace. A token comes from *Settings → Tokens*; what it"
    " reads is recorded in the log before it is answered. `docs/api.md` tells it at length."
)


class Spoken(Struct, frozen=True, kw_only=True):
    """One operation at its address."""

    method: str
    path: str
    operation: Operation
    parts: tuple[tuple[str, str], ...]


def find_operations(app: Flask) -> list[Spoken]:
    """All that stand under /api/, by address."""
    found = [each for rule in app.url_map.iter_rules() for each in _of_rule(app, rule)]
    return sorted(found, key=lambda each: (each.path, each.method))


def find_silent(app: Flask) -> list[str]:
    """Addresses under /api/ that say nothing of what they do."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(_API) and not hasattr(app.view_functions[rule.endpoint], SPOKEN)
    ]


def make_document(app: Flask) -> dict[str, Any]:
    """The document as plain JSON values."""
    every = find_operations(app)
    schemas, components = _schemas(every)
    paths: dict[str, dict[str, Any]] = {}
    for each in every:
        paths.setdefault(each.path, {})[each.method] = _operation(each, schemas)
    tags = dict.fromkeys(each.operation.tag for each in every)
    return {
        "openapi": "3.1.0",
        "info": {"title": "auditdash", "version": VERSION, "description": _SAYS},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": _TAGS[tag]} for tag in _TAGS if tag in tags],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of *Settings → Tokens*.",
                },
                "mode": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "How the token begins, and the whole token as the password.",
                },
            },
        },
    }


def _of_rule(app: Flask, rule: Rule) -> Iterator[Spoken]:
    spec = getattr(app.view_functions[rule.endpoint], SPOKEN, None)
    if not rule.rule.startswith(_API) or spec is None:
        return
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield Spoken(
            method=method.lower(),
            path=_PATH.sub(r"{\2}", rule.rule),
            operation=spec,
            parts=tuple((name, kind) for kind, name in _PATH.findall(rule.rule)),
        )


def _schemas(every: Iterable[Spoken]) -> tuple[_Schemas, dict[str, Any]]:
    types: dict[Any, None] = {Problem: None}
    for each in every:
        body = each.operation.body
        for kind in (each.operation.answer, body.of if body is not None else None):
            if kind is not None:
                types[kind] = None
    found, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return dict(zip(types, found, strict=True)), components


def _operation(each: Spoken, schemas: _Schemas) -> dict[str, Any]:
    spec = each.operation
    found: dict[str, Any] = {
        "operationId": spec.name,
        "tags": [spec.tag],
        "summary": spec.summary,
        "responses": _responses(each, schemas),
        "security": _security(spec),
    }
    if spec.says:
        found["description"] = spec.says
    if parameters := [*_path_parameters(each), *_parameters(spec)]:
        found["parameters"] = parameters
    if spec.body is not None:
        schema = schemas[spec.body.of] if spec.body.of is not None else {}
        found["requestBody"] = {
            "description": spec.body.says,
            "required": spec.body.of is not None,
            "content": {
                form: {"schema": schema if form == JSON else {}} for form in spec.body.forms
            },
        }
    return found


def _security(spec: Operation) -> list[dict[str, list[str]]]:
    if spec.tag == "Description":
        return []
    return [{"mode" if spec.tag == "Mode" else "token": []}]


def _path_parameters(each: Spoken) -> Iterator[dict[str, Any]]:
    for name, kind in each.parts:
        yield {"name": name, "in": "path", "required": True, "schema": _KINDS[kind]}


def _parameters(spec: Operation) -> Iterator[dict[str, Any]]:
    for argument in spec.arguments:
        found: dict[str, Any] = {
            "name": argument.name,
            "in": "query",
            "description": argument.says,
            "schema": argument.schema,
        }
        if argument.required:
            found["required"] = True
        if argument.example:
            found["example"] = argument.example
        yield found


def _responses(each: Spoken, schemas: _Schemas) -> dict[str, Any]:
    spec = each.operation
    content: dict[str, Any] = {}
    for form in spec.forms:
        is_json = form == JSON and spec.answer is not None
        content[form] = {"schema": schemas[spec.answer] if is_json and spec.answer else {}}
    good = {"description": "; ".join(_FILE.get(form, "the answer") for form in spec.forms)}
    found: dict[str, Any] = {str(spec.status): {**good, "content": content}}
    if spec.tag == "Description":
        return found
    if each.method == "get" and spec.tag != "Mode":
        found["304"] = {"description": "nothing of it has changed (`If-None-Match`)"}
    # The server itself refuses it, before any view is asked, and so with a page of its own.
    found["414"] = {"description": f"{HTTPStatus(414).phrase}: the address has at most 8,190 bytes"}
    problem = {"content": {_PROBLEM: {"schema": schemas[Problem]}}}
    for status in sorted({*_ALWAYS, *spec.refusals}):
        said = {} if spec.tag == "Mode" else problem
        found[str(status)] = {"description": HTTPStatus(status).phrase, **said}
    return found
