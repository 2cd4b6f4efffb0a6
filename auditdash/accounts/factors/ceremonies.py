"""WebAuthn: what a browser is asked when a passkey is made or used, and whether it answers true."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import msgspec
import webauthn
from msgspec import Struct
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from auditdash.accounts.factors.passkeys import NewPasskey, Passkey
from auditdash.accounts.people import Person
from auditdash.events.errors import BadInput

_NAME: Final = "auditdash"
_LONGEST_ANSWER: Final = 16_384
_TRANSPORTS: Final = {each.value: each for each in AuthenticatorTransport}


class RelyingParty(Struct, frozen=True):
    """Whose passkeys they are: the domain, and the one origin from which they may be used."""

    domain: str
    origin: str


class Asked(Struct, frozen=True):
    """What the browser's script gets, as JSON, and the challenge to be kept, as text."""

    options: str
    challenge: str


class Signed(Struct, frozen=True):
    """A passkey was used: `verified` says that its device has asked for a PIN or a finger."""

    sign_count: int
    verified: bool


class _AnswerOf(Struct):
    """What is read before the answer is verified: which passkey it speaks of."""

    id: str


def ask_for_new(party: RelyingParty, person: Person, known: Sequence[Passkey]) -> Asked:
    """Options with which a browser makes a passkey, on no device that has one already."""
    options = webauthn.generate_registration_options(
        rp_id=party.domain,
        rp_name=_NAME,
        user_id=_handle(person.id),
        user_name=person.username,
        user_display_name=person.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return Asked(webauthn.options_to_json(options), _text(options.challenge))


def ask_for_one(party: RelyingParty, known: Sequence[Passkey] = (), *, alone: bool) -> Asked:
    """Options with which a browser signs with one of these passkeys, or any that it has for us.

    Where it stands `alone`, without a password, its device must verify who holds it.
    """
    need = UserVerificationRequirement
    options = webauthn.generate_authentication_options(
        rp_id=party.domain,
        allow_credentials=_descriptors(known),
        user_verification=need.REQUIRED if alone else need.PREFERRED,
    )
    return Asked(webauthn.options_to_json(options), _text(options.challenge))


def read_new(party: RelyingParty, answer: str, challenge: str) -> NewPasskey:
    """The passkey that a browser has made; BadInput where the answer is not one to our question."""
    _check_size(answer)
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_bytes(challenge),
            expected_rp_id=party.domain,
            expected_origin=party.origin,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise BadInput("the browser's answer could not be verified", where="passkey") from error
    return NewPasskey(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=" ".join(_transports_of(answer)),
        synced=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
    )


def named_in(answer: str) -> bytes | None:
    """Which passkey an answer speaks of; None where it speaks of none."""
    try:
        _check_size(answer)
        return _bytes(msgspec.json.decode(answer.encode(), type=_AnswerOf).id)
    except (BadInput, msgspec.DecodeError, ValueError):
        return None


def verify(
    party: RelyingParty, passkey: Passkey, answer: str, challenge: str, *, alone: bool
) -> Signed | None:
    """Whether the answer was signed by this passkey, for us and this challenge; else None. So is a
    counter that did not go up: the key was copied."""
    try:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=_bytes(challenge),
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=alone,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    return Signed(found.new_sign_count, found.user_verified)


def _descriptors(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[_TRANSPORTS[word] for word in each.transports.split()] or None,
        )
        for each in known
    ]


class _Response(Struct):
    transports: list[str] = []


class _Made(Struct):
    response: _Response


def _transports_of(answer: str) -> list[str]:
    """By which ways it can be reached: a hint of the browser, kept only in words that we know."""
    try:
        given = msgspec.json.decode(answer.encode(), type=_Made).response.transports
    except msgspec.DecodeError:
        return []
    return [word for word in _TRANSPORTS if word in given]


def _check_size(answer: str) -> None:
    if len(answer) > _LONGEST_ANSWER or not answer:
        raise BadInput("the browser's answer could not be read", where="passkey")


def _handle(person_id: int) -> bytes:
    """Tells the person to their device, and nobody else anything."""
    return f"auditdash-{person_id}".encode()


def _text(challenge: bytes) -> str:
    return base64.urlsafe_b64encode(challenge).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
