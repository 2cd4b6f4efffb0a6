"""The kinds of destination: what each needs to know, and how its secret is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.outgoing.folder import parse_folder
from auditdash.outgoing.guard import parse_place
from auditdash.outgoing.mail import parse_address
from auditdash.outgoing.s3 import Bucket, parse_bucket
from auditdash.settings import Sending
from auditdash.store.feeds.sealing import seal, unseal
from auditdash.store.sending.destinations import Destination

KINDS: Final = {
    "mail": "E-mail",
    "folder": "Folder",
    "s3": "S3 storage",
    "webhook": "Webhook",
    "slack": "Slack",
}
MOST_ADDRESSES: Final = 50


class MailTo(Struct, frozen=True, tag="mail"):
    """Who gets a mail; each sees the others."""

    addresses: tuple[str, ...]


class FolderTo(Struct, frozen=True, tag="folder"):
    """A folder below the one that settings allow."""

    folder: str


class StorageTo(Struct, frozen=True, tag="s3"):
    """A bucket and the key that opens it; the secret is sealed."""

    bucket: Bucket
    access: str


class WebhookTo(Struct, frozen=True, tag="webhook"):
    """An address that takes signed messages; the signing secret is sealed."""

    url: str


class SlackTo(Struct, frozen=True, tag="slack"):
    """A channel. The whole address of its webhook is a secret, so it is sealed."""

    channel: str


Config: TypeAlias = MailTo | FolderTo | StorageTo | WebhookTo | SlackTo


def parse_config(config: Config, sending: Sending) -> Config:
    """The same, cleaned; BadInput names the field that cannot be."""
    match config:
        case MailTo():
            return _mail(config, sending)
        case FolderTo():
            if sending.folder is None:
                raise BadInput("no folder is allowed", expected="AUDITDASH_SEND_FOLDER to be set")
            return FolderTo(folder=parse_folder(config.folder))
        case StorageTo():
            if not config.access.isprintable() or not config.access:
                raise BadInput("the access key is missing", where="access")
            return replace(config, bucket=parse_bucket(config.bucket, sending.inside))
        case WebhookTo():
            parse_place(config.url, sending.inside)
    return config


def _mail(config: MailTo, sending: Sending) -> MailTo:
    if not sending.smtp_host:
        raise BadInput("no mail server is set", expected="AUDITDASH_SMTP_HOST to be set")
    found = tuple(dict.fromkeys(parse_address(each) for each in config.addresses))
    if not 0 < len(found) <= MOST_ADDRESSES:
        expected = f"1 to {MOST_ADDRESSES} addresses"
        raise BadInput("nobody would get it", where="addresses", expected=expected)
    return MailTo(addresses=found)


def encode_config(config: Config) -> str:
    """JSON for one column."""
    return msgspec.json.encode(config).decode()


def config_of(known: Destination) -> Config:
    """What encode_config wrote; BadInput where it cannot be read."""
    try:
        found: Config = msgspec.json.decode(known.config, type=Config)
    except msgspec.DecodeError as error:
        raise BadInput(f"the destination {known.name} cannot be read: {error}") from None
    return found


def where_text(known: Destination) -> str:
    """Where it leads, in words, without a secret."""
    match config_of(known):
        case MailTo(addresses):
            return ", ".join(addresses)
        case FolderTo(folder):
            return f"{folder or 'the folder itself'}"
        case StorageTo(bucket):
            lock = f", locked for {bucket.lock_days:,} days" if bucket.lock_days else ""
            return f"{bucket.bucket}/{bucket.folder} at {bucket.endpoint}{lock}"
        case WebhookTo(url):  # what opens it may stand behind the question mark
            return url.partition("?")[0]
        case SlackTo(channel):
            return channel


def recipients_of(known: Destination) -> tuple[str, ...]:
    """One for each thing that is sent: addresses of mail, else a single empty word."""
    match config_of(known):
        case MailTo(addresses):
            return addresses
    return ("",)


def seal_secret(instance: Path, secret: str) -> bytes | None:
    """What opens it, as it is kept; None for an empty one."""
    return seal(instance, secret.encode()) if secret else None


def secret_of(instance: Path, known: Destination) -> str:
    """What opens it; CannotUnseal says what to do."""
    return unseal(instance, known.sealed).decode() if known.sealed else ""
