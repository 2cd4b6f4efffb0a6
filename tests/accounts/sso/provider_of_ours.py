"""A provider that says what a test wants, true or not; its tokens are signed with a real key."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from auditdash.accounts.sso.provider import Begun

_KEY = RSAKey.generate_key(2048, {"kid": "ours"})
STRANGERS_KEY = RSAKey.generate_key(2048, {"kid": "ours"})


class Provider:
    """What it was told. `token`: what the token endpoint hands out; `seen`: what it was sent."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.metadata: dict[str, Any] = {
            "issuer": address,
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
            "jwks_uri": f"{address}/jwks",
            "userinfo_endpoint": f"{address}/userinfo",
        }
        self.token = ""
        self.userinfo: dict[str, Any] = {}
        self.seen: dict[str, str] = {}
        self.authorization = ""
        self.challenge = ""
        self.redirects = False

    def sign(
        self,
        claims: dict[str, Any],
        key: RSAKey | OctKey = _KEY,
        alg: str = "RS256",
        **named: object,
    ) -> None:
        """Hand out a token with these claims; `named`: what its header says beside."""
        header = {"alg": alg, "kid": "ours", **named}
        self.token = jwt.encode(header, claims, key, algorithms=[alg])

    def expect(self, begun: Begun) -> None:
        """Ask for the verifier that belongs to the challenge of this sign-in."""
        asked = parse_qs(urlsplit(begun.address).query)
        assert asked["code_challenge_method"] == ["S256"]
        self.challenge = asked["code_challenge"][0]

    def answer(self, path: str, body: dict[str, str]) -> tuple[int, Any]:
        """Status and body of an answer."""
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata
        if path == "/jwks":
            return 200, {"keys": [_KEY.as_dict(private=False)]}
        if path == "/userinfo":
            return 200, self.userinfo
        if path != "/token":
            return 404, {}
        self.seen = body
        digest = hashlib.sha256(body["code_verifier"].encode()).digest()
        if urlsafe_b64encode(digest).decode().rstrip("=") != self.challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"id_token": self.token, "access_token": "opaque", "token_type": "Bearer"}

    @property
    def client(self) -> str:
        """Who has authenticated at the token endpoint, with which secret."""
        return b64decode(self.authorization.removeprefix("Basic ")).decode()


@contextmanager
def providing() -> Iterator[Provider]:
    """Serve one until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.authorization = self.headers.get("Authorization", "")
            self._send({name: values[0] for name, values in parse_qs(text).items()})

        def _send(self, body: dict[str, str]) -> None:
            status, answer = provider.answer(urlsplit(self.path).path, body)
            content = json.dumps(answer).encode()
            if provider.redirects:
                self.send_response(302)
                self.send_header("Location", f"{provider.address}{self.path}")
            else:
                self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield provider
        finally:
            server.shutdown()
