"""Slack's incoming webhooks: a text into one channel. Slack takes no files there."""

from __future__ import annotations

from typing import Final

import msgspec

from auditdash.outgoing.guard import parse_place
from auditdash.outgoing.http import Surroundings, check, send
from auditdash.outgoing.outcome import RefusedError

_MOST_CHARACTERS: Final = 3000  # of one block
_LOST: Final = {403, 404}  # the webhook was taken away, or its channel archived


def escape(text: str) -> str:
    """A stranger's text that can neither mention anybody nor make a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post_to_slack(url: str, around: Surroundings, text: str) -> str:
    """Post `text` (Slack's mrkdwn, strangers' parts through `escape`); the outcome in words."""
    place = parse_place(url, around.inside)
    shown = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 2] + " …"
    # Without verbatim Slack itself makes links and mentions of what looks like some.
    block = {"type": "section", "text": {"type": "mrkdwn", "text": shown, "verbatim": True}}
    body = msgspec.json.encode({"text": shown, "blocks": [block], "unfurl_links": False})
    headers = {"Content-Type": "application/json"}
    answer = send(place, around, method="POST", headers=headers, body=body)
    if answer.status in _LOST:
        said = ascii(answer.body[:60].decode("ascii", "replace"))
        raise RefusedError(f"{place.host} answered {answer.status} {said}: make a new webhook")
    check(answer, place.host)
    return f"{place.host} answered {answer.status}"
