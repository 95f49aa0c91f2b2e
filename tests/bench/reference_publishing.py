"""`python -m tests.bench.reference_publishing DATA URL`: the same bytes by py-amqp and nothing else.

The events are in memory before the clock starts, no greenlets are near, and the only book that is kept is how many
the broker has confirmed.
"""

import contextlib
import json
import sys
import time
from itertools import takewhile

import amqp
from kombu import Connection

from shared.bus.topology import EVENTS_EXCHANGE, declare
from shared.config import Settings
from shared.contracts import REGISTRY
from shared.processes import open_context
from shared.store.port import LoggedEvent

CONSUMER = "bench.events"
WINDOW = 2_000
AT_ONCE = 200


def main(data: str, url: str) -> None:
    """Publish everything, and say how long it took until the last confirm."""
    context = open_context("reports", Settings.from_env({"STREETSCENE_DATA": data}))
    events = context.store.log.read(after=0, limit=context.store.log.last_position())
    with Connection(url) as broker:
        connection = broker.connection
        with connection.channel() as channel:
            declare(channel, {CONSUMER: sorted(REGISTRY)})
        sys.stdout.write(json.dumps({"events": len(events), "seconds": publish(connection, events)}))


def publish(connection: amqp.Connection, events: list[LoggedEvent]) -> float:
    """Return the seconds from the first event sent to the last one confirmed."""
    channel = connection.channel()
    channel.confirm_select()
    unconfirmed: dict[int, None] = {}

    def on_ack(tag: int, multiple: bool) -> None:
        for each in list(takewhile(lambda sent: sent <= tag, unconfirmed)) if multiple else [tag]:
            unconfirmed.pop(each, None)

    channel.events["basic_ack"].add(on_ack)
    started = time.monotonic()
    sent = 0
    while sent < len(events) or unconfirmed:
        for event in events[sent : sent + min(AT_ONCE, WINDOW - len(unconfirmed))]:
            message = amqp.basic_message.Message(event.body, content_type="application/json", delivery_mode=2)
            sent += 1
            unconfirmed[sent] = None
            channel.basic_publish(message, EVENTS_EXCHANGE, event.type, mandatory=True)
        waits = sent == len(events) or len(unconfirmed) >= WINDOW
        take_answers(connection, timeout_seconds=1 if waits else 0)
    return time.monotonic() - started


def take_answers(connection: amqp.Connection, *, timeout_seconds: float) -> None:
    """Read what the broker has answered, waiting so long for the first."""
    with contextlib.suppress(TimeoutError):
        while True:
            connection.drain_events(timeout=timeout_seconds)
            timeout_seconds = 0


if __name__ == "__main__":
    main(*sys.argv[1:])
