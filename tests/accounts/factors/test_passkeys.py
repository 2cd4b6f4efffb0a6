import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import Engine

from auditdash.accounts.factors.ceremonies import (
    RelyingParty,
    ask_for_new,
    ask_for_one,
    named_in,
    read_new,
    verify,
)
from auditdash.accounts.factors.passkeys import (
    MOST,
    NewPasskey,
    Passkey,
    add_passkey,
    find_passkey,
    list_passkeys,
    mark_passkey_used,
    remove_passkey,
    rename_passkey,
)
from auditdash.accounts.people import Person, create_person
from auditdash.events.errors import BadInput
from auditdash.events.instants import Instant
from auditdash.store.engine import reading, writing
from tests.accounts.factors.soft_key import SoftKey
from tests.make import NOW

PARTY = RelyingParty("audit.example", "https://audit.example")
ALICE = Person(
    id=7, username="alice", name="Alice", password_hash=None, created_at=NOW, disabled_at=None
)


def _soft(**how: bool) -> SoftKey:
    return SoftKey(PARTY.domain, PARTY.origin, **how)


def _kept(key: SoftKey, sign_count: int = 0) -> Passkey:
    asked = ask_for_new(PARTY, ALICE, [])
    made = read_new(PARTY, key.make(asked.options), asked.challenge)
    return Passkey(
        id=1,
        person_id=7,
        name="Laptop",
        created_at=NOW,
        last_used_at=None,
        **{**msgspec.structs.asdict(made), "sign_count": sign_count},
    )


def test_a_passkey_is_made_and_then_signs() -> None:
    key = _soft()
    passkey = _kept(key)
    assert (passkey.credential_id, passkey.transports) == (key.credential_id, "internal hybrid")
    for alone in (True, False):
        asked = ask_for_one(PARTY, [passkey], alone=alone)
        answer = key.sign(asked.options)
        assert named_in(answer) == key.credential_id
        signed = verify(PARTY, passkey, answer, asked.challenge, alone=alone)
        assert signed is not None
        assert (signed.sign_count, signed.verified) == (key.count, True)


def test_the_browser_is_asked_for_what_is_known_and_for_a_pin_where_it_stands_alone() -> None:
    passkey = _kept(_soft())
    new = json.loads(ask_for_new(PARTY, ALICE, [passkey]).options)
    assert new["rp"] == {"name": "auditdash", "id": "audit.example"}
    assert len(new["excludeCredentials"]) == 1
    assert "alice" not in new["user"]["id"]
    alone = json.loads(ask_for_one(PARTY, alone=True).options)
    assert (alone["allowCredentials"], alone["userVerification"]) == ([], "required")
    second = json.loads(ask_for_one(PARTY, [passkey], alone=False).options)
    assert (len(second["allowCredentials"]), second["userVerification"]) == (1, "preferred")
    challenges = {ask_for_one(PARTY, alone=True).challenge for _ in range(20)}
    assert len(challenges) == 20


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://audit.example.evil.example"},
        {"origin": "http://audit.example"},
        {"type": "webauthn.other"},
        {"challenge": "AAAA"},
    ],
)
def test_what_was_made_or_signed_for_something_else_is_refused(changed: dict[str, str]) -> None:
    key = _soft()
    passkey = _kept(key)
    new, one = ask_for_new(PARTY, ALICE, []), ask_for_one(PARTY, alone=True)
    with pytest.raises(BadInput, match="could not be verified"):
        read_new(PARTY, _soft().make(new.options, **changed), new.challenge)
    answer = key.sign(one.options, **changed)
    assert verify(PARTY, passkey, answer, one.challenge, alone=True) is None


def test_a_passkey_of_another_domain_or_person_or_copied_does_not_sign() -> None:
    key, asked = _soft(), ask_for_one(PARTY, alone=True)
    passkey = _kept(key)
    elsewhere = SoftKey("evil.example", PARTY.origin)
    assert (
        verify(PARTY, passkey, elsewhere.sign(asked.options), asked.challenge, alone=True) is None
    )
    answer = _soft().sign(asked.options)
    assert verify(PARTY, passkey, answer, asked.challenge, alone=True) is None
    copied = _kept(key, sign_count=5)
    assert verify(PARTY, copied, key.sign(asked.options), asked.challenge, alone=True) is None


def test_alone_it_must_have_asked_who_holds_it() -> None:
    key, asked = _soft(verifies=False), ask_for_one(PARTY, alone=True)
    passkey, answer = _kept(key), key.sign(asked.options)
    assert verify(PARTY, passkey, answer, asked.challenge, alone=True) is None
    assert verify(PARTY, passkey, answer, asked.challenge, alone=False) is not None


@given(
    some.one_of(
        some.text(),
        some.recursive(
            some.none() | some.integers() | some.text(),
            lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
        ).map(json.dumps),
        some.dictionaries(
            some.sampled_from(["id", "rawId", "type", "response", "authenticatorAttachment"]),
            some.text()
            | some.dictionaries(
                some.sampled_from(
                    ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]
                ),
                some.text() | some.just("AAAA"),
            ),
        ).map(json.dumps),
    )
)
def test_no_answer_breaks_anything(answer: str) -> None:
    asked = ask_for_one(PARTY, alone=True)
    with pytest.raises(BadInput):
        read_new(PARTY, answer, asked.challenge)
    assert verify(PARTY, KEPT, answer, asked.challenge, alone=True) is None
    named_in(answer)


KEPT = _kept(_soft())


def _made(number: int) -> NewPasskey:
    return NewPasskey(
        credential_id=bytes([number]), public_key=b"k", sign_count=0, transports="", synced=False
    )


def test_passkeys_are_kept_by_person_and_each_once(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW)
        bob = create_person(connection, "bob", "Bob", NOW)
        add_passkey(connection, alice, " Laptop  at work ", _made(1), NOW)
        add_passkey(connection, alice, "Key", _made(2), NOW)
        with pytest.raises(BadInput, match="known already"):
            add_passkey(connection, bob, "Stolen", _made(1), NOW)
        with pytest.raises(BadInput, match="not a name"):
            add_passkey(connection, bob, "\x00", _made(3), NOW)
        laptop, key = list_passkeys(connection, alice)
        assert (laptop.name, key.name) == ("Laptop at work", "Key")
        assert list_passkeys(connection, bob) == []
        mark_passkey_used(connection, laptop, 9, Instant(NOW + 1))
        found = find_passkey(connection, b"\x01")
        assert found is not None
        assert (found.person_id, found.sign_count, found.last_used_at) == (alice, 9, NOW + 1)
        assert not rename_passkey(connection, bob, laptop.id, "Mine")
        assert rename_passkey(connection, alice, laptop.id, "Home")
        assert remove_passkey(connection, bob, laptop.id) is None
        assert remove_passkey(connection, alice, laptop.id) == "Home"
        assert [each.name for each in list_passkeys(connection, alice)] == ["Key"]


def test_nobody_has_too_many_passkeys(engine: Engine) -> None:
    with writing(engine) as connection:
        alice = create_person(connection, "alice", "Alice", NOW)
        for number in range(MOST):
            add_passkey(connection, alice, "Key", _made(number), NOW)
        with pytest.raises(BadInput, match="too many"):
            add_passkey(connection, alice, "Key", _made(99), NOW)
    with reading(engine) as connection:
        assert len(list_passkeys(connection, alice)) == MOST
