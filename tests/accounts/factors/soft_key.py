"""A passkey without a device: what a browser would answer, made by hand."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40
_ES256: Final = -7


class SoftKey:
    """One passkey for one domain; its counter goes up with each use."""

    def __init__(self, domain: str, origin: str, *, verifies: bool = True) -> None:
        self.credential_id = secrets.token_bytes(32)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._domain, self._origin = domain, origin
        self._flags = _PRESENT | (_VERIFIED if verifies else 0)

    def make(self, options: str, **changed: Any) -> str:
        """The answer to options of registration."""
        client = self._client("webauthn.create", options, changed)
        data = self._authenticator_data(attested=True)
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": _text(client),
            "attestationObject": _text(attestation),
            "transports": ["internal", "hybrid", "telepathy"],
        }
        return self._answer(response)

    def sign(self, options: str, **changed: Any) -> str:
        """The answer to options of authentication."""
        self.count += 1
        client = self._client("webauthn.get", options, changed)
        data = self._authenticator_data(attested=False)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": _text(client),
            "authenticatorData": _text(data),
            "signature": _text(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        }
        return self._answer(response)

    def _answer(self, response: dict[str, Any]) -> str:
        name = _text(self.credential_id)
        answer = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return json.dumps({**answer, "clientExtensionResults": {}})

    def _client(self, kind: str, options: str, changed: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": json.loads(options)["challenge"],
            "origin": self._origin,
            "crossOrigin": False,
        }
        return json.dumps(said | changed).encode()

    def _authenticator_data(self, *, attested: bool) -> bytes:
        flags = self._flags | (_ATTESTED if attested else 0)
        data = hashlib.sha256(self._domain.encode()).digest()
        data += bytes([flags]) + self.count.to_bytes(4, "big")
        if attested:
            length = len(self.credential_id).to_bytes(2, "big")
            data += bytes(16) + length + self.credential_id + self._public_key()
        return data

    def _public_key(self) -> bytes:
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return encode_cbor({1: 2, 3: _ES256, -1: 1, -2: x, -3: y})


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def read_text(text: str) -> bytes:
    """The bytes of such a text."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
