"""Identifiers: time-ordered internal ids, derived ids that make handlers idempotent, and public references.

An id that a repeated event must find again is *derived* (`derived_id`), never drawn; everything else is a UUIDv7, so
that documents made one after another also lie one after another in the store.
"""

import base64
import hashlib
import uuid

import uuid_utils

NAMESPACE = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
RFC_4648_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
REFERENCE_BYTES = 5


def new_id() -> str:
    """Return a fresh UUIDv7 as text."""
    return str(uuid_utils.uuid7())


def derived_id(*parts: str | int) -> str:
    """Return the id that the same parts always give (UUIDv5 of the parts joined by `|`)."""
    return str(uuid.uuid5(NAMESPACE, "|".join(str(part) for part in parts)))


def public_reference(internal_id: str, prefix: str = "FT") -> str:
    """Return the public reference of an internal id: the kind's two letters and 8 Crockford base-32 characters.

    It is derived from the id, so that the same aggregate can never get a second one; 40 bits of SHA-256 make a clash
    a matter of luck at a million a year, which the unique index of the collection turns into a visible `Duplicate`.
    """
    digits = base64.b32encode(hashlib.sha256(internal_id.encode()).digest()[:REFERENCE_BYTES])
    return f"{prefix}-{digits.translate(RFC_4648_TO_CROCKFORD).decode()}"


def normalise_reference(text: str) -> str:
    """Return a reference as typed by a person in its canonical form (`ft 7k3mq2xo` becomes `FT-7K3MQ2X0`)."""
    letters = "".join(character for character in text.upper() if character.isalnum())
    prefix, rest = letters[:2], letters[2:]
    for typed, meant in (("O", "0"), ("I", "1"), ("L", "1")):
        rest = rest.replace(typed, meant)
    return f"{prefix}-{rest}"
