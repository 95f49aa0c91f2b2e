"""The relay of the embedded mode: every service's log to kombu's `memory://`, within one process.

That bus keeps nothing and confirms nothing, so the cursor is not what was sent but what is done: `Progress` remembers,
and at the start each consumer is sent what it has not done. One loop serves all services, because waking up is what an
idle system spends its time on. It takes no lease: the launcher lets no second process run on the same data, and a relay
that publishes elsewhere at the same time is noticed at the cursor.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kombu import Connection

from shared import failpoints
from shared.bus.documents import REPLAY_REQUESTS, as_asked, open_replays
from shared.bus.lease import Cursor, measure_outbox
from shared.bus.messages import CONTENT_ENCODING, CONTENT_TYPE, headers_of
from shared.bus.progress import Progress
from shared.bus.relay import LOOK_SECONDS, MEASURE_SECONDS, POLL_SECONDS, RETRY_SECONDS
from shared.errors import Conflict, StoreUnavailable
from shared.metrics import record_event_published
from shared.service import ServiceContext, Subscription
from shared.store.port import Document, LoggedEvent

log = logging.getLogger(__name__)

BATCH: Final = 100
"""Events sent before others on the hub get their turn: with three consumers each, some 30 ms of work."""

UNDER_WAY: Final = 1_000
"""Deliveries per log that may be open at once: what is not sent yet costs no memory."""

STORE_PROGRESS_SECONDS: Final = 0.5
"""A crash repeats at most this much work."""


class LocalLog:
    """One service's log, as the local relay reads it."""

    def __init__(self, ctx: ServiceContext, first: int | None) -> None:
        self.ctx = ctx
        self.cursor = Cursor(ctx.store)
        self.sent_to = self.cursor.position if first is None else first
        self.known_before = self.cursor.position


class LocalRelay:
    """Sends events of all services of this process to their consumers here."""

    def __init__(
        self,
        contexts: Mapping[str, ServiceContext],
        subscriptions: Mapping[str, Sequence[Subscription]],
        progress: Progress,
        *,
        bus_url: str,
        transport_options: Mapping[str, Any],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._progress = progress
        self._sleep = sleep
        self._logs = [LocalLog(ctx, progress.first(service)) for service, ctx in contexts.items()]
        self._routes: dict[str, list[str]] = {}
        for its_subscriptions in subscriptions.values():
            for subscription in its_subscriptions:
                for contract in subscription.events:
                    self._routes.setdefault(contract.type, []).append(subscription.consumer)
        self._connection = Connection(bus_url, transport_options=dict(transport_options))
        self._producer = self._connection.Producer()
        schemes = {ctx.settings.store_url.partition(":")[0] for ctx in contexts.values()}
        self._poll_seconds = max(POLL_SECONDS[scheme] for scheme in schemes)
        self._full: set[str] = set()
        self._stopping = False
        self.is_connected = False

    def run(self) -> None:
        """Send and remember until stopped."""
        look_at = store_at = measure_at = 0.0
        while not self._stopping:
            now = time.monotonic()
            look, store, measure = now >= look_at, now >= store_at, now >= measure_at
            look_at = now + LOOK_SECONDS if look else look_at
            store_at = now + STORE_PROGRESS_SECONDS if store else store_at
            measure_at = now + MEASURE_SECONDS if measure else measure_at
            try:
                busy = [self._serve(each, look=look, measure=measure) for each in self._logs]
                if store:
                    self._remember()
                self.is_connected = True
            except (StoreUnavailable, Conflict) as error:
                self.is_connected = False
                log.warning("relay_interrupted", extra={"error": type(error).__name__})
                self._sleep(RETRY_SECONDS)
            else:
                self._sleep(0 if any(busy) else self._poll_seconds)
        self.is_connected = False

    def stop(self) -> None:
        """Ask the relay to return."""
        self._stopping = True

    def finish(self) -> None:
        """Remember the last progress; to be called when the consumers have stopped."""
        self._remember()
        self._connection.release()

    def _serve(self, each: LocalLog, *, look: bool, measure: bool) -> bool:
        """Send what is new in one log; say whether there may be more at once."""
        changed = each.ctx.store.log.changed()
        backlog = each.sent_to < each.known_before or each.ctx.service in self._full
        if not (look or changed or backlog):
            return False
        if look:
            for request in open_replays(each.ctx.store):
                self._replay(each, request)
        if measure:
            measure_outbox(each.ctx, after=self._progress.settled(each.ctx.service))
        return self._send(each)

    def _send(self, each: LocalLog) -> bool:
        """Send one batch to whoever wants it, unless too much is open."""
        service = each.ctx.service
        if self._progress.open_count(service) >= UNDER_WAY:
            self._full.add(service)
            return False
        self._full.discard(service)
        each.ctx.store.log.collect(BATCH)
        events = each.ctx.store.log.read(after=each.sent_to, limit=BATCH)
        if events:
            failpoints.reach(failpoints.SAVED_UNPUBLISHED)
        for logged in events:
            for consumer in self._routes.get(logged.type, ()):
                if self._progress.wants(consumer, service, logged.position):
                    self._progress.sent(consumer, service, logged.position)
                    self._publish(consumer, logged, headers_of(service, logged))
            if logged.position > each.known_before:
                record_event_published(service, logged.type)
            each.sent_to = logged.position
            self._progress.scanned(service, logged.position)
        self._sleep(0)
        if events:
            failpoints.reach(failpoints.PUBLISHED_UNCLEARED)
        return len(events) == BATCH

    def _replay(self, each: LocalLog, request: Document) -> None:
        """Send the range that a replay request asks for straight to its consumer."""
        sent, position = 0, int(request["sent_to"])
        while position < request["last"]:
            events = each.ctx.store.log.read(after=position, limit=BATCH)
            for logged in events:
                if logged.position <= request["last"] and _is_wanted(request, logged):
                    self._publish(
                        request["consumer"],
                        as_asked(request, logged, each.ctx.settings),
                        headers_of(each.ctx.service, logged, replay=request["_id"]),
                    )
                    sent += 1
            position = events[-1].position if events else int(request["last"])
            self._sleep(0)
        done = {**request, "open": False, "sent_to": request["last"], "sent": sent}
        each.ctx.store.save(REPLAY_REQUESTS.name, done, expected_version=request["version"])
        log.info("replay_sent", extra={"service": each.ctx.service, "consumer": request["consumer"], "sent": sent})

    def _publish(self, consumer: str, logged: LoggedEvent, headers: dict[str, Any]) -> None:
        """Put an event into one consumer's queue."""
        self._producer.publish(
            logged.body,
            exchange="",
            routing_key=consumer,
            content_type=CONTENT_TYPE,
            content_encoding=CONTENT_ENCODING,
            message_id=logged.event_id,
            headers=headers,
        )

    def _remember(self) -> None:
        """Store the consumers' progress, and as each log's cursor the position up to which all are done."""
        self._progress.store()
        for each in self._logs:
            settled = self._progress.settled(each.ctx.service)
            if settled > each.cursor.position:
                each.cursor.move(settled)


def _is_wanted(request: Document, logged: LoggedEvent) -> bool:
    """Say whether a replay request asks for events of this type."""
    return not request["event_types"] or logged.type in request["event_types"]
