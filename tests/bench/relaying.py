"""`python -m tests.bench.relaying DATA URL`: the relay of reports, patched as in a worker, publishes its whole log."""

import os
import warnings

os.environ["EVENTLET_NO_GREENDNS"] = "yes"
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import json
import sys
import time

from shared.bus.documents import RELAY, relay_position
from shared.bus.lease import CURSOR
from shared.bus.relay import Relay
from shared.config import Settings
from shared.contracts import REGISTRY
from shared.processes import open_context

CONSUMER = "bench.events"
LOOK_SECONDS = 0.01


def main(data: str, url: str) -> None:
    """Publish everything from the beginning, and say how long it took from the first event to the stored cursor."""
    context = open_context("reports", Settings.from_env({"STREETSCENE_DATA": data}))
    context.store.delete(RELAY.name, CURSOR)
    last = context.store.log.last_position()
    relay = Relay(context, url, {CONSUMER: sorted(REGISTRY)}, holder="bench")
    running = eventlet.spawn(relay.run)
    while not relay.is_connected:
        eventlet.sleep(0.001)
    started = time.monotonic()
    while relay_position(context.store) < last:
        eventlet.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - started
    relay.stop()
    running.wait()
    sys.stdout.write(json.dumps({"events": last, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
