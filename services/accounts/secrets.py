"""Passwords, codes and tokens: made here, hashed here, kept by nobody.

Passwords go through argon2id with OWASP's parameters for a server that many people share (19 MiB, two passes), a few
at a time, so that a rush of sign-ins can't take the machine's memory. Codes and tokens are long and random: a keyed
digest is enough to find them by.
"""

import hashlib
import hmac
import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.accounts.domain.credential import CODE_ALPHABET, CODE_CHARACTERS
from shared.web.keys import Keys

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns = BoundedSemaphore(4)

WORDS_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
GENERATED_GROUPS, GENERATED_GROUP_LENGTH = 4, 5
"""100 bits, in groups that can be read out."""


def hash_password(password: str) -> str:
    """Return a password's argon2id hash."""
    with _turns:
        return _hasher.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """Say whether a password is the hashed one."""
    with _turns:
        try:
            return _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def waste_a_try(password: str) -> None:
    """Take as long over an unknown address as over a known one, so that the clock names nobody."""
    is_password(_nobodys_hash(), password)


def new_password() -> str:
    """Return a generated password, such as `h3kqz-77mns-apx4e-b2ruj`."""
    return "-".join(
        "".join(secrets.choice(WORDS_ALPHABET) for _ in range(GENERATED_GROUP_LENGTH)) for _ in range(GENERATED_GROUPS)
    )


def new_shift_code() -> str:
    """Return a generated shift code: 8 characters, 38 bits, tried against a rate limit and gone the next day."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARACTERS))


def new_link_code() -> str:
    """Return a generated code for a link that nobody types."""
    return secrets.token_urlsafe(24)


def digest(keys: Keys, secret: str) -> str:
    """Return the keyed digest by which a code, link or token is found."""
    return hmac.new(keys.secret.encode(), b"credential\x00" + secret.encode(), hashlib.sha256).hexdigest()


@cache
def _nobodys_hash() -> str:
    """Return the hash of a password that nobody has."""
    return hash_password(secrets.token_urlsafe(24))
