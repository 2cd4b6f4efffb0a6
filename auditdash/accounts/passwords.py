"""Passwords: whether one is good enough, and its argon2id hash."""

from __future__ import annotations

from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case

SHORTEST: Final = 12
_LONGEST: Final = 1000  # bounds the work of hashing
_HASHER: Final = PasswordHasher()  # RFC 9106, low memory: 64 MiB, 3 passes, 4 lanes

# What people write when twelve letters are asked for. Digits and signs at the ends do not count.
_COMMON: Final = frozenset(
    (
        *("password", "passwordpassword", "passwort", "passwortpasswort", "administrator"),
        *("adminadmin", "adminadminadmin", "letmeinletmein", "welcomewelcome", "changemechangeme"),
        *("pleasechangeme", "qwertyqwerty", "qwertyuiop", "qwertyuiopasdf", "asdfghjklasdfghjkl"),
        *("iloveyouiloveyou", "trustnoone", "correcthorsebatterystaple", "secretsecret"),
        *("topsecret", "auditdash", "auditdashauditdash", "sunshinesunshine", "princessprincess"),
        *("footballfootball", "baseballbaseball", "abcdefghijkl", "abcdefghijklmnop", ""),
    )
)


def check_strength(password: str, username: str) -> None:
    """BadInput says why a password is too weak, in words for the person who chose it."""
    folded = fold_case(password)
    expected = f"at least {SHORTEST} characters that are hard to guess"
    if len(password) < SHORTEST:
        raise BadInput(f"it has {len(password)} characters", where="password", expected=expected)
    if len(password) > _LONGEST:
        raise BadInput("it is too long", where="password", expected=f"at most {_LONGEST}")
    if len(set(folded)) < 5 or folded.strip("0123456789!?.#*-_ ") in _COMMON:
        raise BadInput("it is easy to guess", where="password", expected=expected)
    if username and fold_case(username) in folded:
        raise BadInput("it has the username in it", where="password", expected=expected)


def hash_password(password: str) -> str:
    """Its argon2id hash, which names its parameters and salt."""
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; takes as long when there is no hash to compare with."""
    if len(password) > _LONGEST:
        password = ""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters than ours."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")
