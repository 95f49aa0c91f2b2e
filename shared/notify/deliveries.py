"""Deliveries: documents that say what is to be sent, so that a message is neither lost nor sent twice.

1. A handler queues a delivery under an id derived from event, recipient and kind: the event heard again finds it there.
2. A timer claims one at a time; the claim is a lease, so that of several workers one has it, and a dead one's is free
   again after `LEASE`.
3. `sending` is saved before the message leaves. Who finds a delivery `sending` knows that its outcome is unknown and
   asks the provider first; only a provider that can't tell gets the message again, and that is counted in the document
   (`unsure`).
4. `sent`, or `refused`, or given up after `MAXIMUM_ATTEMPTS`.

What is told about was news when it happened: an event older than a day (a replay) makes no delivery, by the council's
clock. Leases and pauses use the machine's.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from shared.clock import machine_now
from shared.errors import Conflict, Duplicate, RetryLater, StoreUnavailable
from shared.ids import derived_id
from shared.notify.page import MESSAGES
from shared.notify.port import Channel, Message, RefusedError, Sender
from shared.service import ServiceContext
from shared.store.paging import every
from shared.store.port import ASCENDING, DESCENDING, Collection, Document, Index, Range, Store

log = logging.getLogger(__name__)

DUE, SENDING, SENT, REFUSED, GIVEN_UP, SUPPRESSED = "due", "sending", "sent", "refused", "given-up", "suppressed"

OLDEST_NEWS = timedelta(days=1)
LEASE = timedelta(minutes=2)
"""Longer than any sender's time-out, so that a living worker never loses what it is sending."""

BATCH = 100

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
MAXIMUM_ATTEMPTS = 40
"""Half a minute, doubling to an hour: about a day and a half of outage before a person must look."""

DELIVERIES = Collection(
    "deliveries",
    fields={"open": "boolean", "due_at": "instant", "state": "text", "about": "text", "queued_at": "instant"},
    indexes=(
        Index(sort=(("due_at", ASCENDING),), only_while="open"),
        Index(equal=("about",), sort=(("queued_at", DESCENDING),)),
        Index(equal=("state",), sort=(("queued_at", DESCENDING),)),
    ),
    nullable=frozenset({"about"}),
)


@dataclass(frozen=True)
class Delivery:
    """What became of one message to one person, without the message: for pages and for comparing."""

    id: str
    kind: str
    channel: str
    state: str
    attempts: int
    unsure: int
    about: str | None
    event_id: str
    queued_at: datetime
    sent_at: datetime | None


OnSent: TypeAlias = Callable[[Delivery], None]


def queue_delivery(
    ctx: ServiceContext,
    *,
    event_id: str,
    recipient: str,
    kind: str,
    message: Message,
    event_time: datetime,
    about: str | None = None,
) -> str | None:
    """Queue a message in answer to an event and return the delivery's id; None for an event older than a day.

    The message's own id is replaced by the delivery's. `about` is the id by which the service finds its deliveries.
    """
    if ctx.clock.now() - event_time > OLDEST_NEWS:
        return None
    delivery_id = delivery_id_of(event_id, recipient, kind)
    now = machine_now()
    document = {
        "_id": delivery_id,
        "open": True,
        "state": DUE,
        "due_at": now,
        "attempts": 0,
        "unsure": 0,
        "kind": kind,
        "about": about,
        "event_id": event_id,
        "queued_at": now,
        "sent_at": None,
        "message": {**asdict(message), "id": delivery_id, "body": _said_in_full(ctx, message.body)},
    }
    try:
        ctx.store.insert(DELIVERIES.name, document)
    except Duplicate:
        log.info("delivery_already_queued", extra={"delivery_id": delivery_id, "kind": kind})
    return delivery_id


def delivery_id_of(event_id: str, recipient: str, kind: str) -> str:
    """Return the id that a delivery in answer to an event always has."""
    return derived_id("delivery", event_id, recipient, kind)


def send_due(ctx: ServiceContext, sender: Sender, *, on_sent: OnSent | None = None, limit: int = 100) -> int:
    """Send what is due, one delivery at a time, and return how many left; safe in many workers at once.

    `on_sent` is told of each delivery before it is marked sent; after a crash it may be told again.
    """
    sent = 0
    for _ in range(limit):
        now = machine_now()
        claimed = ctx.store.claim(
            DELIVERIES.name,
            {"open": True, "due_at": Range(below=now + timedelta(milliseconds=1))},  # what is due now is due
            {"due_at": now + LEASE},
            sort=(("due_at", ASCENDING),),
        )
        if claimed is None:
            break
        try:
            sent += _send(ctx.store, sender, claimed, on_sent)
        except Conflict:
            # The lease ran out and another worker took over: it knows what to do.
            log.warning("delivery_taken_over", extra={"delivery_id": claimed["_id"], "kind": claimed["kind"]})
    return sent


def _said_in_full(ctx: ServiceContext, body: str) -> str:
    """Return a message's words; in a demonstration they say that it is one."""
    return f"{body}\n\n{ctx.council.about}" if ctx.settings.demo or ctx.council.is_demonstration else body


def deliveries_about(store: Store, about: str, *, limit: int = 100) -> list[Delivery]:
    """Return the deliveries about one thing, the newest first, without their messages."""
    page = store.find(DELIVERIES.name, {"about": about}, sort=(("queued_at", DESCENDING),), limit=limit)
    return [_delivery(document) for document in page.items]


def messages_about(
    store: Store, about: str, *, is_theirs: Callable[[str], bool] = lambda _: True
) -> Iterator[Document]:
    """Yield the deliveries about one thing whose message is still kept, of the addresses that `is_theirs` says."""
    found = every(store, DELIVERIES.name, {"about": about}, sort=(("queued_at", DESCENDING),), batch=BATCH)
    yield from (one for one in found if one["message"]["address"] and is_theirs(one["message"]["address"]))


def forget_messages(store: Store, about: str, *, is_theirs: Callable[[str], bool] = lambda _: True) -> int:
    """Erase addresses and words of the deliveries about one thing, the page's copies too, and return how many.

    That something was sent, and when, stays; what is still due is not sent any more. Raises `Conflict` where one is
    leaving at this moment: call again.
    """
    forgotten = 0
    for document in list(messages_about(store, about, is_theirs=is_theirs)):
        store.delete(MESSAGES.name, document["_id"])
        standing = {"open": False, "state": SUPPRESSED} if document["open"] else {}
        _save(store, document, message={**document["message"], "address": "", "subject": "", "body": ""}, **standing)
        forgotten += 1
    return forgotten


def _send(store: Store, sender: Sender, claimed: Document, on_sent: OnSent | None) -> bool:
    """Bring a claimed delivery one step on and say whether its message left now; raises `Conflict`."""
    if claimed["state"] == SENDING:
        was_taken = sender.look_up(claimed["_id"])
        if was_taken:
            _note_sent(store, claimed, on_sent)
            return False
        claimed = {**claimed, "unsure": claimed["unsure"] + (was_taken is None)}
    if claimed["attempts"] >= MAXIMUM_ATTEMPTS:
        _finish(store, claimed, GIVEN_UP)
        return False
    leaving = _save(store, claimed, state=SENDING, attempts=claimed["attempts"] + 1)
    try:
        sender.send(_message(leaving))
    except RefusedError:
        _finish(store, leaving, REFUSED)
        return False
    except RetryLater as error:
        pause = max(_pause(leaving["attempts"]), timedelta(seconds=error.delay_seconds))
        _save(store, leaving, state=DUE, due_at=machine_now() + pause)
        return False
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever went wrong, it is not known whether the message left
        _save(store, leaving, due_at=machine_now() + _pause(leaving["attempts"]))
        log.warning(
            "delivery_outcome_unknown",
            extra={"delivery_id": leaving["_id"], "kind": leaving["kind"], "error": type(error).__name__},
        )
        return False
    _note_sent(store, leaving, on_sent)
    return True


def _note_sent(store: Store, delivery: Document, on_sent: OnSent | None) -> None:
    """Tell who wants to know, then close the delivery: in this order a crash repeats, and never omits."""
    if on_sent is not None:
        on_sent(_delivery({**delivery, "state": SENT, "sent_at": machine_now()}))
    _finish(store, delivery, SENT)


def _finish(store: Store, delivery: Document, state: str) -> None:
    """Close a delivery in its last state."""
    _save(store, delivery, state=state, open=False, sent_at=machine_now() if state == SENT else None)
    if state in {REFUSED, GIVEN_UP}:
        log.error("delivery_failed", extra={"delivery_id": delivery["_id"], "kind": delivery["kind"], "state": state})


def _save(store: Store, delivery: Document, **changes: Any) -> Document:
    """Save a delivery with changes, expecting the version at hand, and return it as it now is."""
    changed = {**delivery, **changes}
    store.save(DELIVERIES.name, changed, expected_version=delivery["version"])
    return {**changed, "version": delivery["version"] + 1}


def _pause(attempts: int) -> timedelta:
    """Return the pause after so many attempts, doubling from half a minute to an hour."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_PAUSE * float(2**doublings), LONGEST_PAUSE)


def _message(delivery: Document) -> Message:
    """Return the message of a delivery."""
    words: Mapping[str, Any] = delivery["message"]
    channel: Channel = "sms" if words["channel"] == "sms" else "email"
    return Message(words["id"], channel, words["address"], words["template"], words["subject"], words["body"])


def _delivery(document: Document) -> Delivery:
    """Return what pages may show of a delivery."""
    return Delivery(
        id=document["_id"],
        kind=document["kind"],
        channel=document["message"]["channel"],
        state=document["state"],
        attempts=document["attempts"],
        unsure=document["unsure"],
        about=document["about"],
        event_id=document["event_id"],
        queued_at=document["queued_at"],
        sent_at=document["sent_at"],
    )
