"""Entrypoints of the workers: `@consumes`, `@every` and the `Context` dependency, on nameko.

A message is acknowledged when what became of it is durable (handled, or parked in the service's own store) and never
before. nameko's own behaviour is used for nothing but the plumbing: it acknowledges what a handler raised on, and
offers a hot loop instead. While the store is down messages stay where they are: unacknowledged, waited for.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar

import eventlet
from amqp.exceptions import AMQPError
from eventlet.event import Event as Signal
from eventlet.support.greenlets import GreenletExit
from kombu import Consumer as KombuConsumer
from kombu import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider
from nameko.messaging import Consumer, QueueConsumer, QueueConsumerStopped
from nameko.timer import Timer as NamekoTimer

from shared import failpoints
from shared.bus.answer import Outcome, answer, park_dead
from shared.bus.messages import Delivery
from shared.bus.progress import Progress
from shared.bus.topology import dead_queue_of, queue_of
from shared.contracts.envelope import Event
from shared.errors import StoreUnavailable
from shared.logs import bind
from shared.service import ServiceContext, Subscription, Timer

log = logging.getLogger(__name__)

CONTEXTS: Final = "STREETSCENE_CONTEXTS"
PROGRESS: Final = "STREETSCENE_PROGRESS"
"""Keys of the runner's configuration: the service contexts, and the progress of a bus that forgets (or None)."""

STORE_PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 5.0)
"""Waits while the store is down; the last one repeats."""

RECONNECT: Final = {"interval_start": 1, "interval_step": 1, "interval_max": 5}
"""Seconds between tries to reach the broker. kombu's own go up to 30: after a minute without a broker the events that
had waited lay in the queues for another quarter of one."""

LOOK_SECONDS: Final = 0.1
"""How often an idle consumer looks whether it shall stop: kombu's second made every stop one second longer."""

MEMORY_PREFETCH: Final = 10
"""`memory://` sleeps for its polling interval whenever so many messages per handler are under way."""

Method = TypeVar("Method", bound=Callable[..., Any])


class Context(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Gives every handler its service's `ServiceContext`."""

    def get_dependency(self, worker_ctx: Any) -> ServiceContext:  # noqa: ARG002 (nameko's signature)
        """Return the context that the runner has opened for this service."""
        contexts: dict[str, ServiceContext] = self.container.config[CONTEXTS]
        return contexts[self.container.service_name]

    def worker_setup(self, worker_ctx: Any) -> None:
        """Give the log lines of a handler the journey of its event."""
        event = worker_ctx.args[0] if worker_ctx.args else None
        bind(correlation_id=event.correlationid if isinstance(event, Event) else None)


class EventQueues(QueueConsumer):  # type: ignore[misc]  # nameko is untyped
    """One service's connection to the broker for all of its consumers, and for what the broker gave up on.

    Takes messages as bytes, so that kombu never decodes, and so never acknowledges, what it cannot read.
    """

    def __init__(self) -> None:
        self.is_consuming = False
        self._dead_consumers: dict[Any, KombuConsumer] = {}
        self._in_flight = 0
        super().__init__()

    @property
    def remembers(self) -> bool:
        """Whether the bus keeps messages; `memory://` does not, and has neither redelivery nor dead letters."""
        return not self.amqp_uri.startswith("memory:")

    @property
    def prefetch_count(self) -> int:
        """How many messages to take ahead: per queue from a broker, in all from `memory://`, which sleeps between."""
        workers: int = self.container.max_workers
        return workers if self.remembers else workers * MEMORY_PREFETCH

    def run(self, **options: Any) -> None:
        """Consume until stopped; being stopped before the first connection is no failure of the container."""
        try:
            super().run(safety_interval=LOOK_SECONDS, **options)
        except QueueConsumerStopped as stopped:
            self._consumers_ready.send_exception(stopped)

    def stop(self) -> None:
        """Stop consuming; a stop may come before this has started, or before its thread has run at all."""
        if self._gt is None:
            return
        eventlet.sleep(0)
        super().stop()

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Connect, trying again sooner than kombu would; whatever ends the connection also ends readiness."""
        try:
            with self.create_connection() as connection:
                connection.ensure_connection(self.on_connection_error, self.connect_max_retries, **RECONNECT)
                yield connection
        finally:
            self.is_consuming = False

    def on_consume_ready(self, connection: Any, channel: Any, consumers: Any, **options: Any) -> None:
        """Note that messages come in, after any (re)connection."""
        self.is_consuming = True
        super().on_consume_ready(connection, channel, consumers, **options)

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """Say that the broker can't be reached; kombu tries again."""
        self.is_consuming = False
        log.warning("broker_unreachable", extra={"error": type(exc).__name__, "retry_in_seconds": interval})

    def get_consumers(
        self,
        consumer_cls: Callable[..., KombuConsumer],
        channel: Any,  # noqa: ARG002 (kombu's signature)
    ) -> list[KombuConsumer]:
        """Return a consumer of each queue and of each dead queue."""
        self._consumers = {
            provider: self._consumer(consumer_cls, provider.queue, provider.receive) for provider in self._providers
        }
        if self.remembers:
            self._dead_consumers = {
                provider: self._consumer(
                    consumer_cls, dead_queue_of(provider.subscription.consumer), provider.receive_dead
                )
                for provider in self._providers
            }
        return [*self._consumers.values(), *self._dead_consumers.values()]

    def unregister_provider(self, provider: Any) -> None:
        """Stop consuming for one provider; before the first connection there is nothing to stop."""
        if self._consumers_ready.ready():
            super().unregister_provider(provider)
        else:
            # nameko would signal once per provider here, and fails at the second.
            self._providers.discard(provider)
            if not self._providers:
                self._last_provider_unregistered.send()

    def on_iteration(self) -> None:
        """Stop consuming where asked to, and leave only when what was taken has been answered."""
        self._cancel_consumers_if_requested()
        if not self._consumers and not self._in_flight:
            self.should_stop = True

    def acknowledge(self, message: Message) -> None:
        """Acknowledge; if the connection went meanwhile, the broker delivers again and handlers are made for that."""
        try:
            if message.channel.connection is not None:
                message.ack()
        except (AMQPError, OSError):
            log.info("acknowledgement_lost", extra={"queue": message.delivery_info.get("routing_key")})

    def _cancel_consumers_if_requested(self) -> None:
        """Cancel the consumers of providers that stop, their dead queues first.

        One at a time: where the connection goes meanwhile, that one is gone with it, and the others are cancelled on
        the next. nameko would forget them, and whoever stops would wait for ever.
        """
        while self._pending_remove_providers:
            provider, removed = self._pending_remove_providers.popitem()
            try:
                for consumers in (self._dead_consumers, self._consumers):
                    consumer = consumers.pop(provider, None)
                    if consumer is not None:
                        consumer.cancel()
            finally:
                removed.send()

    def _consumer(
        self, consumer_cls: Callable[..., KombuConsumer], queue: Any, receive: Callable[[Message, str | None], None]
    ) -> KombuConsumer:
        """Return a consumer of one queue that hands over every message as it came."""
        consumer = consumer_cls(
            queues=[queue],
            on_message=partial(self._spawn, receive),
            on_decode_error=partial(self._spawn_unreadable, receive),
        )
        consumer.qos(prefetch_count=self.prefetch_count)
        return consumer

    def _spawn(self, receive: Callable[[Message, str | None], None], message: Message) -> None:
        """Answer a message in a greenthread of its own."""
        self._in_flight += 1
        self.container.spawn_managed_thread(partial(self._run, receive, message, None), identifier="answer")

    def _spawn_unreadable(
        self, receive: Callable[[Message, str | None], None], message: Message, error: Exception
    ) -> None:
        """Park what kombu cannot even unpack (a compression that is none)."""
        self._in_flight += 1
        problem = f"unreadable: {type(error).__name__}: {error}"
        self.container.spawn_managed_thread(partial(self._run, receive, message, problem), identifier="park")

    def _run(self, receive: Callable[[Message, str | None], None], message: Message, problem: str | None) -> None:
        """Answer one message, counted while it lasts."""
        try:
            receive(message, problem)
        finally:
            self._in_flight -= 1


class Consumes(Consumer):  # type: ignore[misc]  # nameko is untyped
    """One consumer of a service: its queue, its bindings, and its rules of acknowledging."""

    queue_consumer = EventQueues()

    def __init__(self, subscription: Subscription, **options: Any) -> None:
        self.subscription = subscription
        self._stopping = False
        queue = queue_of(subscription.consumer, [contract.type for contract in subscription.events])
        super().__init__(queue, expected_exceptions=(Exception,), **options)

    def stop(self) -> None:
        """Take no more messages; those that wait for the store are given back."""
        self._stopping = True
        super().stop()

    def kill(self) -> None:
        """Stop without waiting."""
        self._stopping = True
        super().kill()

    def receive(self, message: Message, problem: str | None) -> None:
        """Answer one message from the queue, then acknowledge it."""
        delivery = _delivery(message)
        if problem is None:
            outcome = self._durably(
                lambda ctx, in_worker: answer(
                    ctx, in_worker, delivery.body, recorded_at=delivery.recorded_at, redelivered=delivery.redelivered
                )
            )
        else:
            reason = problem
            outcome = self._durably(lambda ctx, _: park_dead(ctx, self.subscription, delivery.body, reason=reason))
        if outcome is None:
            return
        failpoints.reach(failpoints.HANDLED_UNACKNOWLEDGED)
        self.queue_consumer.acknowledge(message)
        self._note_progress(delivery)

    def receive_dead(self, message: Message, problem: str | None) -> None:
        """Park what the broker gave up on, then acknowledge it."""
        delivery = _delivery(message)
        reason = problem or _why_dead(message)
        if self._durably(lambda ctx, _: park_dead(ctx, self.subscription, delivery.body, reason=reason)) is not None:
            self.queue_consumer.acknowledge(message)

    def _durably(self, act: Callable[[ServiceContext, Subscription], Outcome]) -> Outcome | None:
        """Return the outcome of an act, waiting for the store as long as it takes; None when stopping meanwhile."""
        contexts: dict[str, ServiceContext] = self.container.config[CONTEXTS]
        ctx = contexts[self.container.service_name]
        in_worker = Subscription(self.subscription.consumer, self.subscription.events, self._handle_in_worker)
        for pause in _pauses():
            if self._stopping:
                return None
            try:
                return act(ctx, in_worker)
            except StoreUnavailable as error:
                log.warning(
                    "store_unavailable",
                    extra={"consumer": self.subscription.consumer, "retry_in_seconds": pause, "error": str(error)},
                )
            except Exception:  # a defect in parking itself: hold this message, let others pass
                log.exception("message_held", extra={"consumer": self.subscription.consumer})
            eventlet.sleep(pause)
        return None

    def _handle_in_worker(self, _: ServiceContext, event: Event) -> None:
        """Call the service's method in a nameko worker and wait for it; raises what it raises."""
        finished = Signal()

        def handle_result(_: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            finished.send(exc_info)
            return result, exc_info

        try:
            # No context data: whatever headers came in must not travel on, the envelope carries the cause.
            self.container.spawn_worker(self, (event,), {}, context_data={}, handle_result=handle_result)
        except ContainerBeingKilled as error:
            raise GreenletExit from error
        exc_info = finished.wait()
        if exc_info is not None:
            raise exc_info[1]

    def _note_progress(self, delivery: Delivery) -> None:
        """Tell a bus that forgets that this message is done with."""
        progress: Progress | None = self.container.config[PROGRESS]
        if progress is not None and delivery.source is not None and delivery.position is not None:
            progress.done(self.subscription.consumer, delivery.source, delivery.position)


class Every(NamekoTimer):  # type: ignore[misc]  # nameko is untyped
    """A timer that says why it failed and goes on; the first run is at once, so that restarts do not starve it."""

    def __init__(self, timer: Timer, **options: Any) -> None:
        self.timer = timer
        super().__init__(timer.every_seconds, eager=True, expected_exceptions=(Exception,), **options)

    def handle_result(self, worker_ctx: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Log what the timer raised, without its words: they may quote what it was working on."""
        if exc_info is not None:
            kind, _, trace = exc_info
            level = logging.WARNING if issubclass(kind, StoreUnavailable) else logging.ERROR
            extra = {"timer": self.timer.name, "error": kind.__name__, "trace": "".join(traceback.format_tb(trace))}
            log.log(level, "timer_failed", extra=extra)
        outcome: tuple[Any, Any] = super().handle_result(worker_ctx, result, exc_info)
        return outcome


def consumes(subscription: Subscription) -> Callable[[Method], Method]:
    """Make a method the handler of a subscription; it is given the `Event`."""
    decorate: Callable[[Method], Method] = Consumes.decorator(subscription)
    return decorate


def every(timer: Timer) -> Callable[[Method], Method]:
    """Make a method what a timer runs; it is given nothing."""
    decorate: Callable[[Method], Method] = Every.decorator(timer)
    return decorate


def _delivery(message: Message) -> Delivery:
    """Return a kombu message as a delivery."""
    info = message.delivery_info or {}
    # Quorum queues count deliveries; classic brokers only say that there was one before.
    redelivered = bool(info.get("redelivered")) or bool((message.headers or {}).get("x-delivery-count"))
    return Delivery.of(message.body, message.headers or {}, redelivered=redelivered)


def _why_dead(message: Message) -> str:
    """Return why the broker gave up on a message, in words."""
    deaths = (message.headers or {}).get("x-death") or [{}]
    death = deaths[0] if isinstance(deaths[0], dict) else {}
    return f"the broker gave up ({death.get('reason', 'unknown reason')}) on queue {death.get('queue', 'unknown')}"


def _pauses() -> Iterator[float]:
    """Yield the waits between tries, for ever."""
    yield from STORE_PAUSES_SECONDS
    while True:
        yield STORE_PAUSES_SECONDS[-1]
