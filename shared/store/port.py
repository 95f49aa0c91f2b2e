"""The document store port: what every service may ask of its store, and no more.

Two adapters, `sqlite.py` and `mongo.py`, pass one contract suite (`tests/contract/store/`). The port is small on
purpose: every operation is one that SQLite, a MongoDB replica set and a sharded cluster all do atomically. A find that
no declared index serves raises `NoIndex` in both adapters, so that the embedded mode can never quietly differ.

A document is a dict with `_id` (text) and `version` (int, kept by the store: 1 after insert, +1 at every save). Values
are text, integers, booleans, aware UTC datetimes to the millisecond, None, lists and dicts of these; no floats in
declared fields. The outbox is hidden here: events given to `insert` and `save` are committed with the document, in one
act, and only the relay sees them again (`EventLog`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from shared.contracts.envelope import Event
from shared.errors import StreetsceneError

Document: TypeAlias = dict[str, Any]
FieldType: TypeAlias = Literal["text", "integer", "boolean", "instant", "texts"]
"""Types of declared fields. `texts` is an array of text, the only one that `HasAny` works on."""

ASCENDING, DESCENDING = 1, -1


class NoIndex(StreetsceneError):
    """The query would need a scan: declare an index for it."""


@dataclass(frozen=True)
class Index:
    """One index: equality fields first, then the sort; `only_while` names a boolean field that must be True in it."""

    equal: tuple[str, ...] = ()
    sort: tuple[tuple[str, int], ...] = ()
    only_while: str | None = None
    unique: bool = False


@dataclass(frozen=True)
class Collection:
    """A collection's declared fields (always present, of one type, or None where listed in `nullable`) and indexes."""

    name: str
    fields: Mapping[str, FieldType] = field(default_factory=dict)
    indexes: tuple[Index, ...] = ()
    nullable: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        """Return a hash, as what follows from a declaration is worked out once and kept by it."""
        return hash(self.name)


@dataclass(frozen=True)
class In:
    """Matches a field that equals any of the values."""

    values: tuple[Any, ...]

    def __init__(self, values: Iterable[Any]) -> None:
        object.__setattr__(self, "values", tuple(values))


@dataclass(frozen=True)
class Range:
    """Matches `at_least <= field < below`; either side may be open."""

    at_least: Any = None
    below: Any = None


@dataclass(frozen=True)
class HasAny:
    """Matches an array field that holds any of the values."""

    values: tuple[str, ...]

    def __init__(self, values: Iterable[str]) -> None:
        object.__setattr__(self, "values", tuple(values))


Where: TypeAlias = Mapping[str, Any]
"""Field → value (equality), `In`, `Range` or `HasAny`."""


@dataclass(frozen=True)
class Page:
    """Part of a find: the documents, and the cursor of the next page (None at the end)."""

    items: list[Document]
    next: str | None


class Store(Protocol):
    """One service's documents. Safe to share between threads, and between greenthreads of a patched process.

    Raises `StoreUnavailable` from any call where the store does not answer.
    """

    service: str

    def get(self, collection: str, document_id: str) -> Document | None:
        """Return one document by its id."""
        ...

    def insert(self, collection: str, document: Document, events: Sequence[Event] = ()) -> None:
        """Store a new document with its events in one act; raises `Duplicate` for a known id or unique value."""
        ...

    def save(self, collection: str, document: Document, *, expected_version: int, events: Sequence[Event] = ()) -> None:
        """Replace a document with its events in one act; raises `Conflict` unless its version is the expected one."""
        ...

    def put_if_newer(self, collection: str, document: Document, *, sequence: int) -> bool:
        """Insert or replace a copy unless one with the same or a higher `sequence` is there; say whether it was."""
        ...

    def delete(self, collection: str, document_id: str, *, expected_version: int | None = None) -> bool:
        """Delete a document; say whether it was there; raises `Conflict` on another version."""
        ...

    def write_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert or replace many documents, one commit per batch; for projections and imports, without events."""
        ...

    def find(
        self,
        collection: str,
        where: Where,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 100,
        after: str | None = None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """Return a page of documents in order, ties broken by `_id`; `after` is an earlier page's `next`."""
        ...

    def count(self, collection: str, where: Where, *, limit: int = 10_000) -> int:
        """Count matching documents, stopping at the limit."""
        ...

    def sum(self, collection: str, field: str, where: Where, *, by: str) -> dict[Any, int]:
        """Return the sum of an integer field for each value of `by`."""
        ...

    def claim(
        self, collection: str, where: Where, changes: Mapping[str, Any], *, sort: Sequence[tuple[str, int]] = ()
    ) -> Document | None:
        """Change the first matching document's fields (version + 1) and return it: no two callers get the same one.

        The changes must make the document stop matching, or a claim would be endless.
        """
        ...

    def ping(self) -> None:
        """Do nothing but prove that the store answers; raises `StoreUnavailable`."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...

    @property
    def log(self) -> "EventLog":
        """The append-only log of this store's events, for its relay, the archive command and the tests."""
        ...


@dataclass(frozen=True)
class LoggedEvent:
    """An event in the log: its rising position, and the exact bytes that go on the wire."""

    position: int
    event_id: str
    type: str
    recorded_at: datetime
    body: bytes


class EventLog(Protocol):
    """The events that a store's saves have brought forth, in the order of their positions."""

    def collect(self, limit: int = 500) -> int:
        """Move events from documents' outboxes into the log and return how many (SQLite: there is nothing to do).

        Raises `Conflict` where another relay's position was in the way: that relay lives, so step down.
        """
        ...

    def read(self, *, after: int, limit: int = 500) -> list[LoggedEvent]:
        """Return events with higher positions, in order."""
        ...

    def last_position(self) -> int:
        """Return the highest position, 0 where the log is empty."""
        ...

    def waiting(self, *, after: int) -> tuple[int, datetime | None]:
        """Return how many events are not yet past the cursor `after`, outboxes included, and the oldest's time."""
        ...

    def changed(self) -> bool:
        """Say cheaply whether there may be new events since the last call (data_version; the pending index)."""
        ...

    def archive(self, *, before: datetime, up_to: int, limit: int = 1000) -> list[LoggedEvent]:
        """Return the oldest events before an instant and at or below a position, for writing elsewhere."""
        ...

    def drop(self, event_ids: Sequence[str]) -> None:
        """Remove archived events from the log."""
        ...
