import pytest
from argon2 import PasswordHasher, extract_parameters
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auditdash.accounts.passwords import (
    SHORTEST,
    check_strength,
    hash_password,
    needs_rehash,
    verify_password,
)
from auditdash.events.errors import BadInput

_LONG = "".join(f"heron{number}lantern" for number in range(77, 140))[:1000]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "5 characters"),
        ("a" * 1001, "too long"),
        ("aaaaaaaaaaaaaaaa", "easy to guess"),
        ("abababababab", "easy to guess"),
        ("Administrator1!", "easy to guess"),
        ("PasswordPassword2026", "easy to guess"),
        ("123456789012", "easy to guess"),
        ("my-name-is-Alice", "username"),
        ("correct-horse-battery-staple", "easy to guess"),
        ("Summer2026!!!", "easy to guess"),
        ("iloveyou123456", "similar to a commonly used password"),
        ("complianceaudit", "easy to guess"),
        ("Brightwater Bank heron", "name of the workspace"),
        ("heron-brightwaterbank-7", "name of the workspace"),
    ],
)
def test_a_weak_password_is_refused_and_says_why(password: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        check_strength(password, "alice", ["Brightwater Bank"])
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password",
    ["heron lantern cobalt", "ñandú-käse-12", "密码很长而且不容易猜到的句子", _LONG[:64], _LONG],
)
def test_a_long_unusual_password_is_good(password: str) -> None:
    check_strength(password, "alice", ["Brightwater Bank"])


def test_a_short_name_does_not_forbid_its_letters() -> None:
    check_strength("heron lantern cobalt", "an", ["Ron"])


def test_the_common_passwords_that_are_long_enough_are_all_refused() -> None:
    common = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= SHORTEST]
    assert len(common) > 200
    for password in common:
        with pytest.raises(BadInput, match="easy to guess"):
            check_strength(password, "")


@pytest.mark.usefixtures("as_installed")
def test_only_the_right_password_is_right() -> None:
    kept = hash_password("heron lantern cobalt")
    assert kept.startswith("$argon2id$")
    assert verify_password(kept, "heron lantern cobalt")
    assert not verify_password(kept, "heron lantern cobalT")
    assert not verify_password(kept, "x" * 5000)
    assert not verify_password(hash_password(_LONG), _LONG[:-1])
    assert verify_password(hash_password(_LONG), _LONG)
    assert not verify_password(None, "nobody has this password")
    assert not verify_password("not a hash", "heron lantern cobalt")


@pytest.mark.usefixtures("as_installed")
def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    cost = extract_parameters(hash_password("heron lantern cobalt"))
    assert (cost.memory_cost, cost.time_cost, cost.parallelism) == (1 << 16, 3, 4)


@pytest.mark.usefixtures("as_installed")
def test_a_hash_with_older_parameters_is_to_be_made_again() -> None:
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=1024).hash("x"))
    assert not needs_rehash(hash_password("x"))


def test_a_name_without_a_password_takes_as_long_as_one_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, costs = hash_password("heron lantern cobalt"), []
    verify = PasswordHasher.verify

    def note_cost(hasher: PasswordHasher, compared: str, password: str) -> bool:
        costs.append(extract_parameters(compared))
        return verify(hasher, compared, password)

    monkeypatch.setattr(PasswordHasher, "verify", note_cost)
    for password_hash in (kept, None):
        assert not verify_password(password_hash, "a wrong password")
    assert costs == [extract_parameters(kept)] * 2
