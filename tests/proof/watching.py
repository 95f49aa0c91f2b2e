"""Somebody who looks at a distributed system every second: what waits in the outboxes, and who is ready."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.servers.distributed import Distributed

EVERY_SECONDS = 1.0
TIMEOUT_SECONDS = 5
OUTBOX, OUTBOX_AGE = "streetscene_outbox_events", "streetscene_outbox_oldest_age_seconds"


@dataclass(frozen=True)
class Look:
    """What the system said of itself at one moment: all services' outboxes together, and how many are ready."""

    at: float
    waiting: int
    oldest_seconds: float
    web_ready: int
    workers_ready: int


class Watch(threading.Thread):
    """Looks until it is told to stop."""

    def __init__(self, system: Distributed, stop: threading.Event) -> None:
        super().__init__(name="watch", daemon=True)
        self._system = system
        self._stop_asked = stop
        self.looks: list[Look] = []

    def run(self) -> None:
        """Look every second."""
        while not self._stop_asked.is_set():
            self.looks.append(self._look())
            self._stop_asked.wait(EVERY_SECONDS)

    def wait_for(self, seen: Callable[[Look], bool], *, seconds: float) -> bool:
        """Wait until the last look shows it; say whether it did in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.looks and seen(self.looks[-1]):
                return True
            time.sleep(EVERY_SECONDS / 5)
        return False

    def died(self) -> list[str]:
        """Return the names of the processes that have ended."""
        return [name for name, child in self._system.children.items() if child.died()]

    def _look(self) -> Look:
        """Ask every process."""
        at = time.time()
        ready = {name: child.ready() for name, child in self._system.children.items()}
        outboxes = [self._outbox(name) for name in ready if name.startswith("worker-")]
        return Look(
            at,
            waiting=round(sum(waiting for waiting, _ in outboxes)),
            oldest_seconds=max(oldest for _, oldest in outboxes),
            web_ready=sum(ready[name] for name in ready if name.startswith("web-")),
            workers_ready=sum(ready[name] for name in ready if name.startswith("worker-")),
        )

    def _outbox(self, name: str) -> tuple[float, float]:
        """Return a worker's own figures: events that wait, and the age of the oldest; nothing where it is silent."""
        try:
            text = requests.get(f"{self._system.url_of(name)}/metrics", timeout=TIMEOUT_SECONDS).text
        except requests.RequestException:
            return 0, 0
        found = {
            sample.name: sample.value for family in text_string_to_metric_families(text) for sample in family.samples
        }
        return found.get(OUTBOX, 0), found.get(OUTBOX_AGE, 0)
