"""What happens to one message: handled, passed over, or parked. Never lost, never in a hot loop.

`answer` returns only when the outcome is durable, so that its caller may acknowledge; where the store is down it raises
`StoreUnavailable`, and the caller must not. It knows nothing of a broker: the nameko wrapper, the inline pump of the
seeding and the timer for parked messages all come through here, so a handler sees the same rules everywhere.

- Undecodable bytes, and errors that a second try would not mend: parked as `dead`, with the reason.
- `RetryLater`, a `Conflict` that persists, an outage: parked as `retrying`, tried again with growing pauses, and dead
  after `MAXIMUM_ATTEMPTS` (some three hours).

The text of an error may quote what a handler was working on, so it goes into the service's own store with the message
and never into a log.
"""

import logging
import random
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared import failpoints
from shared.bus.documents import DEAD, PARKED, RETRYING, pack_body, parked_body, parked_id
from shared.clock import machine_now
from shared.contracts.envelope import Event, decode
from shared.errors import Conflict, Duplicate, InvalidEvent, RetryLater, StoreUnavailable
from shared.logs import correlated
from shared.metrics import record_event_handled, record_event_retried
from shared.service import ServiceContext, Subscription
from shared.store.port import ASCENDING, Document, Range

log = logging.getLogger(__name__)

QUICK_PAUSES_SECONDS = (0.0, 0.005, 0.02, 0.05, 0.1)
"""Tries on `Conflict` before parking: whoever won has saved by then; each pause is jittered so that two don't march."""

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 900.0
MAXIMUM_ATTEMPTS = 20
"""1, 2, 4 … 512 s, then every 15 minutes: about three hours of outage before a person must look."""

CLAIM_SECONDS = 120.0
"""How long a claimed parked message is out of reach of others: longer than any handler, so a crash delays, no more."""

TRACE_LINES = 30
LONGEST_TEXT = 20_000


class Outcome(StrEnum):
    """What became of a message."""

    HANDLED = "handled"
    IGNORED = "ignored"
    """It is of a type that this consumer does not subscribe to: an old binding, or a replay of a whole range."""
    SEEN = "seen"
    """It was delivered before and is parked: the timer will see to it."""
    RETRYING = "retrying"
    DEAD = "dead"


@dataclass(frozen=True)
class Failure:
    """Why a handler did not succeed; `delay_seconds` None means that trying again makes no sense."""

    reason: str
    trace: str
    delay_seconds: float | None


def answer(
    ctx: ServiceContext,
    subscription: Subscription,
    body: bytes,
    *,
    now: datetime | None = None,
    recorded_at: datetime | None = None,
    redelivered: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    decoded: Event | None = None,
) -> Outcome:
    """Handle one message to a durable outcome; raises `StoreUnavailable` where none can be reached.

    `now` is the machine's time. `recorded_at` is when the event entered its producer's log, by the machine's clock, and
    measures the lag. `redelivered` says that the bus has delivered this message before. `decoded` is the event in the
    body, where the caller has had to decode it for several consumers.
    """
    started = time.monotonic()
    now = now or machine_now()
    event, failure = (decoded, None) if decoded else _decoded(body)
    if event is None:
        outcome = _park(ctx, subscription.consumer, body, None, failure=failure, now=now)
    elif not _subscribes(subscription, event):
        outcome = Outcome.IGNORED
    elif redelivered and _is_parked(ctx, subscription, event):
        outcome = Outcome.SEEN
    else:
        failure = _attempt(ctx, subscription, event, sleep)
        outcome = Outcome.HANDLED
        if failure is not None:
            outcome = _park(ctx, subscription.consumer, body, event, failure=failure, now=now)
    _record(ctx, subscription, event, outcome, seconds=time.monotonic() - started, recorded_at=recorded_at)
    return outcome


def due_parked(
    ctx: ServiceContext,
    subscriptions: Sequence[Subscription],
    *,
    now: datetime | None = None,
    limit: int = 100,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[Outcome, int]:
    """Claim parked messages that are due and handle them again; return how many came to which outcome.

    A claim moves `due_at` forward, so that no two workers take the same message and a crash only delays it.
    """
    now = now or machine_now()
    by_consumer = {subscription.consumer: subscription for subscription in subscriptions}
    outcomes: dict[Outcome, int] = {}
    for _ in range(limit):
        document = ctx.store.claim(
            PARKED.name,
            {"state": RETRYING, "due_at": Range(below=now + timedelta(milliseconds=1))},
            {"due_at": now + timedelta(seconds=CLAIM_SECONDS)},
            sort=(("due_at", ASCENDING),),
        )
        if document is None:
            break
        subscription = by_consumer.get(document["consumer"])
        if subscription is None:
            continue  # of a consumer that this process does not run; another may, and it comes due again
        outcome = _handle_parked(ctx, subscription, document, now, sleep)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def park_dead(
    ctx: ServiceContext, subscription: Subscription, body: bytes, *, reason: str, now: datetime | None = None
) -> Outcome:
    """Park a message as dead without trying it: what the broker gave up on, or could not even unpack."""
    event, _ = _decoded(body)
    outcome = _park(
        ctx, subscription.consumer, body, event, failure=Failure(reason, "", None), now=now or machine_now()
    )
    _record(ctx, subscription, event, outcome, seconds=0.0, recorded_at=None)
    return outcome


def event_in(body: bytes) -> Event | None:
    """Return the event in a message's bytes, None where there is none in them."""
    return _decoded(body)[0]


def delay_after(attempts: int, asked_seconds: float = 0.0) -> float:
    """Return the pause after so many attempts: doubling, at least what was asked for, at most the longest."""
    return min(LONGEST_DELAY_SECONDS, max(asked_seconds, FIRST_DELAY_SECONDS * 2.0 ** min(attempts - 1, 20)))


def _decoded(body: bytes) -> tuple[Event | None, Failure | None]:
    """Return the event in the bytes, or why there is none."""
    try:
        return decode(body), None
    except InvalidEvent as error:
        return None, Failure(f"InvalidEvent: {error}", "", None)
    except Exception as error:  # noqa: BLE001 (no bytes whatever may take the worker down: deep nesting, odd numbers)
        return None, Failure(f"undecodable: {type(error).__name__}: {error}", "", None)


def _subscribes(subscription: Subscription, event: Event) -> bool:
    """Say whether the consumer asked for events of this type."""
    return any(contract.type == event.type for contract in subscription.events)


def _is_parked(ctx: ServiceContext, subscription: Subscription, event: Event) -> bool:
    """Say whether this consumer has parked this event."""
    return ctx.store.get(PARKED.name, parked_id(subscription.consumer, event.id, b"")) is not None


def _attempt(
    ctx: ServiceContext, subscription: Subscription, event: Event, sleep: Callable[[float], None]
) -> Failure | None:
    """Call the handler, again at once where another save came first; return why it failed, or None."""
    failure = None
    for pause in QUICK_PAUSES_SECONDS:
        if pause:
            sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter, not a secret)
        try:
            with correlated(event.correlationid):
                subscription.handle(ctx, event)
        except Conflict as error:
            failure = _failure(error, FIRST_DELAY_SECONDS)
        except RetryLater as error:
            return _failure(error, error.delay_seconds)
        except (StoreUnavailable, OSError) as error:
            # The store, the blobs or a provider is out. If it is the store, parking raises too, and nobody
            # acknowledges.
            return _failure(error, FIRST_DELAY_SECONDS)
        except Exception as error:  # noqa: BLE001 (whatever it is, the message must be kept and the next one handled)
            return _failure(error, None)
        else:
            return None
    return failure


def _failure(error: Exception, delay_seconds: float | None) -> Failure:
    """Return what is kept of an error: its kind and words, and the end of its traceback."""
    trace = "".join(traceback.format_exception(error)).splitlines()[-TRACE_LINES:]
    return Failure(f"{type(error).__name__}: {error}", "\n".join(trace), delay_seconds)


def storable_text(text: str) -> str:
    """Return text that every store takes: valid Unicode, and not endless."""
    return text[:LONGEST_TEXT].encode(errors="replace").decode()


def _park(
    ctx: ServiceContext, consumer: str, body: bytes, event: Event | None, *, failure: Failure | None, now: datetime
) -> Outcome:
    """Write the message into the consumer's own store; raises `StoreUnavailable`."""
    failure = failure or Failure("unknown", "", None)
    document: Document = {
        "_id": parked_id(consumer, event.id if event else None, body),
        "consumer": consumer,
        "event_id": storable_text(event.id) if event else None,
        "event_type": event.type if event else None,
        "correlation_id": storable_text(event.correlationid) if event else None,
        "parked_at": now,
        **pack_body(body),
        **_after_failure(failure, attempts=1, now=now),
    }
    try:
        ctx.store.insert(PARKED.name, document)
    except Duplicate:
        # Delivered twice, and parked already: the first stands, its attempts are counted by the timer.
        return Outcome.SEEN
    _log_parked(document)
    failpoints.reach(failpoints.PARKED)
    return Outcome(document["state"])


def _handle_parked(
    ctx: ServiceContext,
    subscription: Subscription,
    document: Document,
    now: datetime,
    sleep: Callable[[float], None],
) -> Outcome:
    """Try a claimed message again: forget it when handled, else keep it with its new attempt."""
    started = time.monotonic()
    event, failure = _decoded(parked_body(document))
    if event is not None:
        failure = _attempt(ctx, subscription, event, sleep)
    try:
        if failure is None:
            ctx.store.delete(PARKED.name, document["_id"], expected_version=document["version"])
            outcome = Outcome.HANDLED
        else:
            kept = {**document, **_after_failure(failure, attempts=document["attempts"] + 1, now=now)}
            ctx.store.save(PARKED.name, kept, expected_version=document["version"])
            _log_parked(kept)
            outcome = Outcome(kept["state"])
    except Conflict:
        # A person asked for it again in the meantime: it stays due, and handling it twice changes nothing.
        outcome = Outcome.RETRYING
    _record(ctx, subscription, event, outcome, seconds=time.monotonic() - started, recorded_at=None, retried=True)
    return outcome


def _after_failure(failure: Failure, *, attempts: int, now: datetime) -> Document:
    """Return the fields that say what happens next to a parked message."""
    again = failure.delay_seconds is not None and attempts < MAXIMUM_ATTEMPTS
    due_at = now + timedelta(seconds=delay_after(attempts, failure.delay_seconds or 0.0)) if again else None
    return {
        "state": RETRYING if again else DEAD,
        "attempts": attempts,
        "due_at": due_at,
        "reason": storable_text(failure.reason),
        "trace": storable_text(failure.trace),
    }


def _log_parked(document: Document) -> None:
    """Say in the log that a message was parked: ids and kind of error only, no words of it."""
    level = logging.ERROR if document["state"] == DEAD else logging.WARNING
    extra = {
        "parked_id": document["_id"],
        "consumer": document["consumer"],
        "event_type": document["event_type"],
        "correlation_id": document["correlation_id"],
        "state": document["state"],
        "attempts": document["attempts"],
        "error": document["reason"].partition(":")[0],
    }
    log.log(level, "event_parked", extra=extra)


def _record(
    ctx: ServiceContext,
    subscription: Subscription,
    event: Event | None,
    outcome: Outcome,
    *,
    seconds: float,
    recorded_at: datetime | None,
    retried: bool = False,
) -> None:
    """Count the message, measure how long it took from its producer's log to here, and say so in the log."""
    event_type = event.type if event else "undecodable"
    lag = max(0.0, (machine_now() - recorded_at).total_seconds()) if recorded_at else None
    record_event_handled(
        ctx.service,
        event=event_type,
        consumer=subscription.consumer,
        outcome=outcome.value,
        seconds=seconds,
        lag_seconds=lag,
    )
    if retried:
        record_event_retried(ctx.service)
    extra = {
        "service": ctx.service,
        "consumer": subscription.consumer,
        "event_type": event_type,
        "event_id": storable_text(event.id) if event else None,
        "correlation_id": storable_text(event.correlationid) if event else None,
        "outcome": outcome.value,
        "milliseconds": round(seconds * 1000, 1),
    }
    # One line for each delivery, as the web has one for each request: the way of a report can be read off them.
    log.info("event_answered", extra=extra)
