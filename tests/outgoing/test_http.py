"""The guarded client against a real receiver: certificates, redirects, patience, signatures."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace
from standardwebhooks import Webhook, WebhookVerificationError

from auditdash.events import instants
from auditdash.events.errors import BadInput
from auditdash.outgoing.guard import parse_place
from auditdash.outgoing.http import MOST_ANSWERED, Surroundings, check, send, trust
from auditdash.outgoing.outcome import RefusedError, UnavailableError
from auditdash.outgoing.slack import escape, post_to_slack
from auditdash.outgoing.webhook import make_secret, parse_secret, post_webhook
from tests.receivers import Certified, Receiver, serve_receiver


@pytest.fixture
def around(receiver: Receiver, certified: Certified) -> Surroundings:
    return Surroundings(inside=receiver.inside, authorities=certified.authorities)


def _post(receiver: Receiver, around: Surroundings, secret: str) -> str:
    return post_webhook(
        receiver.url, secret, around, message_id="msg_1", at=instants.now(), body=b'{"a":1}'
    )


def test_a_webhook_arrives_and_the_standards_own_library_verifies_it(
    receiver: Receiver, around: Surroundings
) -> None:
    secret = make_secret()
    assert _post(receiver, around, secret) == "localhost answered 204"
    taken = receiver.taken[0]
    assert taken.path == "/hook?to=auditdash"
    assert taken.headers["host"] == f"localhost:{receiver.port}"
    assert Webhook(secret).verify(taken.body, taken.headers) == {"a": 1}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(taken.body + b" ", taken.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(make_secret()).verify(taken.body, taken.headers)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "plain-secret", "whsec_" + "A" * 100]
)
def test_a_secret_that_receivers_would_not_take_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_secret(text)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver: Receiver, around: Surroundings, status: int) -> None:
    inside = f"https://localhost:{receiver.port}/inside"
    receiver.answers = [(status, {"Location": inside}, b"")]
    with pytest.raises(UnavailableError, match="a redirect; none is followed"):
        _post(receiver, around, make_secret())
    assert [taken.path for taken in receiver.taken] == ["/hook?to=auditdash"]


@pytest.mark.parametrize(
    ("status", "kind"), [(410, RefusedError), (404, UnavailableError), (500, UnavailableError)]
)
def test_what_is_answered_decides_whether_to_try_again(
    receiver: Receiver, around: Surroundings, status: int, kind: type[Exception]
) -> None:
    receiver.answers = [(status, {}, b"no")]
    with pytest.raises(kind, match=f"localhost answered {status}"):
        _post(receiver, around, make_secret())


def test_a_certificate_of_nobody_known_is_not_trusted(
    receiver: Receiver, around: Surroundings
) -> None:
    with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        _post(receiver, replace(around, authorities=""), make_secret())
    assert receiver.taken == []


def test_a_certificate_of_another_name_is_not_trusted(certified: Certified) -> None:
    for other in serve_receiver(Receiver(), certified.context("elsewhere.example")):
        around = Surroundings(inside=other.inside, authorities=certified.authorities)
        with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            _post(other, around, make_secret())
        assert other.taken == []


def test_a_file_is_streamed_as_it_is(
    receiver: Receiver, around: Surroundings, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 1000)
    answer = send(
        parse_place(receiver.url, around.inside),
        around,
        method="PUT",
        headers={"Content-Length": "256000"},
        body=path,
    )
    check(answer, "localhost")
    assert receiver.taken[0].body == path.read_bytes()


def test_of_a_long_answer_the_beginning_is_read(receiver: Receiver, around: Surroundings) -> None:
    receiver.answers = [(200, {}, b"x" * (4 * MOST_ANSWERED))]
    answer = send(
        parse_place(receiver.url, around.inside), around, method="POST", headers={}, body=b""
    )
    assert answer.body == b"x" * MOST_ANSWERED


def test_one_who_answers_a_byte_now_and_then_is_hung_up_on() -> None:
    hung_up = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while True:
                    connection.sendall(b"x")
                    hung_up.wait(0.05)
            except OSError:
                hung_up.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        inside = frozenset({f"127.0.0.1:{listener.getsockname()[1]}"})
        place = parse_place(f"http://{next(iter(inside))}/", inside)
        around = Surroundings(inside=inside, seconds=0.3)
        with pytest.raises(UnavailableError, match="did not answer within"):
            send(place, around, method="POST", headers={})
        assert hung_up.wait(60)


def test_a_text_for_slack_mentions_nobody(receiver: Receiver, around: Surroundings) -> None:
    hostile = escape("<!channel> <https://evil.example|Payroll> & co")
    assert post_to_slack(receiver.url, around, f"*Report* {hostile}") == "localhost answered 204"
    body = receiver.taken[0].body.decode()
    assert "&lt;!channel&gt; &lt;https://evil.example|Payroll&gt; &amp; co" in body
    assert "<!" not in body


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_channel_that_is_gone_is_not_tried_again(
    receiver: Receiver, around: Surroundings, status: int
) -> None:
    receiver.answers = [(status, {}, b"channel_is_archived\r\n")]
    with pytest.raises(RefusedError):
        post_to_slack(receiver.url, around, "text")


def test_who_is_trusted_is_read_again_when_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "authorities.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    first = trust(str(file))
    assert trust(str(file)) is first
    assert first.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert first.verify_mode is ssl.CERT_REQUIRED
    assert trust(str(file), "mail") is not first
    trustme.CA().cert_pem.write_to_path(str(file), append=True)
    assert trust(str(file)) is not first
    assert len(trust(str(file)).get_ca_certs()) == len(first.get_ca_certs()) + 1
