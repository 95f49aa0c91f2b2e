"""A private RabbitMQ node: folders, ports, cookie and epmd of its own, so that nothing of the machine's is touched.

For the launcher of the distributed system, which keeps it running, and for the tests, which start and stop it. Both
servers run below the lifeline's wrapper, because Erlang knows nothing of our pipe.
"""

import json
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local import Child
from shared.errors import ConfigError

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Not the wrapper on PATH, which switches to a user of the package."""

EPMD = Path("/usr/bin/epmd")

ADVICE = "there is no RabbitMQ on this machine: apt-get install rabbitmq-server"

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

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Node:
    """Where a node keeps its files, what it is called, who may use it, and its ports, all on loopback."""

    folder: Path
    name: str
    user: str
    password: str
    port: int
    management_port: int
    distribution_port: int
    epmd_port: int

    def url(self, vhost: str = "%2F") -> str:
        """Return the AMQP URL of a virtual host."""
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}/{vhost}"

    @property
    def management_url(self) -> str:
        """The address of the management API."""
        return f"http://127.0.0.1:{self.management_port}/api"

    def write(self, definitions: Mapping[str, Any]) -> None:
        """Write the node's configuration; it loads these definitions, and its user, at every start.

        As in production (`rabbitmq.conf`): the committed definitions, and users from a file of their own.
        """
        users = {
            "users": [{"name": self.user, "password": self.password, "tags": "administrator"}],
            "permissions": [{"user": self.user, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}],
        }
        loaded = self.folder / "definitions.d"
        loaded.mkdir(parents=True, exist_ok=True)
        (loaded / "10-streetscene.json").write_text(json.dumps(definitions))
        (loaded / "20-users.json").touch(mode=0o600)
        (loaded / "20-users.json").write_text(json.dumps(users))
        (self.folder / "rabbitmq.conf").write_text(
            CONFIG.format(port=self.port, management_port=self.management_port, definitions=loaded)
        )
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")

    def children(self, log: Path, *, wave: int = 0) -> list[Child]:
        """Return the node's two processes, for a launcher: the port mapper, then the server."""
        environment = self._environment()
        credentials = f"{self.user}:{self.password}".encode()
        return [
            Child(
                name="epmd",
                command=_below_lifeline(str(EPMD), "-port", str(self.epmd_port)),
                port=self.epmd_port,
                environment=environment,
                log=log.with_name(f"{log.stem}-epmd.log"),
                ready_when_open=True,
                wave=wave,
            ),
            Child(
                name="rabbitmq",
                command=_below_lifeline(str(SERVER)),
                port=self.management_port,
                environment=environment,
                log=log,
                ready_path="/api/overview",
                ready_headers={"Authorization": f"Basic {b64encode(credentials).decode()}"},
                wave=wave,
            ),
        ]

    def _environment(self) -> dict[str, str]:
        """Return what makes the node private."""
        return {
            "PATH": SYSTEM_PATH,
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            # The cores are shared with everything else here: busy waiting helps nobody.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }


def require_installed() -> None:
    """Raise `ConfigError` with what to do where there is no RabbitMQ on this machine."""
    if not SERVER.exists() or not EPMD.exists():
        raise ConfigError(ADVICE)


def _below_lifeline(*command: str) -> tuple[str, ...]:
    """Return a command that ends with the launcher although it knows nothing of it."""
    return (sys.executable, "-m", "shared.lifeline", "--", *command)
