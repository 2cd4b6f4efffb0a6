"""Settings: the only reader of the environment. A bad value stops the start and names itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
_SQLITE = "sqlite:///"
# What people can be (accounts.roles says what each may do).
ROLE_NAMES = ("admin", "officer", "auditor", "viewer")
# The names of this machine to itself.
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class BadSetting(ValueError):
    """Names the variable, says what it holds and what it must hold."""


class Sending(Struct, frozen=True, kw_only=True):
    """How reports and notices leave: `url` is where browsers find us; without `smtp_host` there is
    no mail, without `folder` no folder. `inside` are hosts that may be reached though they are
    inside; `authorities` is a file with certificates to trust beside the usual ones."""

    url: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    mail_from: str = ""
    mail_bytes: int = 10 << 20
    folder: Path | None = None
    inside: frozenset[str] = frozenset()
    authorities: str = ""


class SingleSignOn(Struct, frozen=True, kw_only=True):
    """The provider with which people sign in (OpenID Connect); without an issuer there is none.

    `roles`: what somebody may do who has a value of `claim`, as (value, workspace's slug or "",
    role). `only`: whether passwords and passkeys let nobody in.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    name: str = "single sign-on"
    scopes: str = "openid profile email"
    claim: str = ""
    roles: tuple[tuple[str, str, str], ...] = ()
    create: bool = False
    only: bool = False


class Settings(Struct, frozen=True, kw_only=True):
    """What an operator can set, each by one variable; README.md lists them all."""

    instance: Path
    database_url: str
    host: str
    port: int
    workers: int
    zone: str
    secure_cookies: bool
    trusted_proxies: int
    max_body_bytes: int
    max_unpacked_bytes: int
    pull_minutes: int
    report_seconds: int
    report_megabytes: int
    mode_url: str
    mode_workspace: str
    mode_token: str
    mode_secret: str
    mode_start: str = ""
    domains: frozenset[str] = frozenset()
    url: str = ""
    hosts: frozenset[str] = frozenset()
    session_idle_minutes: int = 720
    session_hours: int = 168
    second_factor: frozenset[str] = frozenset()
    sso: SingleSignOn = SingleSignOn()
    log: str = "text"
    api_reads: int = 600
    api_sends: int = 12_000
    sign_p12: Path | None = None
    sign_passphrase_file: Path | None = None
    sending: Sending = Sending()

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read AUDITDASH_* and DATABASE_URL; empty means not set."""
        instance = Path(env.get("AUDITDASH_INSTANCE") or ROOT / "instance").absolute()
        address = _address(env, "AUDITDASH_URL")
        url_is_safe = address.startswith("https://")
        url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'auditdash.db'}"
        settings = cls(
            instance=instance,
            database_url=_database_url(url),
            host=env.get("AUDITDASH_HOST") or "127.0.0.1",
            port=_number(env, "AUDITDASH_PORT", 8000, 1, 65535),
            workers=_number(env, "AUDITDASH_WORKERS", 2, 1, 64),
            zone=_zone(env, "AUDITDASH_ZONE"),
            secure_cookies=_flag(env, "AUDITDASH_SECURE_COOKIES") or url_is_safe,
            trusted_proxies=_number(env, "AUDITDASH_TRUSTED_PROXIES", 0, 0, 9),
            max_body_bytes=_number(env, "AUDITDASH_MAX_BODY_MB", 64, 1, 4096) << 20,
            max_unpacked_bytes=_number(env, "AUDITDASH_MAX_UNPACKED_MB", 512, 1, 65536) << 20,
            pull_minutes=_number(env, "AUDITDASH_PULL_MINUTES", 15, 1, 1440),
            report_seconds=_number(env, "AUDITDASH_REPORT_SECONDS", 600, 5, 86400),
            report_megabytes=_number(env, "AUDITDASH_REPORT_MEMORY_MB", 2048, 256, 65536),
            mode_url=env.get("AUDITDASH_MODE_URL") or "https://app.mode.com",
            mode_workspace=env.get("AUDITDASH_MODE_WORKSPACE", ""),
            mode_token=env.get("AUDITDASH_MODE_TOKEN", ""),
            mode_secret=env.get("AUDITDASH_MODE_SECRET", ""),
            mode_start=_day(env, "AUDITDASH_MODE_START"),
            domains=_domains(env, "AUDITDASH_DOMAINS"),
            log=_choice(env, "AUDITDASH_LOG", "text", "json"),
            api_reads=_number(env, "AUDITDASH_API_READS", 600, 0, 1_000_000),
            api_sends=_number(env, "AUDITDASH_API_SENDS", 12_000, 0, 1_000_000),
            sign_p12=_file(env, "AUDITDASH_SIGN_P12"),
            sign_passphrase_file=_file(env, "AUDITDASH_SIGN_PASSPHRASE_FILE"),
            sending=_sending(env),
            url=address,
            hosts=_names(env, "AUDITDASH_HOSTS"),
            session_idle_minutes=_number(env, "AUDITDASH_SESSION_IDLE_MINUTES", 720, 5, 43200),
            session_hours=_number(env, "AUDITDASH_SESSION_HOURS", 168, 1, 8760),
            second_factor=_roles(env, "AUDITDASH_SECOND_FACTOR"),
            sso=_single_sign_on(env),
        )
        _check_signing(settings)
        _check_mode(settings)
        _check_sign_in(settings)
        return settings

    @property
    def is_url_safe(self) -> bool:
        """Whether people open it by an address that nobody between can read or change."""
        local = urlsplit(self.url).hostname in LOOPBACK
        return self.url.startswith("https://") or (local and self.url != "")

    @property
    def host_name(self) -> str:
        """The name by which people know this installation; empty where nobody has said it."""
        return urlsplit(self.url).hostname or ""

    @property
    def index_folder(self) -> Path:
        """Where the index of a database lies that is no file: one for each address."""
        return self.instance / "index" / sha256(self.database_url.encode()).hexdigest()[:16]

    def keep_places(self) -> None:
        """Let a process that this one becomes find the same places, wherever it goes to work."""
        os.environ["AUDITDASH_INSTANCE"] = str(self.instance)
        os.environ["DATABASE_URL"] = self.database_url


def find_unknown() -> list[str]:
    """Variables of ours in the environment that nothing reads: misspelt, or of another version."""
    asked = _Asked()
    Settings.from_env(asked)
    return sorted(
        name for name in os.environ if name.startswith("AUDITDASH_") and name not in asked.names
    )


class _Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return default


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise BadSetting(f"{name}={text!r}: expected a whole number from {low} to {high}")
    return int(text)


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name) or "0"
    if text not in {"0", "1"}:
        raise BadSetting(f"{name}={text!r}: expected 0 or 1")
    return text == "1"


def _choice(env: Mapping[str, str], name: str, *choices: str) -> str:
    """One of these; the first where nothing is set."""
    text = env.get(name) or choices[0]
    if text not in choices:
        raise BadSetting(f"{name}={text!r}: expected {' or '.join(choices)}")
    return text


def _day(env: Mapping[str, str], name: str) -> str:
    text = env.get(name) or ""
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise BadSetting(f"{name}={text!r}: expected a day such as 2026-01-31") from None


def _domains(env: Mapping[str, str], name: str) -> frozenset[str]:
    given = [each.strip().casefold() for each in (env.get(name) or "").split(",")]
    found = frozenset(each for each in given if each)
    for each in sorted(found):
        if "." not in each or "@" in each or not each.isprintable() or " " in each:
            raise BadSetting(f"{name}={each!r}: expected domains such as acme.com, acme.de")
    return found


def _file(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name) or ""
    return Path(text).absolute() if text else None


def _check_signing(settings: Settings) -> None:
    """A key without its passphrase, or the other way round, is a mistake: nothing is assumed."""
    if (settings.sign_p12 is None) != (settings.sign_passphrase_file is None):
        raise BadSetting(
            "AUDITDASH_SIGN_P12 and AUDITDASH_SIGN_PASSPHRASE_FILE: expected both, or none of them"
        )


def _names(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Words with commas between them, in lower case."""
    found = frozenset(each.strip().casefold() for each in (env.get(name) or "").split(","))
    for each in sorted(found):
        if not each.isprintable() or " " in each or "/" in each:
            raise BadSetting(f"{name}={each!r}: expected words with commas between them")
    return found - {""}


def _roles(env: Mapping[str, str], name: str) -> frozenset[str]:
    found = _names(env, name)
    if odd := sorted(found - {"all", *ROLE_NAMES}):
        raise BadSetting(f"{name}={odd[0]!r}: expected all, or of these: {', '.join(ROLE_NAMES)}")
    return found


def _address(env: Mapping[str, str], name: str) -> str:
    """https://host or http://host, with a port or without. No path behind it."""
    text = (env.get(name) or "").rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host = "" if parts.port == 0 else parts.hostname or ""  # raises where it is no port
        has_more = any((parts.path, parts.query, parts.fragment, parts.username))
    except ValueError:
        host, has_more = "", True
    if not text.startswith(("https://", "http://")) or has_more or not host:
        raise BadSetting(f"{name}={text!r}: expected an address such as https://audit.example.com")
    return text


def _single_sign_on(env: Mapping[str, str]) -> SingleSignOn:
    return SingleSignOn(
        issuer=(env.get("AUDITDASH_OIDC_ISSUER") or "").rstrip("/"),
        client_id=env.get("AUDITDASH_OIDC_CLIENT_ID") or "",
        client_secret=env.get("AUDITDASH_OIDC_CLIENT_SECRET") or "",
        name=env.get("AUDITDASH_OIDC_NAME") or "single sign-on",
        scopes=env.get("AUDITDASH_OIDC_SCOPES") or "openid profile email",
        claim=env.get("AUDITDASH_OIDC_ROLES_CLAIM") or "",
        roles=_role_map(env, "AUDITDASH_OIDC_ROLES"),
        create=_flag(env, "AUDITDASH_OIDC_CREATE"),
        only=_flag(env, "AUDITDASH_OIDC_ONLY"),
    )


def _role_map(env: Mapping[str, str], name: str) -> tuple[tuple[str, str, str], ...]:
    """value=role or value=workspace:role, with commas between them."""
    found = []
    for each in filter(None, (part.strip() for part in (env.get(name) or "").split(","))):
        value, equals, given = each.rpartition("=")
        workspace, _, role = given.strip().rpartition(":")
        if not equals or not value.strip() or role.strip().lower() not in ROLE_NAMES:
            raise BadSetting(f"{name}={each!r}: expected value=role or value=workspace:role")
        found.append((value.strip(), workspace.strip(), role.strip().lower()))
    return tuple(found)


def _check_sign_in(settings: Settings) -> None:
    sso = settings.sso
    given = bool(sso.only or sso.create or sso.roles or sso.claim or sso.client_id)
    local = urlsplit(sso.issuer).hostname in LOOPBACK
    for is_right, name, expected in (
        (sso.issuer or not given, "ISSUER", "expected with the other AUDITDASH_OIDC_*"),
        (not sso.issuer or sso.issuer.startswith("https://") or local, "ISSUER", "no https://…"),
        (not sso.issuer or sso.client_id, "CLIENT_ID", "expected with AUDITDASH_OIDC_ISSUER"),
        (not sso.issuer or settings.is_url_safe, "ISSUER", "expected with AUDITDASH_URL, https"),
        ("openid" in sso.scopes.split(), "SCOPES", "expected openid among them"),
        (bool(sso.roles) == bool(sso.claim), "ROLES", "expected with AUDITDASH_OIDC_ROLES_CLAIM"),
    ):
        if not is_right:
            raise BadSetting(f"AUDITDASH_OIDC_{name}: {expected}")


def _zone(env: Mapping[str, str], name: str) -> str:
    text = env.get(name) or "UTC"
    if text != "UTC" and text not in available_timezones():
        raise BadSetting(f"{name}={text!r}: expected a zone such as UTC or Europe/Berlin")
    return text


def _database_url(url: str) -> str:
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if not url.startswith((_SQLITE, "postgresql://", "postgresql+psycopg://")):
        scheme = url.split("://", maxsplit=1)[0]
        raise BadSetting(
            f"DATABASE_URL begins with {scheme!r}: expected sqlite:///FILE or postgresql://…"
        )
    return _absolute(url) if url.startswith(_SQLITE) else url


def _absolute(url: str) -> str:
    """The same file for every process, wherever it goes to work."""
    file = url.removeprefix(_SQLITE)
    if not file or file.startswith((":", "file:")):
        raise BadSetting(f"DATABASE_URL={url!r}: expected sqlite:///FILE, kept on a disk")
    return _SQLITE + str(Path(file).absolute())


def _sending(env: Mapping[str, str]) -> Sending:
    folder = env.get("AUDITDASH_SEND_FOLDER")
    sending = Sending(
        url=_address(env, "AUDITDASH_URL"),
        smtp_host=env.get("AUDITDASH_SMTP_HOST") or "",
        smtp_port=_number(env, "AUDITDASH_SMTP_PORT", 587, 1, 65535),
        smtp_tls=_choice(env, "AUDITDASH_SMTP_TLS", "starttls", "implicit", "none"),
        smtp_user=env.get("AUDITDASH_SMTP_USER") or "",
        smtp_password=env.get("AUDITDASH_SMTP_PASSWORD") or "",
        mail_from=env.get("AUDITDASH_MAIL_FROM") or "",
        mail_bytes=_number(env, "AUDITDASH_MAIL_MB", 10, 0, 100) << 20,
        folder=Path(folder).absolute() if folder else None,
        inside=_hosts(env, "AUDITDASH_INSIDE_HOSTS"),
        authorities=_readable(env, "AUDITDASH_CA_FILE"),
    )
    _check_mail(sending)
    return sending


def _check_mail(sending: Sending) -> None:
    if sending.smtp_host and not re.fullmatch(r"[\x21-\x7e]+@[a-z0-9.-]+", sending.mail_from, re.I):
        raise BadSetting(
            f"AUDITDASH_MAIL_FROM={sending.mail_from!r}: expected the address that mails come from,"
            " such as auditdash@acme.com"
        )
    is_here = sending.smtp_host in {"localhost", "127.0.0.1", "::1"}
    if sending.smtp_host and sending.smtp_tls == "none" and not is_here:
        raise BadSetting("AUDITDASH_SMTP_TLS='none': expected only with a server on this machine")
    if bool(sending.smtp_user) != bool(sending.smtp_password):
        raise BadSetting("AUDITDASH_SMTP_USER: expected together with AUDITDASH_SMTP_PASSWORD")


def _hosts(env: Mapping[str, str], name: str) -> frozenset[str]:
    given = {each.strip().lower() for each in (env.get(name) or "").split(",")} - {""}
    for each in sorted(given):
        if not re.fullmatch(r"[a-z0-9.-]+(:\d+)?|\[[0-9a-f:.]+\](:\d+)?|[0-9a-f:.]+", each):
            raise BadSetting(f"{name}={each!r}: expected hosts such as minio.corp, 10.0.0.5:9000")
    return frozenset(given)


def _readable(env: Mapping[str, str], name: str) -> str:
    text = env.get(name) or ""
    if text and not Path(text).is_file():
        raise BadSetting(f"{name}={text!r}: expected a file")
    return str(Path(text).absolute()) if text else ""


def _check_mode(settings: Settings) -> None:
    parts = {
        "AUDITDASH_MODE_WORKSPACE": settings.mode_workspace,
        "AUDITDASH_MODE_TOKEN": settings.mode_token,
        "AUDITDASH_MODE_SECRET": settings.mode_secret,
    }
    missing = [name for name, text in parts.items() if not text]
    if missing and len(missing) < len(parts):
        raise BadSetting(
            f"{', '.join(missing)}: expected with the other AUDITDASH_MODE_* variables"
        )
    if not settings.mode_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise BadSetting(f"AUDITDASH_MODE_URL={settings.mode_url!r}: expected https://…")
