"""The blob port: sealed files named by their SHA-256, each under the prefix of the one service that owns it.

A blob is written before the document that names it; orphans are swept. Custody is the only crossing: a sender writes a
sealed parcel into the receiver's write-once `handover/` prefix, and the receiver takes it into its own.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from shared.errors import StreetsceneError

KEY = re.compile(r"[0-9a-f]{64}")
SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,49}")


class Corrupt(StreetsceneError):
    """The bytes under a key are not those that were sealed."""


def key_of(content: bytes) -> str:
    """Return the key of bytes: their SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def verified(key: str, content: bytes) -> bytes:
    """Return the bytes; raises `Corrupt` unless they are those that the key seals."""
    if key_of(content) != key:
        raise Corrupt(f"the bytes under {key} do not fit their seal")
    return content


def check_key(key: str) -> str:
    """Return the key; raises `TypeError` for anything but 64 hex digits, so that no key can be a path."""
    if not KEY.fullmatch(key):
        raise TypeError(f"a blob's key is 64 lower-case hex digits, not {key!r:.80}")
    return key


def check_service(service: str) -> str:
    """Return the name; raises `TypeError` for one that could be a path."""
    if not SERVICE.fullmatch(service):
        raise TypeError(f"{service!r:.80} can't be a service's name")
    return service


class Blobs(Protocol):
    """One service's blobs; adapters: folders (`folder.py`) and an S3-compatible bucket (`s3.py`)."""

    service: str

    def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hex, the key; the same bytes again change nothing."""
        ...

    def get(self, key: str) -> bytes:
        """Return the bytes, verified against the key; raises `NotFound`, or `Corrupt` where they differ."""
        ...

    def exists(self, key: str) -> bool:
        """Say whether the blob is there."""
        ...

    def delete(self, key: str) -> None:
        """Remove a blob (retention and sweeping only)."""
        ...

    def keys(self, *, written_before: datetime) -> Iterator[str]:
        """Yield the keys of blobs written before an instant, for the sweep of orphans."""
        ...

    def hand_over(self, receiver: str, content: bytes) -> str:
        """Write a sealed parcel into another service's `handover/` prefix, once, and return its SHA-256."""
        ...

    def accept(self, key: str) -> bytes:
        """Move a parcel from this service's `handover/` prefix into its own, verified; return its bytes.

        Safe to repeat: a parcel already accepted is returned from this service's own prefix.
        """
        ...

    def ping(self) -> None:
        """Prove that the blobs can be read and written; raises `StoreUnavailable`."""
        ...
