"""Mails: written so that no text of a stranger becomes a header, and sent over a verified line."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant, shorten, to_datetime
from auditdash.outgoing.http import trust
from auditdash.outgoing.outcome import Parcel, RefusedError, SendingError, UnavailableError

_ADDRESS: Final = re.compile(
    r"(?P<local>[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)",
    re.ASCII | re.IGNORECASE,
)
_LONGEST: Final = 254
_LONGEST_SUBJECT: Final = 200
_SECONDS: Final = 60.0


class Server(Struct, frozen=True, kw_only=True):
    """The operator's mail server. `tls` is starttls, implicit, or none (this machine only)."""

    host: str
    port: int
    tls: str
    user: str
    password: str
    sender: str
    authorities: str = ""


class Mail(Struct, frozen=True, kw_only=True):
    """What is written: `to` are all who get it, `key` is the same for each attempt."""

    key: str
    to: tuple[str, ...]
    subject: str
    plain: str
    html: str
    at: Instant
    parcel: Parcel | None = None


def is_address(text: str) -> bool:
    """Whether it is one plain address, and no name of this machine alone."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and "." in found["domain"] and len(text) <= _LONGEST


def parse_address(text: str) -> str:
    """One plain address, as it was written; else BadInput."""
    found = _ADDRESS.fullmatch(text)
    if found is None or len(text) > _LONGEST or len(found["local"]) > 64:
        raise BadInput(
            f"{shorten(text)} is not a mail address",
            where="addresses",
            expected="such as name@example.com",
        )
    return text


def message_id(key: str, sender: str) -> str:
    """The same for each attempt, so that a mailbox knows a mail that came twice."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def write_mail(mail: Mail, sender: str) -> EmailMessage:
    """The message: plain and HTML, and the file as attachment where there is one."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("auditdash", addr_spec=sender)
    message["To"] = [Address(addr_spec=parse_address(each)) for each in mail.to]
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = to_datetime(mail.at)
    message["Message-ID"] = message_id(mail.key, sender)
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence answers it
    message.set_content(mail.plain, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if mail.parcel is not None:
        kind, _, subtype = mail.parcel.media_type.partition("/")
        message.add_attachment(
            mail.parcel.path.read_bytes(), kind, subtype, filename=_one_line(mail.parcel.name)
        )
    return message


def send_mail(server: Server, mail: Mail, recipient: str) -> str:
    """Hand a mail over for one of those it is to; what the server said, in words.

    Each recipient is a sending of its own: one bad address keeps nobody else from theirs.
    """
    message = write_mail(mail, server.sender)
    try:
        with _connect(server) as smtp:
            smtp.send_message(message, from_addr=server.sender, to_addrs=[parse_address(recipient)])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _failed(server, f"does not take {recipient}", code, said) from None
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
        raise UnavailableError(f"{server.host} refuses the login: {_cleaned(error)}") from None
    except smtplib.SMTPResponseException as error:
        what = "does not take the mail"
        raise _failed(server, what, error.smtp_code, error.smtp_error) from None
    except (smtplib.SMTPException, OSError) as error:
        raise UnavailableError(f"{server.host}: {_cleaned(error)}") from None
    return f"{server.host} took it"


def check_server(server: Server) -> str:
    """Whether a mail could be handed over now, in words; raises SendingError."""
    try:
        with _connect(server) as smtp:
            smtp.noop()
    except (smtplib.SMTPException, OSError) as error:
        raise UnavailableError(f"{server.host}:{server.port}: {_cleaned(error)}") from None
    login = f", as {server.user}" if server.user else ""
    return f"{server.host}:{server.port} answers{login} ({server.tls})"


def _connect(server: Server) -> smtplib.SMTP:
    """A line on which the server has shown its certificate and knows us; never a plain one."""
    name, context = server.sender.rpartition("@")[2], trust(server.authorities, "mail")
    if server.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, name, timeout=_SECONDS)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
    except UnicodeEncodeError:  # whose own words have the password
        smtp.close()
        raise RefusedError(
            f"{server.host}: user and password of mail must be ASCII, which is all that can be sent"
        ) from None
    except (smtplib.SMTPException, OSError):
        smtp.close()
        raise
    return smtp


def _failed(server: Server, what: str, code: int, said: bytes | str) -> SendingError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    kind = RefusedError if code >= 500 else UnavailableError
    return kind(f"{server.host} {what}: {code} {_one_line(text)}")


def _cleaned(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_one_line(str(error.smtp_error))}"
    return _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    """Nothing that could end a line, nor turn its neighbours around."""
    cleaned = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(cleaned.split())[:_LONGEST_SUBJECT]
