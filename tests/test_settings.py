"""What an operator sets arrives, and what makes no sense stops the start and names itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditdash.accounts.roles import ROLES
from auditdash.settings import ROLE_NAMES, BadSetting, Settings
from auditdash.store.engine import open_engine
from tests.serving import environment

_EVERYTHING = {
    "AUDITDASH_INSTANCE": "/srv/audit",
    "DATABASE_URL": "postgresql://audit@db.example/audit",
    "AUDITDASH_HOST": "0.0.0.0",  # noqa: S104 - the test listens nowhere
    "AUDITDASH_PORT": "9000",
    "AUDITDASH_WORKERS": "4",
    "AUDITDASH_ZONE": "Europe/Berlin",
    "AUDITDASH_SECURE_COOKIES": "1",
    "AUDITDASH_TRUSTED_PROXIES": "2",
    "AUDITDASH_MAX_BODY_MB": "8",
    "AUDITDASH_MAX_UNPACKED_MB": "16",
    "AUDITDASH_PULL_MINUTES": "5",
    "AUDITDASH_REPORT_SECONDS": "60",
    "AUDITDASH_REPORT_MEMORY_MB": "512",
    "AUDITDASH_MODE_URL": "https://mode.example",
    "AUDITDASH_MODE_WORKSPACE": "acme",
    "AUDITDASH_MODE_TOKEN": "token",
    "AUDITDASH_MODE_SECRET": "secret",
    "AUDITDASH_MODE_START": "2025-01-31",
    "AUDITDASH_DOMAINS": "acme.com, Acme.DE",
    "AUDITDASH_LOG": "json",
    "AUDITDASH_API_READS": "60",
    "AUDITDASH_API_SENDS": "120",
    "AUDITDASH_SIGN_P12": "/srv/key.p12",
    "AUDITDASH_SIGN_PASSPHRASE_FILE": "/srv/passphrase",
    "AUDITDASH_SMTP_HOST": "mail.acme.com",
    "AUDITDASH_SMTP_PORT": "465",
    "AUDITDASH_SMTP_TLS": "implicit",
    "AUDITDASH_SMTP_USER": "auditdash",
    "AUDITDASH_SMTP_PASSWORD": "secret",
    "AUDITDASH_MAIL_FROM": "auditdash@acme.com",
    "AUDITDASH_MAIL_MB": "3",
    "AUDITDASH_SEND_FOLDER": "/srv/reports",
    "AUDITDASH_INSIDE_HOSTS": "minio.corp:9000, 10.0.0.5",
    "AUDITDASH_CA_FILE": __file__,
    "AUDITDASH_URL": "https://audit.example.com:8443",
    "AUDITDASH_HOSTS": "audit.example.com, Audit.Internal",
    "AUDITDASH_SESSION_IDLE_MINUTES": "30",
    "AUDITDASH_SESSION_HOURS": "10",
    "AUDITDASH_SECOND_FACTOR": "admin, officer",
    "AUDITDASH_OIDC_ISSUER": "https://login.example.com",
    "AUDITDASH_OIDC_CLIENT_ID": "auditdash",
    "AUDITDASH_OIDC_CLIENT_SECRET": "hush",
    "AUDITDASH_OIDC_NAME": "Example ID",
    "AUDITDASH_OIDC_SCOPES": "openid groups",
    "AUDITDASH_OIDC_ROLES_CLAIM": "groups",
    "AUDITDASH_OIDC_ROLES": "cn=audit=auditor, admins=acme:admin",
    "AUDITDASH_OIDC_CREATE": "1",
    "AUDITDASH_OIDC_ONLY": "1",
}


def test_without_any_variable_everything_is_local_and_plain() -> None:
    settings = Settings.from_env({})
    assert settings.database_url == f"sqlite:///{settings.instance / 'auditdash.db'}"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.mode_token == ""


def test_every_setting_can_be_set_and_handed_to_a_child_process() -> None:
    settings = Settings.from_env(_EVERYTHING)
    plain = Settings.from_env({})
    same = [
        name
        for name in Settings.__struct_fields__
        if getattr(settings, name) == getattr(plain, name)
    ]
    assert same == []
    assert settings.instance == Path("/srv/audit")
    assert Settings.from_env(environment(settings)) == settings


def test_an_empty_variable_is_not_set() -> None:
    assert Settings.from_env(dict.fromkeys(_EVERYTHING, "")) == Settings.from_env({})


def test_the_older_name_of_the_postgresql_scheme_is_understood() -> None:
    settings = Settings.from_env({"DATABASE_URL": "postgres://db/audit"})
    assert settings.database_url == "postgresql://db/audit"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("AUDITDASH_PORT", "0"),
        ("AUDITDASH_PORT", "65536"),
        ("AUDITDASH_PORT", "٨٠٠٠"),
        ("AUDITDASH_WORKERS", "many"),
        ("AUDITDASH_WORKERS", "-1"),
        ("AUDITDASH_SECURE_COOKIES", "yes"),
        ("AUDITDASH_ZONE", "Berlin"),
        ("AUDITDASH_MODE_START", "last year"),
        ("AUDITDASH_DOMAINS", "acme.com, ann@acme.com"),
        ("AUDITDASH_MODE_URL", "http://mode.example"),
        ("DATABASE_URL", "mysql://db/audit"),
        ("AUDITDASH_URL", "audit.acme.com"),
        ("AUDITDASH_SMTP_TLS", "no"),
        ("AUDITDASH_INSIDE_HOSTS", "https://minio.corp"),
        ("AUDITDASH_CA_FILE", "/nowhere.pem"),
        ("AUDITDASH_URL", "https://audit.example.com/path"),
        ("AUDITDASH_URL", "https://me@audit.example.com"),
        ("AUDITDASH_URL", "https://audit.example.com:port"),
        ("AUDITDASH_URL", "https://[audit"),
        ("AUDITDASH_URL", "audit.example.com"),
        ("AUDITDASH_HOSTS", "https://audit.example.com"),
        ("AUDITDASH_SESSION_HOURS", "0"),
        ("AUDITDASH_SECOND_FACTOR", "everybody"),
        ("AUDITDASH_OIDC_ONLY", "1"),
    ],
)
def test_a_value_that_makes_no_sense_stops_the_start_and_is_named(name: str, text: str) -> None:
    with pytest.raises(BadSetting, match=name.removesuffix("_ONLY")):
        Settings.from_env({name: text})


@pytest.mark.parametrize(
    ("named", "more"),
    [
        ("AUDITDASH_MAIL_FROM", {}),
        ("AUDITDASH_MAIL_FROM", {"AUDITDASH_MAIL_FROM": "a@acme.com\nBcc: b@acme.com"}),
        ("AUDITDASH_SMTP_TLS", {"AUDITDASH_MAIL_FROM": "a@b", "AUDITDASH_SMTP_TLS": "none"}),
        ("AUDITDASH_SMTP_USER", {"AUDITDASH_MAIL_FROM": "a@b", "AUDITDASH_SMTP_USER": "x"}),
    ],
)
def test_half_a_mail_server_is_none(named: str, more: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match=named):
        Settings.from_env({"AUDITDASH_SMTP_HOST": "mail.acme.com", **more})


def test_half_a_mode_connection_names_what_is_missing() -> None:
    with pytest.raises(BadSetting, match="AUDITDASH_MODE_SECRET"):
        Settings.from_env({"AUDITDASH_MODE_WORKSPACE": "acme", "AUDITDASH_MODE_TOKEN": "token"})


def test_a_key_without_its_passphrase_names_what_is_missing() -> None:
    with pytest.raises(BadSetting, match="AUDITDASH_SIGN_PASSPHRASE_FILE"):
        Settings.from_env({"AUDITDASH_SIGN_P12": "key.p12"})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"AUDITDASH_OIDC_ISSUER": "http://login.example.com"}, "OIDC_ISSUER"),
        ({"AUDITDASH_OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"AUDITDASH_URL": ""}, "AUDITDASH_URL"),
        ({"AUDITDASH_URL": "http://audit.example.com"}, "AUDITDASH_URL"),
        ({"AUDITDASH_OIDC_SCOPES": "profile"}, "OIDC_SCOPES"),
        ({"AUDITDASH_OIDC_ROLES": "admins"}, "OIDC_ROLES"),
        ({"AUDITDASH_OIDC_ROLES": "admins=root"}, "OIDC_ROLES"),
        ({"AUDITDASH_OIDC_ROLES_CLAIM": ""}, "OIDC_ROLES"),
        ({"AUDITDASH_OIDC_ISSUER": ""}, "OIDC_ISSUER"),
    ],
)
def test_half_a_single_sign_on_names_what_is_missing(changed: dict[str, str], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        Settings.from_env(_EVERYTHING | changed)


def test_a_value_of_the_provider_gives_a_role_in_one_workspace_or_all() -> None:
    settings = Settings.from_env(_EVERYTHING)
    assert settings.sso.roles == (("cn=audit", "", "auditor"), ("admins", "acme", "admin"))
    assert set(ROLE_NAMES) == set(ROLES)


def test_a_password_in_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(BadSetting) as caught:
        Settings.from_env({"DATABASE_URL": "mysql://audit:hunter2@db/audit"})
    assert "hunter2" not in str(caught.value)


def test_a_relative_file_is_the_same_after_going_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"DATABASE_URL": "sqlite:///audit.db"})
    assert settings.database_url == f"sqlite:///{tmp_path / 'audit.db'}"


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?uri=true"])
def test_a_database_that_no_other_process_sees_is_refused(url: str) -> None:
    with pytest.raises(BadSetting, match="kept on a disk"):
        Settings.from_env({"DATABASE_URL": url})


def test_a_new_instance_is_nobody_elses_to_read(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path / 'instance' / 'auditdash.db'}").dispose()
    assert (tmp_path / "instance").stat().st_mode & 0o777 == 0o700
