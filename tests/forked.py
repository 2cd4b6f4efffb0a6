"""Imported by the process that servers are forked from: what they need is made by then."""

from __future__ import annotations

from tests.compiled import compile_all

compile_all()
