"""What the broker must hold: one exchange, a queue per consumer, and a queue for what the broker gave up on.

A queue is named after its consumer, never after a Python method, so that renaming code leaves no orphan behind. Its
type is its one argument, because no policy can set it and a declaration without it is refused (406, tried for ever);
everything else is policy and can be changed live. Policies cannot be declared over AMQP, so they are in
`deploy/rabbitmq/definitions.json`, generated from the subscriptions and loaded by the broker; exchanges, queues and
bindings are declared by every worker too, so that a broker without the file loses nothing; it merely never gives up on
a message that its consumer crashes over.

Dead-lettering is `at-least-once`, which needs quorum queues on both ends and `reject-publish`. The `.dead` queues
have no dead-letter queue of their own; their delivery limit is out of reach, because 4.x would drop at 20 what has
nowhere to go.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from kombu import Connection, Exchange, Queue, binding
from kombu.transport.base import StdChannel

EVENTS_EXCHANGE: Final = "streetscene.events"
DEAD_EXCHANGE: Final = "streetscene.dead"
DEAD_SUFFIX: Final = ".dead"

QUORUM: Final = {"x-queue-type": "quorum"}

DELIVERY_LIMIT: Final = 20
"""Deliveries that end with neither an acknowledgement nor a parked document: only crashes do that."""

NO_DELIVERY_LIMIT: Final = 1_000_000
"""3.10 refuses -1 and has no default; 4.x has a default of 20."""

Consumers = Mapping[str, Sequence[str]]
"""Consumer → the event types that it is to get."""


def events_exchange() -> Exchange:
    """Return the topic exchange that every event is published to, under its type."""
    return Exchange(EVENTS_EXCHANGE, type="topic", durable=True)


def dead_exchange() -> Exchange:
    """Return the direct exchange that the broker sends to, under the consumer's name, what it gives up on."""
    return Exchange(DEAD_EXCHANGE, type="direct", durable=True)


def queue_of(consumer: str, event_types: Sequence[str]) -> Queue:
    """Return a consumer's queue with its bindings, for declaring and consuming."""
    exchange = events_exchange()
    return Queue(
        consumer,
        exchange=exchange,
        bindings=[binding(exchange, routing_key=event_type) for event_type in sorted(event_types)],
        durable=True,
        queue_arguments=dict(QUORUM),
    )


def dead_queue_of(consumer: str) -> Queue:
    """Return the queue of what the broker gave up delivering to a consumer."""
    return Queue(
        f"{consumer}{DEAD_SUFFIX}",
        exchange=dead_exchange(),
        routing_key=consumer,
        durable=True,
        queue_arguments=dict(QUORUM),
    )


def declare(channel: StdChannel, consumers: Consumers) -> None:
    """Declare the exchanges and every consumer's queues, so that nothing published is lost on one not yet started."""
    events_exchange()(channel).declare()
    dead_exchange()(channel).declare()
    for consumer, event_types in consumers.items():
        queue_of(consumer, event_types)(channel).declare()
        dead_queue_of(consumer)(channel).declare()


def by_consumer(consumers_by_event: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return consumer → event types from event type → consumers."""
    found: dict[str, list[str]] = {}
    for event_type, names in consumers_by_event.items():
        for name in names:
            found.setdefault(name, []).append(event_type)
    return {name: sorted(found[name]) for name in sorted(found)}


def definitions(consumers: Consumers, *, vhost: str = "/") -> dict[str, Any]:
    """Return RabbitMQ's definitions for these consumers: exchanges, queues, bindings and policies, without users."""
    names = sorted(consumers)
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            _exchange(EVENTS_EXCHANGE, "topic", vhost),
            _exchange(DEAD_EXCHANGE, "direct", vhost),
        ],
        "queues": [_queue(queue, vhost) for name in names for queue in (name, f"{name}{DEAD_SUFFIX}")],
        "bindings": [
            bound
            for name in names
            for bound in (
                *(_binding(EVENTS_EXCHANGE, name, event_type, vhost) for event_type in sorted(consumers[name])),
                _binding(DEAD_EXCHANGE, f"{name}{DEAD_SUFFIX}", name, vhost),
            )
        ],
        "policies": [_dead_policy(vhost), *(_policy(name, vhost) for name in names)],
    }


def write_definitions(path: Path, consumers_by_event: Mapping[str, Sequence[str]]) -> None:
    """Write `definitions.json` for all consumers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_definitions(consumers_by_event))


def check_definitions(path: Path, consumers_by_event: Mapping[str, Sequence[str]]) -> bool:
    """Say whether the file is what would be written now."""
    return path.exists() and path.read_text() == render_definitions(consumers_by_event)


def render_definitions(consumers_by_event: Mapping[str, Sequence[str]]) -> str:
    """Return the text of `definitions.json`."""
    return json.dumps(definitions(by_consumer(consumers_by_event)), indent=2) + "\n"


def read_consumers(path: Path) -> dict[str, list[str]]:
    """Return every consumer with its event types from `definitions.json`, for workers to declare."""
    found: dict[str, list[str]] = {}
    for bound in json.loads(path.read_text())["bindings"]:
        if bound["source"] == EVENTS_EXCHANGE:
            found.setdefault(bound["destination"], []).append(bound["routing_key"])
    return found


def require_broker(url: str, *, timeout_seconds: float = 5) -> None:
    """Connect to a broker and let go again; raises `OSError` with the reason where it does not answer."""
    with Connection(url, connect_timeout=timeout_seconds) as connection:
        try:
            connection.connect()
        except connection.connection_errors as error:
            raise OSError(f"the broker does not answer: {error}") from error


def _exchange(name: str, kind: str, vhost: str) -> dict[str, Any]:
    """Return the definition of a durable exchange."""
    return {
        "name": name,
        "vhost": vhost,
        "type": kind,
        "durable": True,
        "auto_delete": False,
        "internal": False,
        "arguments": {},
    }


def _queue(name: str, vhost: str) -> dict[str, Any]:
    """Return the definition of a quorum queue."""
    return {"name": name, "vhost": vhost, "durable": True, "auto_delete": False, "arguments": dict(QUORUM)}


def _binding(exchange: str, queue: str, routing_key: str, vhost: str) -> dict[str, Any]:
    """Return the definition of a binding."""
    return {
        "source": exchange,
        "vhost": vhost,
        "destination": queue,
        "destination_type": "queue",
        "routing_key": routing_key,
        "arguments": {},
    }


def _policy(consumer: str, vhost: str) -> dict[str, Any]:
    """Return the policy of one consumer's queue: one each, as the dead-letter routing key is the consumer's name."""
    return {
        "vhost": vhost,
        "name": consumer,
        "pattern": f"^{consumer.replace('.', '[.]')}$",
        "apply-to": "queues",
        "priority": 10,
        "definition": {
            "dead-letter-exchange": DEAD_EXCHANGE,
            "dead-letter-routing-key": consumer,
            "dead-letter-strategy": "at-least-once",
            "overflow": "reject-publish",
            "delivery-limit": DELIVERY_LIMIT,
        },
    }


def _dead_policy(vhost: str) -> dict[str, Any]:
    """Return the policy of all `.dead` queues."""
    return {
        "vhost": vhost,
        "name": "dead",
        "pattern": r"^[a-z]+[.][a-z-]+[.]dead$",
        "apply-to": "queues",
        "priority": 20,
        "definition": {"overflow": "reject-publish", "delivery-limit": NO_DELIVERY_LIMIT},
    }
