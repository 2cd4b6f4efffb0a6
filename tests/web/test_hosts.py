"""Only the names of this installation are answered to: no stranger's name for our address."""

import pytest
from flask.testing import FlaskClient

from auditdash.settings import Settings
from auditdash.web.entry.hosts import allowed_hosts, host_of
from tests.databases import ON_SQLITE
from tests.web.signing import entering

_HERE = {"localhost", "127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({}, _HERE),
        ({"AUDITDASH_HOST": "0.0.0.0"}, None),  # noqa: S104 - nobody listens
        ({"AUDITDASH_TRUSTED_PROXIES": "1"}, None),
        ({"AUDITDASH_HOSTS": "Audit.example"}, _HERE | {"audit.example"}),
        (
            {"AUDITDASH_URL": "https://audit.example:8443", "AUDITDASH_TRUSTED_PROXIES": "1"},
            _HERE | {"audit.example"},
        ),
    ],
)
def test_the_names_follow_from_the_settings(env: dict[str, str], names: set[str] | None) -> None:
    assert allowed_hosts(Settings.from_env(env)) == names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("LOCALHOST:8000", "localhost"),
        ("[::1]:8000", "::1"),
        ("audit.example.", "audit.example"),
        ("localhost.evil.example", "localhost.evil.example"),
        ("evil.example@localhost", "localhost"),
        ("[", ""),
        ("", ""),
    ],
)
def test_a_name_is_read_without_its_port(text: str, name: str) -> None:
    assert host_of(text) == name


@ON_SQLITE
def test_a_strangers_name_for_our_address_is_refused(client: FlaskClient) -> None:
    for path in ("/settings", "/login", "/static/css/base.css", "/metrics", "/api/v1/events", "/"):
        for host in ("evil.example", "evil.example:8000", "localhost.evil.example", ""):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 400, (path, host)
    assert client.get("/settings", headers={"Host": "127.0.0.1:8000"}).status_code == 303
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"Host": "10.0.0.7"}).status_code == 200


@ON_SQLITE
def test_https_is_for_always_where_it_is_there(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/login").headers
    entering.change(client.application, secure_cookies=True)
    for path in ("/login", "/settings", "/nothing", "/static/css/base.css", "/api/v1/events", "/"):
        with client.get(path) as answer:
            header = answer.headers["Strict-Transport-Security"]
            assert header == "max-age=31536000; includeSubDomains", path
