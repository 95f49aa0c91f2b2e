"""A RabbitMQ node of the tests' own: private folders, ports, cookie and epmd; nothing of the machine's is touched.

`node(folder)` starts one and stops it; each use takes a virtual host of its own through the management API. Where there
is no RabbitMQ the tests are skipped with one line that says how to get it, but under `CI=true` they fail.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Not the wrapper on PATH, which switches to a user of the package."""

ADVICE = "there is no RabbitMQ on this machine: apt-get install rabbitmq-server"
WITH_US = [shutil.which("setpriv"), "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
"""Ends what is started also when the tests are killed, wherever util-linux is."""

READY_SECONDS = 90
USER, PASSWORD = "tests", "tests"

CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
load_definitions = {definitions}
vm_memory_high_watermark.relative = 0.4
disk_free_limit.absolute = 50MB
log.console = false
log.file.level = warning
"""


@dataclass
class Node:
    """A running node."""

    folder: Path
    port: int
    management_port: int
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    vhosts: int = field(default=0)

    def url(self, vhost: str = "%2F") -> str:
        """Return the AMQP URL of a virtual host."""
        return f"amqp://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{vhost}"

    def api(self, method: str, path: str, **options: Any) -> Any:
        """Call the management API and return the JSON of its answer, if any."""
        response = requests.request(
            method,
            f"http://127.0.0.1:{self.management_port}/api/{path}",
            auth=(USER, PASSWORD),
            timeout=10,
            **options,
        )
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
        with (self.folder / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                [*WITH_US, str(SERVER)],
                env=self.environment,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        give_up_at = time.monotonic() + READY_SECONDS
        while time.monotonic() < give_up_at:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(requests.RequestException):
                self.api("GET", "overview")
                return
            time.sleep(0.2)
        self.stop()
        said = (self.folder / "console.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"RabbitMQ did not start:\n{said}")

    def stop(self) -> None:
        """End the server: its whole process group, started for it."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def require_rabbitmq() -> None:
    """Skip the test where there is no RabbitMQ; fail it in CI, where there must be."""
    if SERVER.exists():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(ADVICE)
    pytest.skip(ADVICE)


@contextlib.contextmanager
def node(folder: Path, definitions: dict[str, Any]) -> Iterator[Node]:
    """Run a node that has loaded these definitions at its start."""
    port, management_port, distribution_port, epmd_port = _free_ports(4)
    users = {
        "users": [{"name": USER, "password": PASSWORD, "tags": "administrator"}],
        "permissions": [{"user": USER, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
    }
    # As in production (deploy/rabbitmq/rabbitmq.conf): the committed definitions, and users from a file of their own.
    (folder / "definitions.d").mkdir()
    (folder / "definitions.d" / "10-streetscene.json").write_text(json.dumps(definitions))
    (folder / "definitions.d" / "20-users.json").write_text(json.dumps(users))
    (folder / "rabbitmq.conf").write_text(
        CONFIG.format(port=port, management_port=management_port, definitions=folder / "definitions.d")
    )
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"tests-{os.getpid()}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # Two cores are shared by everything that tests start: busy waiting helps nobody.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
    }
    epmd = subprocess.Popen(
        [*WITH_US, "/usr/bin/epmd", "-port", str(epmd_port)], env=environment, stderr=subprocess.DEVNULL
    )
    running = Node(folder, port, management_port, environment)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        epmd.terminate()
        epmd.wait(10)


def _free_ports(count: int) -> list[int]:
    """Return ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
