"""A service small enough to see through: things that are kept, and copies of them, over SQLite in a folder.

Events are the real `user.changed.v1`, so that contracts and envelope are the real ones.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from shared.blobs import open_blobs
from shared.bus.documents import SYSTEM_COLLECTIONS
from shared.clock import SetClock
from shared.config import Settings
from shared.contracts.accounts import UserChangedV1
from shared.contracts.envelope import Cause, Event, encode, make_event
from shared.errors import Duplicate
from shared.ids import new_id
from shared.service import ServiceContext, Subscription
from shared.store import Collection, open_store

NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)

THINGS = Collection("things")
COPIES = Collection("copies")


def toy_context(service: str, folder: Path, **environment: str) -> ServiceContext:
    settings = Settings.from_env({"STREETSCENE_DATA": str(folder), **environment})
    store = open_store(settings.store_url, service, (THINGS, COPIES, *SYSTEM_COLLECTIONS))
    blobs = open_blobs(settings.blob_url, service)
    return ServiceContext(service, settings, cast("Any", None), store, blobs, SetClock(NOON))


def toy_event(subject: str | None = None, *, sequence: int = 1) -> Event:
    subject = subject or new_id()
    return make_event(
        UserChangedV1.fact(),
        subject=subject,
        sequence=sequence,
        state={"user_id": subject, "active": True, "refuse_before": NOON},
        time=NOON,
        cause=Cause(),
    )


def emit(ctx: ServiceContext, *events: Event) -> None:
    """Save one thing with these events."""
    ctx.store.insert("things", {"_id": new_id()}, events)


def body_of(event: Event) -> bytes:
    return encode(event)


def keep_copy(ctx: ServiceContext, event: Event) -> None:
    """The model handler: idempotent and indifferent to order."""
    ctx.store.put_if_newer("copies", {"_id": event.subject}, sequence=event.sequence)


def insert_copy(ctx: ServiceContext, event: Event) -> None:
    """A handler that acts once: its insert under the event's id shows whether it ran twice."""
    try:
        ctx.store.insert("copies", {"_id": event.id})
    except Duplicate:
        return


def subscription(
    handle: Callable[[ServiceContext, Event], None] = keep_copy, consumer: str = "reports.users"
) -> Subscription:
    return Subscription(consumer, (UserChangedV1,), handle)


class Script:
    """A handler that raises what it is told to, call by call, and then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self, ctx: ServiceContext, event: Event) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        keep_copy(ctx, event)
