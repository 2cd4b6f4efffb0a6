"""Texts of strangers that try to be something else than text."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    '"></td></table></body><h1>Forged heading</h1>',
    '=HYPERLINK("http://evil.example","x")',
    "{{ 7*7 }}{% raw %}",
    "\u202eevil\u202c \u200f\u200b\ufeff zero",
    "王芳 조선 ناصر אבגד \U0001f9ff\U000e0041",
    "a\x00b\x07c\x1b[31m",
    "A" * 65_536,
    "/JS (app.alert(1)) >> endobj",
    "url(http://evil.example/x.css)",
    "\\9 \\a } @import 'http://evil.example'",
    "'; DROP TABLE events; --",
)
