"""A whole distributed system of its own for tests: a web and a worker process for each service, and a real broker.

The stores are SQLite files and the blobs folders, which the same settings allow: what is real here is that services
share nothing but the broker. A path decides which process answers, as a proxy would.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.demo.doors import Answer, HttpDoors
from deploy.local import Child, Launcher, first_start
from shared.config import SERVICES, Settings
from shared.processes import open_contexts
from shared.service import ServiceContext
from shared.web.routes import service_of
from tests.servers.system import free_ports

READY_SECONDS = 120


class DistributedDoors:
    """The doors of a system in which a path decides which process answers; one for each thread that knocks."""

    def __init__(self, origin: Callable[[str], str], tokens: Mapping[str, str]) -> None:
        self._origin = origin
        self._tokens = tokens
        self._doors: dict[str, HttpDoors] = {}

    def call(self, method: str, path: str, **what: Any) -> Answer:
        """Call the process that answers this path; raises `requests.RequestException` where nobody does."""
        origin = self._origin(path.partition("?")[0])
        doors = self._doors.setdefault(origin, HttpDoors(origin, self._tokens))
        return doors.call(method, path, **what)


@dataclass
class Distributed:
    """A running system: its processes, where each is, and its contexts, opened here too for looking into stores."""

    data: Path
    bus_url: str
    contexts: dict[str, ServiceContext]
    children: dict[str, Child]
    environment: dict[str, str]
    credentials: dict[str, Any] = field(default_factory=dict)

    def origin(self, path: str) -> str:
        """Return the origin of the web process that answers a path."""
        return self.url_of(f"web-{service_of(path)}")

    def doors(self) -> DistributedDoors:
        """Return doors of one's own."""
        return DistributedDoors(self.origin, self.credentials["tokens"])

    def url_of(self, name: str) -> str:
        """Return the address of a process: `web-reports`, `worker-tonnage`."""
        return f"http://127.0.0.1:{self.children[name].port}"

    def wait_until_ready(self, *names: str) -> None:
        """Wait until these processes, or all, say that they are ready."""
        deadline = time.monotonic() + READY_SECONDS
        for name in names or tuple(self.children):
            child = self.children[name]
            while not child.ready():
                assert not child.died(), f"{name} ended:\n{child.log.read_text()[-3000:]}"
                assert time.monotonic() < deadline, f"{name} is not ready:\n{child.log.read_text()[-3000:]}"
                time.sleep(0.1)


@contextmanager
def distributed_system(data: Path, bus_url: str, **environment: str) -> Iterator[Distributed]:
    """Start every process, wait until all are ready, and stop them afterwards; a killed test takes them with it."""
    (data / "logs").mkdir(parents=True)
    children = {child.name: child for service in SERVICES for child in _children(service, data)}
    common = {
        "STREETSCENE_DATA": str(data),
        "STREETSCENE_BUS_URL": bus_url,
        "STREETSCENE_RATE_LIMITS": "off",
        "STREETSCENE_METRICS_TARGETS": ",".join(f"{each}=http://127.0.0.1:{children[each].port}" for each in children),
        **environment,
    }
    for child in children.values():
        child.environment = {**common, **child.environment}
    settings = Settings.from_env(common)
    with open_contexts(SERVICES, settings) as contexts:
        first_start(contexts, settings)
        credentials = json.loads((data / "credentials.json").read_text())
        system = Distributed(data, bus_url, contexts, children, common, credentials)
        launcher = Launcher(list(children.values()), Console(quiet=True))
        try:
            for child in launcher.children:
                child.start(launcher.lifeline[0])
            system.wait_until_ready()
            yield system
        finally:
            launcher.stop()


def _children(service: str, data: Path) -> list[Child]:
    """Return the web and the worker process of a service."""
    port = free_ports()
    return [
        Child(
            name=f"{kind}-{service}",
            command=(sys.executable, "-m", "shared.cli", kind, service),
            port=port + offset,
            environment={"STREETSCENE_PORT": str(port)},
            log=data / "logs" / f"{kind}-{service}.log",
        )
        for kind, offset in (("web", 0), ("worker", 1))
    ]
