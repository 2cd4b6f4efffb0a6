"""Authenticator apps, recovery codes and what waits between two requests."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import Engine, select

from auditdash.accounts.factors.held import find_factors, forget_codes_alone, reset_factors
from auditdash.accounts.factors.passkeys import NewPasskey, add_passkey
from auditdash.accounts.factors.recovery import (
    COUNT,
    count_codes,
    find_code_hash,
    hash_codes,
    is_code,
    keep_codes,
    make_codes,
    use_code,
)
from auditdash.accounts.factors.steps import LIFETIME, Kind, begin_step, find_step, take_step
from auditdash.accounts.factors.totp import (
    accept_code,
    begin_authenticator,
    confirm_authenticator,
    draw_qr,
    find_authenticator,
    setup_address,
)
from auditdash.accounts.people import create_person
from auditdash.events.instants import SECOND, Instant
from auditdash.store.engine import reading, writing
from auditdash.store.schema import SIGNING
from auditdash.store.tables.signing import authenticators
from tests.make import NOW

_STEP = 30 * SECOND


def _alice(engine: Engine) -> int:
    with writing(engine) as connection:
        return create_person(connection, "alice", "Alice", NOW)


def _code(secret: str, now: int) -> str:
    return pyotp.HOTP(secret).at(now // _STEP)


def _with_app(engine: Engine, instance: Path) -> tuple[int, str]:
    alice = _alice(engine)
    with writing(engine) as connection:
        secret = begin_authenticator(connection, instance, alice, NOW)
        early = Instant(NOW - 10 * _STEP)
        assert confirm_authenticator(connection, instance, alice, _code(secret, early), early)
    return alice, secret


def _accept(engine: Engine, instance: Path, person: int, code: str, now: int = NOW) -> bool:
    with writing(engine) as connection:
        return accept_code(connection, instance, person, code, Instant(now))


def test_an_app_counts_from_its_first_code_on(engine: Engine, tmp_path: Path) -> None:
    alice = _alice(engine)
    with writing(engine) as connection:
        secret = begin_authenticator(connection, tmp_path, alice, NOW)
        assert begin_authenticator(connection, tmp_path, alice, NOW) == secret
        assert not accept_code(connection, tmp_path, alice, _code(secret, NOW), NOW)
        assert find_authenticator(connection, alice) is None
        assert not confirm_authenticator(connection, tmp_path, alice, "000000", NOW)
        assert confirm_authenticator(connection, tmp_path, alice, _code(secret, NOW), NOW)
        assert find_authenticator(connection, alice) is not None
        # Whoever opens the page again can neither read the secret nor put another in its place.
        assert begin_authenticator(connection, tmp_path, alice, NOW) != secret
        later = Instant(NOW + _STEP)
        assert accept_code(connection, tmp_path, alice, _code(secret, later), later)
        stored = connection.execute(select(authenticators.c.sealed_secret)).scalar_one()
    assert secret.encode() not in bytes(stored)


@pytest.mark.parametrize(("steps", "good"), [(-2, 0), (-1, 1), (0, 1), (1, 1), (2, 0)])
def test_a_clock_may_be_half_a_minute_off(
    engine: Engine, tmp_path: Path, steps: int, good: int
) -> None:
    alice, secret = _with_app(engine, tmp_path)
    assert _accept(engine, tmp_path, alice, _code(secret, NOW + steps * _STEP)) == bool(good)


def test_no_code_is_good_twice_nor_one_from_before(engine: Engine, tmp_path: Path) -> None:
    alice, secret = _with_app(engine, tmp_path)
    code = _code(secret, NOW)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: _accept(engine, tmp_path, alice, code), range(4)))
    assert answers.count(True) == 1
    assert not _accept(engine, tmp_path, alice, _code(secret, NOW - _STEP))
    assert _accept(engine, tmp_path, alice, _code(secret, NOW + _STEP))


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "१२३४५६", "abcdef", "\x00", "-12345"])
def test_what_is_no_code_is_wrong(engine: Engine, tmp_path: Path, odd: str) -> None:
    alice, secret = _with_app(engine, tmp_path)
    assert not _accept(engine, tmp_path, alice, odd)
    spaced = _code(secret, NOW)
    assert _accept(engine, tmp_path, alice, f" {spaced[:3]} {spaced[3:]} ")
    assert not _accept(engine, tmp_path, alice + 1, _code(secret, NOW))


def test_the_qr_code_is_a_picture_without_colours_or_scripts() -> None:
    address = setup_address("JBSWY3DPEHPK3PXP" * 2, "alice", "audit.example")
    assert address.startswith("otpauth://totp/auditdash:alice%20%28audit.example%29?secret=JBSW")
    drawn = draw_qr(address)
    assert drawn.startswith("<svg")
    assert "JBSW" not in drawn
    for word in ("<script", "style=", "href"):
        assert word not in drawn


def test_each_recovery_code_is_good_once(engine: Engine) -> None:
    alice, codes = _alice(engine), make_codes()
    assert len(set(codes)) == COUNT
    with writing(engine) as connection:
        keep_codes(connection, alice, hash_codes(codes), NOW)
        typed = codes[0].upper().replace("-", " ")
        found = find_code_hash(connection, alice, typed)
        assert is_code(found, typed)
        assert not is_code(find_code_hash(connection, alice, codes[1]), codes[0])
        assert not is_code(find_code_hash(connection, alice + 1, codes[1]), codes[1])
        assert use_code(connection, alice, typed, NOW)
        assert not use_code(connection, alice, codes[0], NOW)
        assert find_code_hash(connection, alice, codes[0]) is None
        assert not is_code(None, codes[0])
        assert count_codes(connection, alice) == COUNT - 1
        for odd in ("", "-", "\x00", "x" * 9999, codes[1] + "x", codes[1][:-1]):
            assert not is_code(find_code_hash(connection, alice, odd), odd)
        keep_codes(connection, alice, hash_codes(make_codes()), NOW)
        assert find_code_hash(connection, alice, codes[1]) is None
        assert count_codes(connection, alice) == COUNT


def test_no_secret_of_a_person_is_stored_as_it_is(engine: Engine, tmp_path: Path) -> None:
    alice, secret = _with_app(engine, tmp_path)
    codes = make_codes()
    with writing(engine) as connection:
        keep_codes(connection, alice, hash_codes(codes), NOW)
        token = begin_step(connection, Kind.SECOND, NOW, alice, {"next": "/"})
    with reading(engine) as connection:
        rows = "".join(repr(connection.execute(select(table)).all()) for table in SIGNING)
    for hidden in (secret, token, *codes, *(code.replace("-", "")[4:] for code in codes)):
        assert hidden not in rows
    assert rows.count("'$argon2id$v=19$") == COUNT


def test_recovery_codes_go_with_the_last_second_factor(engine: Engine, tmp_path: Path) -> None:
    alice, _ = _with_app(engine, tmp_path)
    made = NewPasskey(
        credential_id=b"id", public_key=b"key", sign_count=0, transports="usb", synced=False
    )
    with writing(engine) as connection:
        add_passkey(connection, alice, "Key", made, NOW)
        keep_codes(connection, alice, [("abcd", "hash")], NOW)
        forget_codes_alone(connection, alice)
        had = reset_factors(connection, alice)
        now_has = find_factors(connection, alice)
    assert had.any
    assert (had.authenticator is not None, len(had.passkeys), had.codes) == (True, 1, 1)
    assert not now_has.any
    assert now_has.codes == 0


def test_a_step_is_taken_once_by_whoever_has_its_token(engine: Engine) -> None:
    alice = _alice(engine)
    with writing(engine) as connection:
        token = begin_step(connection, Kind.SECOND, NOW, alice, {"next": "/ü"})
        assert find_step(connection, token, Kind.PASSKEY, NOW) is None
        assert take_step(connection, token, Kind.PASSKEY, NOW) is None
        assert find_step(connection, token + "x", Kind.SECOND, NOW) is None
        found = find_step(connection, token, Kind.SECOND, NOW)
        assert found is not None
        assert (found.person_id, found.data) == (alice, {"next": "/ü"})
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: _take(engine, token), range(4)))
    assert taken.count(True) == 1


def test_a_step_waits_ten_minutes(engine: Engine) -> None:
    with writing(engine) as connection:
        token = begin_step(connection, Kind.PASSKEY, NOW)
        last = Instant(NOW + LIFETIME - 1)
        assert find_step(connection, token, Kind.PASSKEY, last) is not None
        assert take_step(connection, token, Kind.PASSKEY, Instant(NOW + LIFETIME)) is None


def _take(engine: Engine, token: str) -> bool:
    with writing(engine) as connection:
        return take_step(connection, token, Kind.SECOND, NOW) is not None
