"""Both adapters for one suite: every test here runs over SQLite and over MongoDB."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo import MongoClient

from shared.store import Collection, Store, open_store
from tests.contract.store.samples import THINGS
from tests.servers.mongo import MongoServer, mongo_server_or_skip

SERVICE = "reports"


@pytest.fixture(scope="session")
def mongo() -> Iterator[MongoServer]:
    yield from mongo_server_or_skip()


@pytest.fixture
def mongo_url(mongo: MongoServer) -> Iterator[str]:
    """A URL with databases of its own for this test, dropped after it."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield urlsplit(mongo.url)._replace(path=f"/{name}").geturl()
    client: MongoClient[dict[str, Any]] = MongoClient(mongo.url)
    with closing(client):
        client.drop_database(f"{name}_{SERVICE}")


@pytest.fixture(params=["sqlite", "mongodb"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite://{tmp_path}/store"
    url: str = request.getfixturevalue("mongo_url")
    return url


@pytest.fixture
def opened(store_url: str) -> Iterator[Callable[..., Store]]:
    """Opens the store, again and again if a test wants; what it opened is closed after the test."""
    with ExitStack() as stack:

        def open_it(*collections: Collection) -> Store:
            return stack.enter_context(closing(open_store(store_url, SERVICE, collections)))

        yield open_it


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened(THINGS)
