"""Texts that do harm where a field of an event is taken for anything but text."""

from __future__ import annotations

from typing import Final

LONG: Final = "W" * 65_536
HOSTILE: Final = {
    "html": "</bdi></title></textarea><script>window.hit = 1</script><img src=x onerror=alert(1)>",
    "template element": "</template></script><svg onload=alert(1)><!-- <style>*{color:red}</style>",
    "attribute": "\" autofocus onfocus=alert(1) hit=' onmouseover='alert(1)` hx-get=/logout x=\"",
    "address": "javascript:alert(1)//https://evil.example/%0d%0aSet-Cookie:hit=1",
    "htmx": '<div hx-get="/logout" hx-trigger="load" data-hx-on:load="alert(1)">x</div>',
    "equals": '=HYPERLINK("http://evil.example","x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(A1:A9)",
    "tab": "\t=1+1",
    "return": "\r=1+1",
    "lines": 'one,"two"\r\nSet-Cookie: hit=1\r\n\r\n[CRITICAL] forged\n=1;=2',
    "turning": "abc\u202egpj.exe\u2066 \u0627\u0644\u0639 \u05d0\u05d1 \u200f\u200b\ufeff",
    "controls": "a\x00b\x07c\x1b[31m\x85d",
    "surrogate": "half \ud83d pair \udc00",
    "emoji": "\U0001f98e\u200d\u2b1b \U0001f469\u200d\U0001f4bb \u738b\u82b3",
    "separators": "a\u2028b\u2029c\x0bd",
    "template": "{{ 7*191 }}${7*191}{% raw %}<%= 7*191 %>#{7*191}",
    "format": "%s%n%x %(asctime)s {0.__class__} {scheme}",
    "sql": "'; DROP TABLE events; --\\",
    "search": 'x" OR actor:* -(created:today) \\ *',
    "long": LONG,
}
PLAIN: Final = tuple(
    f"{LONG[:-10]}{number}" if text == LONG else f"plain text {number}"
    for number, text in enumerate(HOSTILE.values())
)
