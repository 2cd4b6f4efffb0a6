"""Mails by a real server: what arrives, and what neither a text nor a server makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from auditdash.events.errors import BadInput
from auditdash.events.instants import parse_instant
from auditdash.outgoing.mail import (
    Mail,
    Server,
    check_server,
    message_id,
    parse_address,
    send_mail,
    write_mail,
)
from auditdash.outgoing.outcome import RefusedError, UnavailableError
from tests.outgoing.parcels import make_parcel
from tests.receivers import PASSWORD, USER, Certified, Mailbox

_SENDER = "auditdash@acme.com"
_HOSTILE = "Report\r\nBcc: thief@evil.example\r\n\r\n<b>x</b>\u2028\u202e\x00\x0b"


def _mail(**changes: object) -> Mail:
    return replace(
        Mail(
            key="run-12/target-3",
            to=("ann@acme.com", "bob@acme.com"),
            subject="Compliance report",
            plain="Three exceptions: Łukasz, 王.\n",
            html="<p>Three exceptions: Łukasz, 王.</p>",
            at=parse_instant("2026-11-01T06:00:00Z"),
        ),
        **changes,
    )


def _server(box: Mailbox, certified: Certified, tls: str = "starttls") -> Server:
    user, password = (USER, PASSWORD) if tls == "starttls" else ("", "")
    return Server(
        host="localhost",
        port=box.port,
        tls=tls,
        user=user,
        password=password,
        sender=_SENDER,
        authorities=certified.authorities,
    )


def test_a_mail_arrives_plain_and_as_html_with_its_file(
    mailbox: Mailbox, certified: Certified, tmp_path: Path
) -> None:
    parcel = make_parcel(tmp_path, b"%PDF-1.7 \x00\xff")
    mail = _mail(parcel=parcel)
    assert send_mail(_server(mailbox, certified), mail, "ann@acme.com") == "localhost took it"
    recipients, message = mailbox.mails[0]
    assert recipients == ["ann@acme.com"]
    assert message["To"] == "ann@acme.com, bob@acme.com"  # she sees who else gets it
    assert message["Message-ID"] == message_id("run-12/target-3", _SENDER)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == mail.plain.splitlines()
    assert html.get_content().strip() == mail.html
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == parcel.name
    assert attached.get_content() == b"%PDF-1.7 \x00\xff"


def test_a_second_attempt_is_recognised(mailbox: Mailbox, certified: Certified) -> None:
    server = _server(mailbox, certified)
    for key in ("run-12/target-3", "run-12/target-3", "run-13/target-3"):
        send_mail(server, _mail(key=key), "ann@acme.com")
    first, second, other = [message["Message-ID"] for _, message in mailbox.mails]
    assert first == second != other


def test_mail_goes_by_implicit_tls(implicit_mailbox: Mailbox, certified: Certified) -> None:
    send_mail(_server(implicit_mailbox, certified, "implicit"), _mail(), "bob@acme.com")
    assert [recipients for recipients, _ in implicit_mailbox.mails] == [["bob@acme.com"]]


def test_a_server_without_tls_gets_neither_the_mail_nor_the_password(
    plain_mailbox: Mailbox, certified: Certified
) -> None:
    with pytest.raises(UnavailableError, match="STARTTLS"):
        send_mail(_server(plain_mailbox, certified), _mail(), "ann@acme.com")
    assert plain_mailbox.mails == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_of_nobody_known_is_not_trusted(
    mailbox: Mailbox, implicit_mailbox: Mailbox, certified: Certified, tls: str
) -> None:
    box = mailbox if tls == "starttls" else implicit_mailbox
    server = replace(_server(box, certified, tls), authorities="")
    with pytest.raises(UnavailableError, match="certificate is not to be trusted"):
        send_mail(server, _mail(), "ann@acme.com")
    with pytest.raises(UnavailableError, match="certificate is not to be trusted"):
        check_server(server)
    assert box.mails == []


def test_one_recipient_that_is_refused_says_why(mailbox: Mailbox, certified: Certified) -> None:
    mailbox.refused = {
        "ann@acme.com": "550 no such\tmailbox",
        "bob@acme.com": "451 come back later",
    }
    server = _server(mailbox, certified)
    with pytest.raises(RefusedError, match=r"does not take ann@acme.com: 550 no such mailbox"):
        send_mail(server, _mail(), "ann@acme.com")
    with pytest.raises(UnavailableError, match="451 come back later"):
        send_mail(server, _mail(), "bob@acme.com")


def test_a_password_that_cannot_be_sent_is_told_without_it(
    mailbox: Mailbox, certified: Certified
) -> None:
    server = replace(_server(mailbox, certified), password="wrong-fröschlein")
    with pytest.raises(RefusedError, match="must be ASCII") as failed:
        send_mail(server, _mail(), "ann@acme.com")
    assert "wrong" not in str(failed.value)
    with pytest.raises(RefusedError, match="must be ASCII"):
        check_server(server)


def test_a_wrong_password_is_told_without_it(mailbox: Mailbox, certified: Certified) -> None:
    server = replace(_server(mailbox, certified), password="wrong-heron")
    with pytest.raises(UnavailableError, match="refuses the login: 535") as failed:
        send_mail(server, _mail(), "ann@acme.com")
    assert "wrong-heron" not in str(failed.value)
    assert check_server(_server(mailbox, certified)).endswith("as auditdash (starttls)")


@given(subject=st.text(max_size=300) | st.just(_HOSTILE))
def test_no_subject_becomes_a_header_or_a_body(subject: str) -> None:
    usual = write_mail(_mail(subject="x"), _SENDER)
    message = write_mail(_mail(subject=subject), _SENDER)
    assert message.keys() == usual.keys()
    raw = message.as_bytes()
    names = [line.partition(b":")[0] for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")]
    assert b"Bcc" not in names
    assert raw.split(b"\r\n\r\n", 1)[1].count(b"\r\n") >= 1


def test_a_file_name_stays_a_name(tmp_path: Path) -> None:
    parcel = replace(make_parcel(tmp_path, b"x"), name='a"\r\nBcc: t@evil.example;.pdf')
    raw = write_mail(_mail(parcel=parcel), _SENDER).as_bytes()
    assert b"\r\nBcc" not in raw


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@acme.com",
        "ann@acme.com, bob@acme.com",
        "ann@acme.com\r\nBcc: thief@evil.example",
        "ann@acme.com\n",
        '"ann bob"@acme.com',
        "Ann <ann@acme.com>",
        "ann@acme..com",
        "ann@-acme.com",
        ".ann@acme.com",
        "ann@acme.com\u200b",
        "änn@acme.com",
        "x" * 65 + "@acme.com",
        "ann@" + "a." * 130 + "com",
    ],
)
def test_only_plain_addresses_are_addresses(text: str) -> None:
    with pytest.raises(BadInput):
        parse_address(text)


@pytest.mark.parametrize("text", ["ann@acme.com", "ann+audit@mail.acme.co.uk", "o'neil@localhost"])
def test_plain_addresses_are_taken(text: str) -> None:
    assert parse_address(text) == text
