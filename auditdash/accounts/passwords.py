"""Passwords: whether one is good enough, and its argon2id hash."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from zxcvbn import zxcvbn

from auditdash.events.errors import BadInput
from auditdash.events.folding import fold_case

SHORTEST: Final = 12
_LONGEST: Final = 1000  # bounds the work of hashing
_HASHER: Final = PasswordHasher()  # RFC 9106, low memory: 64 MiB, 3 passes, 4 lanes

# What would be long enough, and everybody has read of. zxcvbn knows the others.
_FAMOUS: Final = frozenset({"correcthorsebatterystaple", "trustnoone", "pleasechangeme"})
# Words that everybody who attacks this installation would try first (docs/security.md lists them).
_CONTEXT: Final = ("auditdash", "audit", "dashboard", "compliance", "mode", "admin", "officer")
_WEIGHED: Final = 72  # characters: weighing takes longer than it is worth for the rest
_ENOUGH: Final = 10.0  # guesses that it must withstand, as a power of ten: zxcvbn's best score
_SHORTEST_WORD: Final = 4  # shorter names stand in any sentence


def check_strength(password: str, username: str, workspaces: Iterable[str] = ()) -> None:
    """BadInput says why a password is too weak, in words for the person who chose it.

    `workspaces`: the names of theirs. There are no rules of composition: a password is weighed by
    how many guesses would find it, with dictionaries of common passwords, words and names.
    """
    folded = fold_case(password)
    expected = f"at least {SHORTEST} characters that are hard to guess"
    if len(password) < SHORTEST:
        raise BadInput(f"it has {len(password)} characters", where="password", expected=expected)
    if len(password) > _LONGEST:
        raise BadInput("it is too long", where="password", expected=f"at most {_LONGEST}")
    if _holds(folded, username):
        raise BadInput("it has the username in it", where="password", expected=expected)
    if any(_holds(folded, name) for name in workspaces):
        raise BadInput(
            "it has the name of the workspace in it", where="password", expected=expected
        )
    if (why := _why_weak(folded, (username, *workspaces))) is not None:
        raise BadInput(f"it is easy to guess{why}", where="password", expected=expected)


def _holds(folded: str, name: str) -> bool:
    """Whether the name stands in the password, also without its spaces and signs."""
    whole = fold_case(name)
    plain = "".join(filter(str.isalnum, whole))
    return any(
        len(word) >= _SHORTEST_WORD and word in text
        for word, text in ((whole, folded), (plain, "".join(filter(str.isalnum, folded))))
    )


def _why_weak(folded: str, own: Iterable[str]) -> str | None:
    """None for a good one; else what makes it weak, or nothing that can be said in a few words."""
    if "".join(filter(str.isalpha, folded)) in _FAMOUS:
        return ""
    found = zxcvbn(folded[:_WEIGHED], user_inputs=[*_CONTEXT, *own])
    if float(found["guesses_log10"]) >= _ENOUGH:
        return None
    warning = str(found["feedback"]["warning"] or "").rstrip(".")
    return f": {warning[:1].lower()}{warning[1:]}" if warning else ""


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
