"""What tests of the intake share: a file sent, taken in, and its receipt read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from auditdash.ingest.uploads import take_next_upload
from auditdash.settings import Settings
from tests.make import NOW

Send = Callable[..., TestResponse]


@pytest.fixture
def send(client: FlaskClient, engine: Engine, settings: Settings) -> Send:
    """Upload a file, let the job take it in, and look at its receipt."""

    def upload(body: bytes, name: str = "audit.ndjson", source: str = "mode") -> TestResponse:
        answer = post(client, body, name, source)
        assert answer.status_code == 303, answer.text
        assert take_next_upload(engine, settings, NOW)
        return client.get(answer.location)

    return upload


def post(
    client: FlaskClient, body: bytes, name: str = "audit.ndjson", source: str = "mode"
) -> TestResponse:
    data = {"file": (io.BytesIO(body), name), "source": source}
    return client.post("/intake/upload", data=data)


def words(answer: TestResponse) -> str:
    """What a reader reads, in one line."""
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def numbers(answer: TestResponse) -> list[int]:
    """The five of a receipt: received, new, known, conflicting, rejected."""
    shown = re.findall(r'class="stat-value"[^>]*>([\d,]+)<', answer.text)
    return [int(text.replace(",", "")) for text in shown]
