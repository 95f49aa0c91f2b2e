"""A service's aggregates over the document store: load a frozen dataclass, save it with what has happened to it.

The domain returns a new aggregate and facts; this turns the facts into events (sequence, whole public state, cause) and
commits both in one act. There is one way to save an aggregate, and it is this.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import Field
from datetime import date, datetime, time
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import cattrs

from shared.changing import changed
from shared.contracts.base import Fact
from shared.contracts.envelope import Cause, Event, make_event
from shared.errors import NotFound
from shared.logs import bind
from shared.store.documents import LONGEST_ID
from shared.store.paging import BATCH, every
from shared.store.port import Document, Store, Where


class Aggregate(Protocol):
    """What every stored aggregate has: a frozen dataclass with these fields."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def id(self) -> str:
        """Its id, the subject of its events."""
        ...

    @property
    def version(self) -> int:
        """How often it was saved; 0 before the first time."""
        ...

    @property
    def sequence(self) -> int:
        """How many events it has brought forth."""
        ...


A = TypeVar("A", bound=Aggregate)

converter = cattrs.Converter(forbid_extra_keys=False)
converter.register_unstructure_hook(datetime, lambda value: value)
converter.register_structure_hook(datetime, lambda value, _: value)
converter.register_unstructure_hook(date, lambda value: value if isinstance(value, datetime) else value.isoformat())
converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
converter.register_unstructure_hook(time, lambda value: value.isoformat())
converter.register_structure_hook(time, lambda value, _: time.fromisoformat(value))


class Repository(Generic[A]):
    """One collection of one kind of aggregate.

    `public_state` gives the state that its events carry; `derived` gives declared fields that are computed from the
    aggregate for the indexes (`open`, grid cells, word keys), which loading ignores; `noted` gives the aggregate with
    what it keeps of its own past, as it is saved at a moment.
    """

    def __init__(
        self,
        store: Store,
        collection: str,
        kind: type[A],
        *,
        public_state: Callable[[A], Mapping[str, Any]] | None = None,
        derived: Callable[[A], Mapping[str, Any]] = lambda _: {},
        noted: Callable[[A, datetime], A] | None = None,
    ) -> None:
        self._store = store
        self._collection = collection
        self._kind = kind
        self._public_state = public_state
        self._derived = derived
        self._noted = noted

    def get(self, aggregate_id: str) -> A | None:
        """Return the aggregate, or None; ids come from outside too, and what can't be one is the id of nothing."""
        if not 0 < len(aggregate_id) <= LONGEST_ID:
            return None
        document = self._store.get(self._collection, aggregate_id)
        return self.load(document) if document else None

    def require(self, aggregate_id: str) -> A:
        """Return the aggregate; raises `NotFound`."""
        aggregate = self.get(aggregate_id)
        if aggregate is None:
            raise NotFound(f"There is no {self._kind.__name__.lower()} {aggregate_id}")
        return aggregate

    def find_one(self, where: Where) -> A | None:
        """Return the first aggregate that matches, or None."""
        items = self._store.find(self._collection, where, limit=1).items
        return self.load(items[0]) if items else None

    def find(
        self, where: Where, *, sort: Sequence[tuple[str, int]] = (), limit: int = 100, after: str | None = None
    ) -> tuple[list[A], str | None]:
        """Return a page of aggregates and the cursor of the next."""
        page = self._store.find(self._collection, where, sort=sort, limit=limit, after=after)
        return [self.load(document) for document in page.items], page.next

    def every(self, where: Where, *, sort: Sequence[tuple[str, int]] = (), batch: int = BATCH) -> Iterator[A]:
        """Yield all aggregates that match, reading `batch` of them at a time."""
        for document in every(self._store, self._collection, where, sort=sort, batch=batch):
            yield self.load(document)

    def add(self, aggregate: A, facts: Sequence[Fact] = (), *, at: datetime, cause: Cause) -> A:
        """Insert a new aggregate with its events and return it as stored; raises `Duplicate`."""
        stored, document, events = self._prepared(aggregate, facts, at, cause)
        self._store.insert(self._collection, document, events)
        _tell_logs(events)
        return stored

    def save(self, aggregate: A, facts: Sequence[Fact] = (), *, at: datetime, cause: Cause) -> A:
        """Replace the aggregate, expecting the version it was loaded with; raises `Conflict`."""
        stored, document, events = self._prepared(aggregate, facts, at, cause)
        self._store.save(self._collection, document, expected_version=aggregate.version, events=events)
        _tell_logs(events)
        return stored

    def load(self, document: Document) -> A:
        """Return the aggregate in a document."""
        return converter.structure({**document, "id": document["_id"]}, self._kind)

    def _prepared(
        self, aggregate: A, facts: Sequence[Fact], at: datetime, cause: Cause
    ) -> tuple[A, Document, list[Event]]:
        """Return the aggregate with its new version and sequence, its document, and the events of the facts."""
        noted = self._noted(aggregate, at) if self._noted else aggregate
        stored = changed(noted, version=aggregate.version + 1, sequence=aggregate.sequence + len(facts))
        document: Document = converter.unstructure(stored)
        document["_id"] = document.pop("id")
        document.update(self._derived(stored))
        if facts and self._public_state is None:
            raise TypeError(f"{self._collection} has facts but no public state")
        state = self._public_state(stored) if facts and self._public_state else {}
        events = [
            make_event(
                fact, subject=aggregate.id, sequence=aggregate.sequence + number, state=state, time=at, cause=cause
            )
            for number, fact in enumerate(facts, start=1)
        ]
        return stored, document, events


def _tell_logs(events: Sequence[Event]) -> None:
    """Give the later log lines of this request or message the journey that it has become part of."""
    if events:
        bind(correlation_id=events[0].correlationid)
