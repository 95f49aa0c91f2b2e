"""Run in a patched process: many slow finds at once, and a server that is not there; prints JSON."""

import os

os.environ["EVENTLET_NO_GREENDNS"] = "yes"

import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import json
import sys
import time

from pymongo import MongoClient
from pymongo.errors import ServerSelectionTimeoutError

FINDS, POOL, TICK_SECONDS = 40, 20, 0.01


class Ticker:
    """Wakes every few milliseconds, and remembers by how much it came late."""

    def __init__(self) -> None:
        self.worst = 0.0
        self.ticks = 0
        self._greenthread = eventlet.spawn(self._run)

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            eventlet.sleep(TICK_SECONDS)
            self.worst = max(self.worst, time.monotonic() - started - TICK_SECONDS)
            self.ticks += 1

    def stop(self) -> None:
        self._greenthread.kill()


def many_finds(url: str) -> dict:
    client = MongoClient(url, maxPoolSize=POOL, serverSelectionTimeoutMS=5000, tz_aware=True)
    client.toys.things.find_one()
    ticker, started = Ticker(), time.monotonic()
    greenthreads = [eventlet.spawn(client.toys.things.find_one) for _ in range(FINDS)]
    found = [greenthread.wait() for greenthread in greenthreads]
    seconds = time.monotonic() - started
    ticker.stop()
    client.close()
    return {"found": len([each for each in found if each]), "seconds": seconds, "worst_stall": ticker.worst}


def nobody_there(url: str) -> dict:
    client = MongoClient(url, serverSelectionTimeoutMS=500)
    ticker, started = Ticker(), time.monotonic()
    try:
        client.toys.things.find_one()
        error = ""
    except ServerSelectionTimeoutError as caught:
        error = type(caught).__name__
    seconds = time.monotonic() - started
    ticker.stop()
    client.close()
    return {"error": error, "seconds": seconds, "ticks": ticker.ticks, "worst_stall": ticker.worst}


sys.stdout.write(json.dumps({"many": many_finds(sys.argv[1]), "nobody": nobody_there(sys.argv[2])}))
