"""What a provider says is believed when all of it is right, and not else."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey

from auditdash.accounts.roles import ADMIN, AUDITOR, VIEWER
from auditdash.accounts.sso.claims import Claims, new_name, new_username, read_claims, roles_of
from auditdash.accounts.sso.provider import Begun, SignOnTrouble, begin, finish, sign_out_address
from auditdash.events.errors import BadInput
from auditdash.events.instants import SECOND
from auditdash.settings import SingleSignOn
from auditdash.store.workspaces import Workspace
from tests.accounts.sso.provider_of_ours import STRANGERS_KEY, Provider, providing
from tests.make import NOW

_BACK = "https://audit.example/login/sso/callback"
_SECONDS = NOW // SECOND


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(server: Provider) -> Iterator[Provider]:
    kept = dict(server.metadata)
    yield server
    server.metadata, server.userinfo, server.redirects = kept, {}, False


def _sso(provider: Provider, **changed: Any) -> SingleSignOn:
    known = {"issuer": provider.address, "client_id": "auditdash", "client_secret": "hush & co"}
    return SingleSignOn(**known | changed)


def _claims(provider: Provider, begun: Begun, **changed: Any) -> dict[str, Any]:
    claims = {
        "iss": provider.address,
        "aud": "auditdash",
        "sub": "s-1",
        "iat": _SECONDS,
        "exp": _SECONDS + 300,
        "nonce": begun.nonce,
    }
    return {name: value for name, value in (claims | changed).items() if value is not None}


def _finish(provider: Provider, begun: Begun, sso: SingleSignOn, **given: str) -> dict[str, Any]:
    arguments = {"code": "c", "state": begun.state} | given
    return finish(sso, _BACK, arguments, begun.nonce, begun.verifier, NOW)


def test_a_sign_in_by_code_and_pkce(provider: Provider) -> None:
    sso = _sso(provider)
    begun = begin(sso, _BACK, again=False)
    asked = {name: value[0] for name, value in parse_qs(urlsplit(begun.address).query).items()}
    assert asked["response_type"] == "code"
    assert (asked["client_id"], asked["redirect_uri"]) == ("auditdash", _BACK)
    assert (asked["scope"], asked["state"]) == ("openid profile email", begun.state)
    assert asked["nonce"] == begun.nonce
    assert begun.verifier not in begun.address
    assert len({begun.state, begun.nonce, begun.verifier}) == 3
    provider.expect(begun)
    provider.sign(_claims(provider, begun, email="a@acme.com"))
    assert _finish(provider, begun, sso)["email"] == "a@acme.com"
    assert provider.client == "auditdash:hush+%26+co" or provider.client == "auditdash:hush & co"
    assert provider.seen["grant_type"] == "authorization_code"
    assert "client_secret" not in provider.seen
    again = begin(sso, _BACK, again=True)
    assert "prompt=login" in again.address
    assert "max_age=0" in again.address


def test_a_code_that_was_stolen_is_worth_nothing(provider: Provider) -> None:
    sso = _sso(provider)
    mine, theirs = begin(sso, _BACK, again=False), begin(sso, _BACK, again=False)
    provider.expect(theirs)
    provider.sign(_claims(provider, mine))
    with pytest.raises(SignOnTrouble, match="refused"):
        _finish(provider, mine, sso)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://evil.example"},
        {"aud": "another"},
        {"aud": ["auditdash", "another"]},
        {"aud": ["auditdash", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"exp": _SECONDS - 61},
        {"iat": _SECONDS + 3600},
        {"nbf": _SECONDS + 3600},
        {"exp": "soon"},
    ],
)
def test_claims_that_are_not_for_us_now_are_refused(
    provider: Provider, changed: dict[str, Any]
) -> None:
    sso = _sso(provider)
    begun = begin(sso, _BACK, again=False)
    provider.expect(begun)
    provider.sign(_claims(provider, begun, **changed))
    with pytest.raises(SignOnTrouble):
        _finish(provider, begun, sso)


def test_a_token_that_the_provider_did_not_sign_is_refused(provider: Provider) -> None:
    sso = _sso(provider)
    begun = begin(sso, _BACK, again=False)
    provider.expect(begun)
    claims = _claims(provider, begun)
    provider.sign(claims, STRANGERS_KEY)
    forged = [provider.token]
    provider.sign(claims, STRANGERS_KEY, jwk=STRANGERS_KEY.as_dict(private=False))
    forged.append(provider.token)
    provider.sign(claims, STRANGERS_KEY, jku="https://evil.example/jwks")
    forged.append(provider.token)
    provider.sign(claims)
    head, body, _ = provider.token.split(".")
    forged += [f"{head}.{body}.", "", "x", "a.b.c", "eyJhbGciOiJub25lIn0." + body + "."]
    provider.sign(claims, OctKey.import_key("hush & co" * 8), "HS256")
    for token in [*forged, provider.token]:
        provider.token = token
        with pytest.raises(SignOnTrouble):
            _finish(provider, begun, sso)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"error": "access_denied"}, "did not sign you in"),
        ({"code": ""}, "did not sign you in"),
        ({"iss": "http://evil.example"}, "another provider"),
    ],
)
def test_an_answer_that_is_none_says_so(
    provider: Provider, given: dict[str, str], says: str
) -> None:
    sso = _sso(provider)
    with pytest.raises(SignOnTrouble, match=says):
        _finish(provider, begin(sso, _BACK, again=False), sso, **given)


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 7},
        {"authorization_response_iss_parameter_supported": True},
    ],
)
def test_a_provider_that_says_odd_things_of_itself_is_not_used(
    provider: Provider, changed: dict[str, Any]
) -> None:
    sso = _sso(provider)
    begun = begin(sso, _BACK, again=False)
    provider.metadata |= changed
    with pytest.raises(SignOnTrouble):
        _finish(provider, begun, sso)


def test_no_redirect_is_followed_and_silence_is_said(provider: Provider) -> None:
    provider.redirects = True
    with pytest.raises(SignOnTrouble, match="refused"):
        begin(_sso(provider), _BACK, again=False)
    with pytest.raises(SignOnTrouble, match="did not answer"):
        begin(_sso(provider, issuer="http://127.0.0.1:1"), _BACK, again=False)


def test_userinfo_adds_what_was_not_signed_and_never_changes_it(provider: Provider) -> None:
    sso = _sso(provider)
    for who, groups in (("s-1", ["audit"]), ("s-2", None)):
        begun = begin(sso, _BACK, again=False)
        provider.expect(begun)
        provider.sign(_claims(provider, begun, name="Signed"))
        provider.userinfo = {"sub": who, "groups": ["audit"], "name": "Unsigned"}
        found = _finish(provider, begun, sso)
        assert (found["name"], found.get("groups")) == ("Signed", groups)


def test_who_leaves_may_leave_the_provider_too(provider: Provider) -> None:
    sso = _sso(provider)
    assert sign_out_address(sso, "https://audit.example/login") == ""
    provider.metadata["end_session_endpoint"] = f"{provider.address}/bye"
    found = sign_out_address(sso, "https://audit.example/login")
    assert found.startswith(f"{provider.address}/bye?client_id=auditdash&post_logout_redirect_uri=")


def _workspace(number: int, slug: str, kind: str = "real") -> Workspace:
    return Workspace(id=number, slug=slug, name=slug, kind=kind, zone="UTC", last_seq=0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["staff"], {1: None, 2: None}),
        (["auditors"], {1: AUDITOR, 2: AUDITOR}),
        (["auditors", "acme-admins"], {1: ADMIN, 2: AUDITOR}),
        ("auditors", {1: AUDITOR, 2: AUDITOR}),
        (["lookers", "auditors", 7, None], {1: AUDITOR, 2: AUDITOR}),
        ({"auditors": True}, {1: None, 2: None}),
    ],
)
def test_the_claim_gives_the_role_that_may_most(
    values: object, expected: dict[int, object]
) -> None:
    rules = (
        ("auditors", "", "auditor"),
        ("acme-admins", "acme", "admin"),
        ("lookers", "", "viewer"),
    )
    sso = SingleSignOn(issuer="i", claim="realm.groups", roles=rules)
    claims = read_claims({"sub": "s", "realm": {"groups": values}}, sso.claim)
    spaces = [_workspace(1, "acme"), _workspace(2, "other"), _workspace(3, "demo", "demo")]
    assert roles_of(claims, sso, spaces) == expected
    assert VIEWER not in expected.values()


def test_a_workspace_that_no_rule_speaks_of_is_left_alone() -> None:
    sso = SingleSignOn(issuer="i", claim="g", roles=(("x", "acme", "viewer"),))
    claims = read_claims({"sub": "s", "g": ["x"]}, "g")
    assert roles_of(claims, sso, [_workspace(1, "acme"), _workspace(2, "b")]) == {1: VIEWER}


@pytest.mark.parametrize(
    ("raw", "username"),
    [
        ({"preferred_username": "Ann.Bell"}, "ann.bell"),
        (
            {"preferred_username": "<b>", "email": "a@acme.com", "email_verified": True},
            "a@acme.com",
        ),
        ({"email": "a@acme.com"}, "s-1"),
        ({"email": "a@acme.com", "email_verified": "true"}, "s-1"),
        ({"preferred_username": ["x"], "name": 7}, "s-1"),
    ],
)
def test_a_new_account_is_called_by_what_the_provider_vouches_for(
    raw: dict[str, Any], username: str
) -> None:
    claims = read_claims({"sub": "s-1", **raw}, "")
    assert new_username(claims) == username
    assert new_name(claims, username) == username


def test_a_provider_without_a_name_for_somebody_makes_no_account() -> None:
    nobody = Claims(subject="auth0|7 <b>", username="", name="", email="", values=frozenset())
    with pytest.raises(BadInput, match="no name"):
        new_username(nobody)
