"""A RabbitMQ node of the tests' own, started as the launcher starts one, with a virtual host for each use.

`node(folder)` starts one and stops it; a test may stop and start it in between. Where there is no RabbitMQ the tests
are skipped with one line that says how to get it, but under `CI=true` they fail.
"""

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.local import Child
from deploy.rabbitmq import node as private
from shared.errors import ConfigError

READY_SECONDS = 90
STOP_SECONDS = 30
USER, PASSWORD = "tests", "tests"

METRICS_CONFIG = """\
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {port}
"""


class Node:
    """A running node; its lifeline's pipe ends it also when the tests are killed."""

    def __init__(self, private_node: private.Node, metrics_port: int) -> None:
        self.node = private_node
        self.metrics_address = f"127.0.0.1:{metrics_port}"
        self.folder = private_node.folder
        self.vhosts = 0
        self._epmd, self._server = private_node.children(self.folder / "console.log")
        self._lifeline = os.pipe()

    def url(self, vhost: str = "%2F") -> str:
        """Return the AMQP URL of a virtual host."""
        return self.node.url(vhost)

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Call the management API and return the JSON of its answer, if any."""
        url = f"{self.node.management_url}/{path}"
        response = requests.request(method, url, auth=(USER, PASSWORD), timeout=10, **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def new_vhost(self) -> str:
        """Make a virtual host that nobody has used, and return its name."""
        self.vhosts += 1
        name = f"run-{self.vhosts}"
        self.api("PUT", f"vhosts/{name}")
        self.api("PUT", f"permissions/{name}/{USER}", json={"configure": ".*", "write": ".*", "read": ".*"})
        return name

    def start(self) -> None:
        """Start the server and wait until its management API answers."""
        if self._epmd.process is None:
            self._epmd.start(self._lifeline[0])
        self._server.start(self._lifeline[0])
        give_up_at = time.monotonic() + READY_SECONDS
        while not self._server.ready():
            if self._server.died() or time.monotonic() > give_up_at:
                self.stop()
                raise RuntimeError(f"RabbitMQ did not start:\n{self._server.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)

    def stop(self) -> None:
        """End the server; the port mapper stays for its next start."""
        _end(self._server)

    def close(self) -> None:
        """End everything."""
        _end(self._server)
        _end(self._epmd)
        for end in self._lifeline:
            os.close(end)


def _end(child: Child) -> None:
    """End a child, which ends what runs below it."""
    if child.process is None:
        return
    child.process.terminate()
    child.process.wait(STOP_SECONDS)
    child.process = None


def require_rabbitmq() -> None:
    """Skip the test where there is no RabbitMQ; fail it in CI, where there must be."""
    try:
        private.require_installed()
    except ConfigError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@contextlib.contextmanager
def node(folder: Path, definitions: dict[str, Any], *, with_metrics: bool = False) -> Iterator[Node]:
    """Run a node that has loaded these definitions at its start; `with_metrics` also gives Prometheus what it asks."""
    port, management_port, distribution_port, epmd_port, metrics_port = _free_ports(5)
    name = f"tests-{os.getpid()}"
    private_node = private.Node(folder, name, USER, PASSWORD, port, management_port, distribution_port, epmd_port)
    private_node.write(definitions)
    if with_metrics:
        _serve_metrics(folder, metrics_port)
    running = Node(private_node, metrics_port)
    try:
        running.start()
        yield running
    finally:
        running.close()


def _serve_metrics(folder: Path, port: int) -> None:
    """Have the node serve its metrics at a port."""
    plugins = folder / "enabled_plugins"
    plugins.write_text(plugins.read_text().replace("]", ",rabbitmq_prometheus]"))
    with (folder / "rabbitmq.conf").open("a") as file:
        file.write(METRICS_CONFIG.format(port=port))


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
