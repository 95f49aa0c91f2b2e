"""A RabbitMQ node of its own, a distributed system on it, a tap that gets a copy of every message, and one journey.

The node is the module's own because a test stops it.
"""

import base64
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.bus.topology import EVENTS_EXCHANGE
from shared.config import REPOSITORY
from tests.canaries.canaries import Flock, planted
from tests.canaries.journey import Site, Walked, walk
from tests.proof.comparison import wait_for_rest
from tests.servers.distributed import Distributed, distributed_system
from tests.servers.rabbitmq import Node, node, require_rabbitmq

DEFINITIONS = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
TAP = "tap"
EVERYTHING = 100_000


@pytest.fixture(scope="module")
def broker() -> Iterator[Node]:
    """A node with the committed definitions, and a queue that gets a copy of every event."""
    require_rabbitmq()
    folder = Path(tempfile.mkdtemp(prefix="rabbitmq-path-"))
    try:
        with node(folder, json.loads(DEFINITIONS.read_text())) as running:
            running.api("PUT", f"queues/%2F/{TAP}", json={"durable": True})
            running.api("POST", f"bindings/%2F/e/{EVENTS_EXCHANGE}/q/{TAP}", json={"routing_key": "#"})
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def system(broker, tmp_path_factory) -> Iterator[Distributed]:
    """Six services, each a web and a worker process."""
    data = tmp_path_factory.mktemp("path") / "data"
    with distributed_system(data, broker.url(), STREETSCENE_LOG_LEVEL="DEBUG") as running:
        yield running


@dataclass(frozen=True)
class Journey:
    """What was typed on the way, and what it led to."""

    flock: Flock
    walked: Walked


@pytest.fixture(scope="module")
def journey(system) -> Journey:
    """A report taken from alley to penalty by everybody, once for the module, and everything come to rest."""
    flock = Flock()
    walked = walk(Site(system.origin, system.credentials), planted(flock))
    wait_for_rest(system.contexts)
    return Journey(flock, walked)


def tapped(broker: Node) -> list[tuple[str, bytes]]:
    """Return what went over the broker: the routing key, and properties and body as bytes."""
    wanted = {"count": EVERYTHING, "ackmode": "ack_requeue_true", "encoding": "base64"}
    messages = broker.api("POST", f"queues/%2F/{TAP}/get", json=wanted)
    return [
        (
            message["routing_key"],
            json.dumps(message["properties"]).encode() + b"\n" + base64.b64decode(message["payload"]),
        )
        for message in messages
    ]
