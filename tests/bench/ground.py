"""What measurements share: a folder, one private RabbitMQ for all that need it, and somebody to tell of progress."""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from deploy.rabbitmq.node import SERVER
from shared.config import SERVICES, Settings
from shared.processes import open_contexts
from tests.servers.rabbitmq import Node, node

PATIENT_LIMITS = "1000000"
"""Rate limits count as in production, but stop nobody."""


@dataclass
class Ground:
    """Where measurements are made; closed at the end of the run."""

    folder: Path
    tell: Callable[[str], None]
    closing: ExitStack = field(default_factory=ExitStack)
    _node: Node | None = None

    @property
    def has_rabbitmq(self) -> bool:
        """Whether this machine has a RabbitMQ."""
        return SERVER.exists()

    @property
    def data(self) -> Path:
        """The data of the embedded system that several measurements look at, one after the other."""
        return self.folder / "data"

    def broker_url(self) -> str:
        """Return the address of a virtual host that nobody has used, on a node started for this run."""
        if self._node is None:
            self.tell("starting RabbitMQ")
            folder = Path(tempfile.mkdtemp(prefix="rabbitmq-bench-"))
            self.closing.callback(shutil.rmtree, folder, ignore_errors=True)
            self._node = self.closing.enter_context(node(folder, {}))
        return self._node.url(self._node.new_vhost())


def prepared(data: Path, **environment: str) -> Settings:
    """Return the settings of a system on a folder that has had its first start."""
    from deploy.local import first_start

    settings = Settings.from_env({"STREETSCENE_DATA": str(data), **environment})
    with open_contexts(SERVICES, settings) as contexts:
        first_start(contexts, settings)
    return settings
