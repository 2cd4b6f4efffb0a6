"""Speaking with the provider: OpenID Connect by code and PKCE, found by its issuer's discovery.

Only the operator says who the provider is, so its addresses are trusted as far as they are https;
what it says of a person is believed once its signature, issuer, audience, nonce and time are right.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND, Instant
from auditdash.settings import LOOPBACK, SingleSignOn

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 1 << 20
_LEEWAY: Final = 60  # seconds that two clocks may differ
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "ES256", "ES384", "EdDSA")


class SignOnTrouble(BadInput):
    """What went wrong between us and the provider, in words for the person who wanted in."""


class Metadata(Struct, frozen=True, kw_only=True):
    """What a provider says of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False


class Begun(Struct, frozen=True, kw_only=True):
    """Where to send the browser, and what must be kept until it comes back."""

    address: str
    state: str
    nonce: str
    verifier: str


class _Tokens(Struct):
    id_token: str
    access_token: str = ""


def begin(sso: SingleSignOn, redirect_uri: str, *, again: bool) -> Begun:
    """Ask the provider who somebody is; `again`: although it knows them already."""
    metadata = _discover(sso)
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    client = _client(sso, redirect_uri)
    more = {"prompt": "login", "max_age": "0"} if again else {}
    address, _ = client.create_authorization_url(
        metadata.authorization_endpoint, state=state, code_verifier=verifier, nonce=nonce, **more
    )
    return Begun(address=address, state=state, nonce=nonce, verifier=verifier)


def finish(
    sso: SingleSignOn,
    redirect_uri: str,
    given: Mapping[str, str],
    nonce: str,
    verifier: str,
    now: Instant,
) -> dict[str, Any]:
    """The claims about who came back, verified; `given` are the arguments of the answer, whose
    state was right. SignOnTrouble where there are none."""
    metadata = _discover(sso)
    said_by = given.get("iss")
    if said_by != metadata.issuer and (
        said_by or metadata.authorization_response_iss_parameter_supported
    ):
        raise SignOnTrouble("the answer came from another provider")
    if given.get("error") or not given.get("code"):
        raise SignOnTrouble(f"{sso.name} did not sign you in")
    tokens = _exchange(sso, metadata, redirect_uri, given["code"], verifier)
    claims = _verified(sso, metadata, tokens.id_token, nonce, now)
    return _with_userinfo(metadata, tokens.access_token, claims)


def sign_out_address(sso: SingleSignOn, back: str) -> str:
    """Where a person also leaves the provider; empty where it has no such place."""
    try:
        metadata = _discover(sso)
    except SignOnTrouble:
        return ""
    if not metadata.end_session_endpoint:
        return ""
    asked = {"client_id": sso.client_id, "post_logout_redirect_uri": back}
    return f"{metadata.end_session_endpoint}?{urlencode(asked)}"


def _client(sso: SingleSignOn, redirect_uri: str) -> Any:
    return OAuth2Client(
        None,
        client_id=sso.client_id,
        scope=sso.scopes,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _discover(sso: SingleSignOn) -> Metadata:
    address = f"{sso.issuer}/.well-known/openid-configuration"
    try:
        found = msgspec.json.decode(_ask("GET", address), type=Metadata)
    except msgspec.DecodeError:
        raise SignOnTrouble(f"{sso.name} does not say how it signs people in") from None
    if found.issuer.rstrip("/") != sso.issuer:
        raise SignOnTrouble(f"{sso.name} calls itself by another name than it is set here")
    for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        _check_safe(each)
    for each in filter(None, (found.userinfo_endpoint, found.end_session_endpoint)):
        _check_safe(each)
    return found


def _check_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SignOnTrouble("the provider names an address that is not https")


def _exchange(
    sso: SingleSignOn, metadata: Metadata, redirect_uri: str, code: str, verifier: str
) -> _Tokens:
    body = prepare_token_request(
        "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
    )
    method = "client_secret_basic" if sso.client_secret else "none"
    auth = ClientAuth(sso.client_id, sso.client_secret or None, method)
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    address, headers, body = auth.prepare("POST", metadata.token_endpoint, headers, body)
    try:
        return msgspec.json.decode(_ask("POST", address, headers, body), type=_Tokens)
    except msgspec.DecodeError:
        raise SignOnTrouble(f"{sso.name} gave no proof of who you are") from None


def _verified(
    sso: SingleSignOn, metadata: Metadata, token: str, nonce: str, now: Instant
) -> dict[str, Any]:
    registry = jwt.JWTClaimsRegistry(
        now=now // SECOND,
        leeway=_LEEWAY,
        iss={"essential": True, "value": metadata.issuer},
        aud={"essential": True, "value": sso.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        keys = KeySet.import_key_set(msgspec.json.decode(_ask("GET", metadata.jwks_uri)))
        found = jwt.decode(token, keys, algorithms=list(_ALGORITHMS))
        registry.validate(found.claims)
    except (JoseError, msgspec.DecodeError, ValueError, TypeError, KeyError) as error:
        raise SignOnTrouble(f"what {sso.name} said of you could not be verified") from error
    audience = found.claims["aud"]
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in found.claims) and found.claims.get("azp") != sso.client_id:
        raise SignOnTrouble(f"what {sso.name} said of you was said to somebody else")
    return dict(found.claims)


def _with_userinfo(metadata: Metadata, access_token: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Many providers tell names and groups only there; what was signed holds."""
    if not metadata.userinfo_endpoint or not access_token:
        return claims
    headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
    try:
        more = msgspec.json.decode(
            _ask("GET", metadata.userinfo_endpoint, headers), type=dict[str, Any]
        )
    except msgspec.DecodeError:
        return claims
    return {**more, **claims} if more.get("sub") == claims["sub"] else claims


def _ask(
    method: str, address: str, headers: Mapping[str, str] | None = None, body: str = ""
) -> bytes:
    """The answer to one request; no redirect is followed, and nothing waits for ever."""
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False) as client,
            client.stream(method, address, headers=headers, content=body or None) as answer,
        ):
            found = bytearray()
            for piece in answer.iter_bytes():
                found += piece
                if len(found) > _MOST_BYTES:
                    raise SignOnTrouble("the provider's answer is too long")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SignOnTrouble("the provider did not answer; try again in a minute") from error
    if not answer.is_success:
        raise SignOnTrouble(f"the provider refused ({answer.status_code})")
    return bytes(found)
