"""What the store tests store: one collection with every type of field and kind of index, its documents and events."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Cause, Event, make_event
from shared.store import Collection, Document, Index, Store

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

THINGS = Collection(
    "things",
    fields={
        "reference": "text",
        "serial": "text",
        "crew": "text",
        "open": "boolean",
        "due_at": "instant",
        "kg": "integer",
        "words": "texts",
    },
    indexes=(
        Index(equal=("reference",), unique=True),
        Index(equal=("serial",), unique=True),
        Index(equal=("crew",), sort=(("due_at", -1), ("kg", 1))),
        Index(sort=(("due_at", 1),), only_while="open"),
        Index(equal=("kg",)),
        Index(equal=("words",), sort=(("due_at", -1),)),
        Index(equal=("open", "crew")),
    ),
    nullable=frozenset({"serial", "crew"}),
)

PLACES = Collection(
    "places",
    fields={"crew": "text", "place": "integer", "taken": "boolean"},
    indexes=(Index(equal=("crew", "place"), unique=True, only_while="taken"),),
)


def thing(number: int, **changes: Any) -> Document:
    """A document of `THINGS`."""
    return {
        "_id": f"thing-{number:03}",
        "reference": f"FT-{number:03}",
        "serial": None,
        "crew": "north",
        "open": True,
        "due_at": NOON + number * MINUTE,
        "kg": number,
        "words": ["bag"],
        **changes,
    }


def an_event(subject: str = "user-1", sequence: int = 1) -> Event:
    """Any valid event."""
    state = {"user_id": subject, "active": True, "refuse_before": NOON}
    return make_event(UserChangedV1.fact(), subject=subject, sequence=sequence, state=state, time=NOON, cause=Cause())


def ids(
    store: Store, where: Mapping[str, Any], *, page: int = 100, collection: str = "things", **options: Any
) -> list[str]:
    """The ids of a find in order, read page by page to the end."""
    found: list[str] = []
    after: str | None = None
    while True:
        result = store.find(collection, where, limit=page, after=after, **options)
        found += [item["_id"] for item in result.items]
        assert len(result.items) <= page
        if result.next is None:
            return found
        after = result.next


def logged(store: Store) -> list[str]:
    """The ids of all events in the log in order, after the relay's first step."""
    while store.log.collect():
        pass
    return [event.event_id for event in store.log.read(after=0)]
