"""Starting, killing and stopping toy workers, and waiting for what they should do."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import requests

from shared.config import REPOSITORY
from shared.service import ServiceContext
from tests.unit.shared.bus.toys import toy_context

T = TypeVar("T")

PATIENCE_SECONDS = 60


def eventually(ask: Callable[[], T], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> T:
    """Return the first true answer; fails when none comes in time."""
    give_up_at = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < give_up_at, f"never came: {what or ask}"
        time.sleep(0.05)
    return answer


@dataclass
class Worker:
    """One toy worker process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ready(self) -> bool:
        assert self.process.poll() is None, f"the worker ended with {self.process.returncode}:\n{self.log.read_text()}"
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def checks(self) -> dict[str, str]:
        return requests.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=5).json()["checks"]

    def metrics(self) -> str:
        return requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text

    def logged(self, event: str) -> list[dict]:
        lines = (json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def stop(self) -> int:
        """Ask the worker to stop; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def killed_itself(self) -> bool:
        """Wait for the failpoint."""
        return self.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL


@dataclass
class Toys:
    """The toy services' data, their stores as a web process sees them, and their workers."""

    folder: Path
    bus_url: str
    store_url: str = ""
    contexts: dict[str, ServiceContext] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.contexts = {
            service: toy_context(service, self.folder, STREETSCENE_STORE_URL=self.store_url)
            for service in ("accounts", "reports")
        }

    @property
    def accounts(self) -> ServiceContext:
        return self.contexts["accounts"]

    @property
    def reports(self) -> ServiceContext:
        return self.contexts["reports"]

    def start(
        self, *services: str, failpoint: str = "", wait: bool = True, pass_fds: Sequence[int] = (), **environment: str
    ) -> Worker:
        """Start a worker, by default of both services, and wait until it is ready."""
        port = free_port()
        log = self.folder / f"worker-{len(self.workers)}.log"
        settings = {
            "STREETSCENE_DATA": str(self.folder),
            "STREETSCENE_BUS_URL": self.bus_url,
            "STREETSCENE_STORE_URL": self.store_url,
            "STREETSCENE_METRICS_PORT": str(port),
            "STREETSCENE_FAILPOINT": failpoint,
        }
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.toy_worker", *services],
                cwd=REPOSITORY,
                env={**os.environ, **settings, **environment},
                pass_fds=pass_fds,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        worker = Worker(process, port, log)
        self.workers.append(worker)
        if wait:
            eventually(worker.ready, what="the worker is ready")
        return worker

    def handled(self, event_id: str) -> bool:
        """Say whether the copy made under the event's id is there."""
        return self.reports.store.get("copies", event_id) is not None

    def close(self) -> None:
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.kill()
                worker.process.wait()
        for context in self.contexts.values():
            context.store.close()


def free_port() -> int:
    """Return a port that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
