"""What a worker process is made of: nameko containers, relays, the timer for parked messages, health and measures.

All of it runs on one hub. It starts its health server first, so that a worker that waits for its broker says so; it
ends cleanly on SIGTERM and SIGINT (taken messages are answered, progress and leases written), at once when the
launcher's pipe closes, and with an error when a container dies, because then somebody must start it anew.
"""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import eventlet
from eventlet import hubs, wsgi
from eventlet.event import Event as Signal
from nameko.containers import ServiceContainer
from nameko.runners import ServiceRunner

from shared.bus.answer import due_parked
from shared.bus.consume import CONTEXTS, PROGRESS, Consumes, EventQueues
from shared.bus.documents import DEAD, RETRYING, count_parked
from shared.bus.local import LocalRelay
from shared.bus.progress import Progress
from shared.bus.relay import Relay
from shared.bus.topology import Consumers
from shared.config import Settings
from shared.errors import ConfigError, StoreUnavailable, StreetsceneError
from shared.health import Check, answer, checks_of
from shared.ids import new_id
from shared.lifeline import VARIABLE as LIFELINE_VARIABLE
from shared.metrics import record_hub_stall, set_events_parked
from shared.service import ServiceContext, Subscription

log = logging.getLogger(__name__)

MAXIMUM_WORKERS: Final = 10
"""Handlers at once per service, and messages taken ahead per queue."""

HEARTBEAT_SECONDS: Final = 30

MEMORY_OPTIONS: Final = {"polling_interval": 0.02}
"""kombu's default of 1 s would make every hop a second long; at 20 ms an idle system with 25 queues costs little."""

AMQP_OPTIONS: Final = {"max_retries": 3, "interval_start": 1, "interval_step": 1, "interval_max": 5}

PARKED_SECONDS: Final = 1.0
STALL_SECONDS: Final = 0.1
DRAIN_SECONDS: Final = 0.02
MEASURE_SECONDS: Final = 15.0
STOP_SECONDS: Final = 8.0
"""Less than the launcher's ten seconds, after which it kills: what is left then is done again at the next start."""

LIFELINE_STOP_SECONDS: Final = 5.0


class WorkerPool(eventlet.GreenPool):  # type: ignore[misc]  # eventlet is untyped
    """The handlers of one service that run at once; one can wait for the last of them.

    eventlet's own pool makes a new event whenever a handler begins while no other runs. Handlers that waited for their
    turn do that after every round, and whoever waits for the event of the round before waits for ever: under load, no
    worker ended before its time was up.
    """

    def waitall(self) -> None:
        """Wait until no handler runs and none waits for its turn."""
        while self.running() or self.waiting():
            eventlet.sleep(DRAIN_SECONDS)


class Container(ServiceContainer):  # type: ignore[misc]  # nameko is untyped
    """nameko's container with a pool that ends."""

    def __init__(self, service_cls: Any, config: Mapping[str, Any]) -> None:
        super().__init__(service_cls, config)
        self._worker_pool = WorkerPool(size=self.max_workers)


class WorkerProcess:
    """The workers of one or more services in one patched process.

    `workers` are nameko classes, named like their contexts; `consumers` are those of the whole system, so that a broker
    has everybody's queues before the first event is published.
    """

    def __init__(
        self,
        contexts: Mapping[str, ServiceContext],
        workers: Sequence[Any],
        settings: Settings,
        *,
        consumers: Consumers,
    ) -> None:
        self._contexts = contexts
        self._workers = workers
        self._settings = settings
        self._consumers = consumers
        self._subscriptions = {worker.name: subscriptions_in(worker) for worker in workers}
        self._remembers = not settings.bus_url.startswith("memory:")
        self._progress = None if self._remembers else Progress(contexts, self._subscriptions)
        self._stop: Signal = Signal()
        self._is_told_to_stop = False
        self._exit_code = 0
        self._relays: list[Relay | LocalRelay] = self._make_relays()
        self._runner = self._make_runner()

    def run(self) -> int:
        """Run until stopped; return the exit code. Raises `ConfigError` where the port is taken."""
        quiet_libraries()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_signal)
        self._serve_health()
        self._watch_lifeline()
        relaying = [self._spawn(relay.run) for relay in self._relays]
        self._spawn(self._measure_stalls)
        for service, context in self._contexts.items():
            self._spawn(self._retry_parked, context, self._subscriptions.get(service, []))
        self._spawn(self._run_containers)
        log.info("worker_started", extra={"services": list(self._contexts)})
        self._stop.wait()
        self._shut_down(relaying)
        log.info("worker_stopped", extra={"services": list(self._contexts)})
        return self._exit_code

    def stop(self, exit_code: int = 0) -> None:
        """Ask the process to end; the first call counts."""
        if not self._stop.ready():
            self._exit_code = exit_code
            self._stop.send()

    def _note_signal(self, *_: Any) -> None:
        """Take a signal down, and nothing else: it may come between any two steps of the hub, which no timer may."""
        self._is_told_to_stop = True

    def _spawn(self, act: Callable[..., None], *arguments: Any) -> Any:
        """Run something for as long as the process lives; its end by an error is the end of the process."""

        def guarded() -> None:
            try:
                act(*arguments)
            except Exception:
                log.exception("worker_part_failed", extra={"part": act.__name__})
                self.stop(1)

        return eventlet.spawn(guarded)

    def _make_runner(self) -> ServiceRunner:
        """Return nameko's runner of all containers."""
        runner = ServiceRunner(
            {
                "AMQP_URI": self._settings.bus_url,
                "HEARTBEAT": HEARTBEAT_SECONDS,
                "TRANSPORT_OPTIONS": AMQP_OPTIONS if self._remembers else MEMORY_OPTIONS,
                "max_workers": MAXIMUM_WORKERS,
                CONTEXTS: self._contexts,
                PROGRESS: self._progress,
            }
        )
        runner.container_cls = Container
        for worker in self._workers:
            runner.add_service(worker)
        return runner

    def _make_relays(self) -> list[Relay | LocalRelay]:
        """Return one relay per service, or the one of the embedded mode."""
        holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()}"
        if self._progress is None:
            return [
                Relay(context, self._settings.bus_url, self._consumers, holder=holder)
                for context in self._contexts.values()
            ]
        return [
            LocalRelay(
                self._contexts,
                self._subscriptions,
                self._progress,
                bus_url=self._settings.bus_url,
                transport_options=MEMORY_OPTIONS,
            )
        ]

    def _run_containers(self) -> None:
        """Start the containers, which waits for the broker, and end the process when one of them dies."""
        self._runner.start()
        self._runner.wait()
        self.stop(0 if self._stop.ready() else 1)

    def _retry_parked(self, context: ServiceContext, subscriptions: Sequence[Subscription]) -> None:
        """Handle parked messages again when they come due, and say how many there are."""
        measure_at = 0.0
        while not self._stop.ready():
            try:
                due_parked(context, subscriptions)
                if time.monotonic() >= measure_at:
                    measure_at = time.monotonic() + MEASURE_SECONDS
                    counts = {state: count_parked(context.store, state) for state in (RETRYING, DEAD)}
                    set_events_parked(context.service, counts)
            except StoreUnavailable as error:
                log.warning("store_unavailable", extra={"service": context.service, "error": str(error)})
            eventlet.sleep(PARKED_SECONDS)

    def _measure_stalls(self) -> None:
        """Measure by how much the hub comes late to a short sleep: what heartbeats and health checks suffer from.

        It is awake every so often whatever happens, so it also looks whether a signal has come.
        """
        while not self._stop.ready():
            started = time.monotonic()
            eventlet.sleep(STALL_SECONDS)
            late = max(0.0, time.monotonic() - started - STALL_SECONDS)
            for service in self._contexts:
                record_hub_stall(service, late)
            if self._is_told_to_stop:
                self.stop()

    def _serve_health(self) -> None:
        """Serve health and metrics; raises `ConfigError` where the port is taken."""
        port = self._settings.metrics_port or self._settings.port + 1
        checks = {**checks_of(self._contexts), "broker": self._check_broker, **_consumer_checks(self._runner)}
        try:
            listener = eventlet.listen((self._settings.host, port), reuse_port=False)
        except OSError as error:
            raise ConfigError(f"the worker's port {port} can't be used: {error.strerror}") from error
        self._spawn(_serve, listener, checks)

    def _check_broker(self) -> None:
        """Raise unless a relay can publish or stands by with nothing to publish."""
        for relay in self._relays:
            if isinstance(relay, Relay) and relay.stands_by:
                continue
            if not relay.is_connected:
                raise StreetsceneError("not connected")

    def _watch_lifeline(self) -> None:
        """End with the launcher: a read of its pipe returns only when it is gone."""
        text = os.environ.get(LIFELINE_VARIABLE)
        if text is None:
            return
        fd = int(text)

        def watch() -> None:
            hubs.trampoline(fd, read=True)
            log.warning("launcher_gone")
            self.stop(1)
            eventlet.sleep(LIFELINE_STOP_SECONDS)
            os._exit(1)

        self._spawn(watch)

    def _shut_down(self, relaying: Sequence[Any]) -> None:
        """Stop consuming, then relaying; whatever takes too long is left: everything durable is durable already."""
        with eventlet.Timeout(STOP_SECONDS, False):
            self._runner.stop()
            for relay in self._relays:
                relay.stop()
            for greenthread in relaying:
                greenthread.wait()
            for relay in self._relays:
                if isinstance(relay, LocalRelay):
                    relay.finish()


def subscriptions_in(worker: Any) -> list[Subscription]:
    """Return the subscriptions of a nameko service class, in the order of their consumers."""
    found = [
        entrypoint.subscription
        for method in vars(worker).values()
        for entrypoint in getattr(method, "nameko_entrypoints", ())
        if isinstance(entrypoint, Consumes)
    ]
    return sorted(found, key=lambda subscription: subscription.consumer)


def quiet_libraries() -> None:
    """Keep nameko from logging what handlers raise: their words may be personal, and parking says what is needed."""
    logging.getLogger("nameko").setLevel(logging.CRITICAL)
    for name in ("kombu", "amqp"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _consumer_checks(runner: ServiceRunner) -> dict[str, Check]:
    """Return one check per container: its consumers are ready, not merely its process up."""

    def check_of(container: Any) -> Check:
        def check() -> None:
            queues = container.shared_extensions.get(EventQueues)
            if queues is not None and not queues.is_consuming:
                raise StreetsceneError("not consuming")

        return check

    return {f"{container.service_name}.consumers": check_of(container) for container in runner.containers}


def _serve(listener: Any, checks: Mapping[str, Check]) -> None:
    """Answer health and metrics requests until the process ends."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        answered = answer(environ.get("PATH_INFO", "/"), checks)
        status, content_type, body = answered or (404, "text/plain", b"not here")
        line = {200: "200 OK", 404: "404 Not Found", 503: "503 Service Unavailable"}[status]
        start_response(line, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [body]

    wsgi.server(listener, application, log=logging.getLogger("eventlet.wsgi"), log_output=False, debug=False)
