"""What the bus keeps in every service's own store, and what may be asked of it without a broker.

The command line and the pages never touch a broker: they read and write these documents, and the worker or the relay of
the service acts on them within a second. There is one mechanism for both modes of running, see docs/adr/0003.

- `parked`: messages that could not be handled: `retrying` ones have a `due_at`, `dead` ones wait for a person.
- `progress`: for a bus that forgets (`memory://`), up to which position of each service's log a consumer is done.
- `relay`: the lease of the one relay that may publish this store's events, and the cursor up to which it has.
- `replay_requests`: ranges of this store's log to be sent again to one consumer.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from shared.clock import machine_now
from shared.config import Settings
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.store.paging import every
from shared.store.port import ASCENDING, DESCENDING, Collection, Document, Index, LoggedEvent, Store

RETRYING, DEAD = "retrying", "dead"

LEASE, CURSOR = "lease", "cursor"
"""Ids of the two documents of the relay."""

PLAIN_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9:._/-]{0,119}$")
"""What event ids look like; anything else in their place is somebody else's message and is named by its bytes."""

LONGEST_BODY_CHARACTERS = 600_000
"""Far above any event of ours, and far below the largest document even where every character is escaped."""

NEWEST_FIRST = (("parked_at", DESCENDING),)
PARKED_BATCH = 100
"""So many are read at a time, because each may be large."""

PARKED = Collection(
    name="parked",
    fields={
        "consumer": "text",
        "state": "text",
        "event_type": "text",
        "attempts": "integer",
        "due_at": "instant",
        "parked_at": "instant",
    },
    indexes=(
        Index(equal=("state",), sort=(("due_at", ASCENDING),)),
        Index(sort=NEWEST_FIRST),
        Index(equal=("state",), sort=NEWEST_FIRST),
        Index(equal=("consumer",), sort=NEWEST_FIRST),
        Index(equal=("consumer", "state"), sort=NEWEST_FIRST),
    ),
    nullable=frozenset({"event_type", "due_at"}),
)
PROGRESS = Collection(name="progress", fields={"consumer": "text", "source": "text", "position": "integer"})
RELAY = Collection(name="relay")
REPLAY_REQUESTS = Collection(
    name="replay_requests",
    fields={"open": "boolean", "requested_at": "instant"},
    indexes=(Index(sort=(("requested_at", ASCENDING),), only_while="open"),),
)

SYSTEM_COLLECTIONS: tuple[Collection, ...] = (PARKED, PROGRESS, RELAY, REPLAY_REQUESTS)
"""Added to the collections of every service by `open_context`."""


def parked_id(consumer: str, event_id: str | None, body: bytes) -> str:
    """Return the id under which a consumer parks a message: by its event, or by its bytes where it has no usable id."""
    usable = event_id is not None and PLAIN_ID.match(event_id)
    return f"{consumer}:{event_id if usable else hashlib.sha256(body).hexdigest()}"


def pack_body(body: bytes) -> dict[str, str]:
    """Return bytes as fields of a document: as text where they are text, so that a person can read them.

    What is too long for a document is cut and says so; it cannot be handled again from here, but from the log.
    """
    try:
        text, encoding = body.decode(), "utf-8"
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(body).decode(), "base64"
    if len(text) > LONGEST_BODY_CHARACTERS:
        text, encoding = text[:LONGEST_BODY_CHARACTERS], f"{encoding}, cut"
    return {"body": text, "body_encoding": encoding}


def parked_body(document: Document) -> bytes:
    """Return the bytes of a parked message, exactly as they came (but for a cut one)."""
    text: str = document["body"]
    return base64.b64decode(text) if document["body_encoding"].startswith("base64") else text.encode()


def list_parked(store: Store, *, consumer: str | None = None, state: str | None = None) -> Iterator[Document]:
    """Yield parked messages, newest first, of one consumer or state or of all."""
    where = {name: value for name, value in (("consumer", consumer), ("state", state)) if value is not None}
    return every(store, PARKED.name, where, sort=NEWEST_FIRST, batch=PARKED_BATCH)


def count_parked(store: Store, state: str) -> int:
    """Return how many messages are parked in a state."""
    return store.count(PARKED.name, {"state": state})


def show_parked(store: Store, document_id: str) -> Document:
    """Return one parked message; raises `NotFound`."""
    document = store.get(PARKED.name, document_id)
    if document is None:
        raise NotFound(f"no parked message {document_id}")
    return document


def request_replay_of_parked(store: Store, document_id: str, *, now: datetime | None = None) -> Document:
    """Ask that a parked message be handled again at once, with all its attempts before it; raises `NotFound`."""
    while True:
        parked = show_parked(store, document_id)
        document = {**parked, "state": RETRYING, "due_at": now or machine_now(), "attempts": 0}
        try:
            store.save(PARKED.name, document, expected_version=parked["version"])
        except Conflict:
            continue  # the worker has just tried it: look again
        return document


def request_replay(
    store: Store,
    *,
    consumer: str,
    first: int = 1,
    last: int | None = None,
    event_types: Iterable[str] = (),
    now: datetime | None = None,
    damaged: bool = False,
) -> str:
    """Ask the relay of this store to send part of its log again to one consumer; return the id of the request.

    The range is positions `first` to `last`, both included (None: the end of the log as it is now). No event types
    means all; the consumer passes over those that it does not subscribe to. `damaged` sends each with its second half
    missing, and is for showing what becomes of such a message: relays carry it out in a demonstration only.
    """
    request: Document = {
        "_id": new_id(),
        "consumer": consumer,
        "sent_to": first - 1,
        "last": store.log.last_position() if last is None else last,
        "event_types": sorted(event_types),
        "requested_at": now or machine_now(),
        "open": True,
        "sent": 0,
        "damaged": damaged,
    }
    store.insert(REPLAY_REQUESTS.name, request)
    return str(request["_id"])


def as_asked(request: Document, logged: LoggedEvent, settings: Settings) -> LoggedEvent:
    """Return what a relay is to send for an event of a replay: the event, or in a demonstration a damaged one."""
    if request.get("damaged") and settings.demo:
        return replace(logged, body=logged.body[: len(logged.body) // 2])
    return logged


def show_replay(store: Store, request_id: str) -> Document:
    """Return a replay request with how many events were `sent` and whether it is still `open`; raises `NotFound`."""
    document = store.get(REPLAY_REQUESTS.name, request_id)
    if document is None:
        raise NotFound(f"no replay request {request_id}")
    return document


def open_replays(store: Store, *, limit: int = 10) -> list[Document]:
    """Return the replay requests not yet carried out, oldest first."""
    sort = (("requested_at", ASCENDING),)
    return store.find(REPLAY_REQUESTS.name, {"open": True}, sort=sort, limit=limit).items


def relay_position(store: Store) -> int:
    """Return the position of the log up to which the relay has published everything; 0 before it ever ran."""
    cursor = store.get(RELAY.name, CURSOR)
    return int(cursor["position"]) if cursor else 0


def progress_id(consumer: str, source: str) -> str:
    """Return the id of a consumer's progress through one service's log."""
    return f"{consumer}|{source}"


def read_progress(store: Store, consumer: str, source: str) -> int:
    """Return the position of a service's log up to which a consumer has handled or parked everything; 0 at first."""
    document = store.get(PROGRESS.name, progress_id(consumer, source))
    return int(document["position"]) if document else 0


def write_progress(store: Store, positions: Iterable[tuple[str, str, int]]) -> None:
    """Store the progress of consumers as (consumer, source, position), in one commit."""
    store.write_many(
        PROGRESS.name,
        [
            {"_id": progress_id(consumer, source), "consumer": consumer, "source": source, "position": position}
            for consumer, source, position in positions
        ],
    )
