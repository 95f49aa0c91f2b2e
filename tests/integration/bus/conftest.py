"""A node for the whole session, and the toy services on it."""

import shutil
import tempfile
from pathlib import Path

import pytest

from shared.bus.topology import definitions
from tests.servers.rabbitmq import node, require_rabbitmq
from tests.servers.toy_workers import Toys

CONSUMERS = {"reports.users": ["user.changed.v1"]}


@pytest.fixture(scope="session")
def rabbitmq():
    require_rabbitmq()
    folder = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
    try:
        with node(folder, definitions({})) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def vhost(rabbitmq):
    """Return a virtual host with the toy consumers' queues and policies."""
    name = rabbitmq.new_vhost()
    rabbitmq.api("POST", f"definitions/{name}", json=definitions(CONSUMERS, vhost=name))
    return name


@pytest.fixture
def toys(rabbitmq, vhost, tmp_path):
    found = Toys(tmp_path, rabbitmq.url(vhost))
    yield found
    found.close()
