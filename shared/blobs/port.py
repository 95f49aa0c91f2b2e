"""The blob port: sealed files named by their SHA-256, each under the prefix of the one service that owns it.

A blob is written before the document that names it; orphans are swept. Custody is the only crossing: a sender writes a
sealed parcel into the receiver's write-once `handover/` prefix, and the receiver takes it into its own.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


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
