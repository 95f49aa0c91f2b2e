"""A node for the whole session, and the toy services on it."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest

from shared.bus.topology import definitions
from shared.config import REPOSITORY
from shared.ids import new_id
from tests.servers.mongo import mongo_server_or_skip
from tests.servers.rabbitmq import node, require_rabbitmq
from tests.servers.toy_workers import Toys

DEFINITIONS = REPOSITORY / "deploy" / "rabbitmq" / "definitions.json"
CONSUMERS = {"reports.users": ["user.changed.v1"]}


@pytest.fixture(scope="session")
def rabbitmq():
    """Return a node that loaded the committed definitions when it started."""
    require_rabbitmq()
    folder = Path(tempfile.mkdtemp(prefix="rabbitmq-"))
    try:
        with node(folder, json.loads(DEFINITIONS.read_text())) as running:
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


@pytest.fixture(scope="session")
def mongo():
    yield from mongo_server_or_skip()


@pytest.fixture
def distributed(mongo, rabbitmq, vhost, tmp_path):
    """Return the toy services over MongoDB and RabbitMQ, as in production."""
    separator = "" if mongo.url.endswith("/") else "/"
    store_url = f"{mongo.url}{separator}run_{new_id().replace('-', '')[-12:]}"
    found = Toys(tmp_path, rabbitmq.url(vhost), store_url)
    yield found
    found.close()
