"""The connection to MongoDB, and its errors in this project's words.

Nothing is read but from the primary and by majority, nothing counts as written before a majority has it: an answer that
a failover could take back is no answer. The driver is plain pymongo, which a worker's patched sockets make yield.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any, TypeVar

from bson.codec_options import CodecOptions
from bson.errors import InvalidDocument
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect, DocumentTooLarge, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from shared.errors import ConfigError, StoreUnavailable

T = TypeVar("T")
Record = dict[str, Any]

SELECTION_MILLISECONDS = 5_000
"""An election takes two to four seconds; who waits longer has no primary."""

MAJORITY_MILLISECONDS = 10_000
SOCKET_MILLISECONDS = 20_000
CONNECTIONS = 50
PAUSE_BEFORE_RESEND_SECONDS = 0.2
SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Connection:
    """One service's database; the client is made by the process that uses it, since none survives a fork."""

    def __init__(self, url: str, service: str) -> None:
        self._url = url
        self._name = f"{_database_in(url)}_{service}"
        self._client: MongoClient[Record] | None = None
        self._process = os.getpid()
        self._before_fork: list[object] = []
        self._lock = threading.Lock()

    @property
    def database(self) -> Database[Record]:
        """The service's database: majority writes, majority reads from the primary, instants in UTC."""
        return self._opened().get_database(
            self._name,
            codec_options=CodecOptions(tz_aware=True, tzinfo=UTC),
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", wtimeout=MAJORITY_MILLISECONDS),
        )

    def close(self) -> None:
        """Close the client; the next use opens another."""
        with self._lock:
            if self._client is not None and self._process == os.getpid():
                self._client.close()
            self._client = None

    def _opened(self) -> MongoClient[Record]:
        """Return this process's client."""
        with self._lock:
            if self._process != os.getpid():
                self._before_fork.append(self._client)
                self._client, self._process = None, os.getpid()
            if self._client is None:
                self._client = MongoClient(
                    self._url,
                    serverSelectionTimeoutMS=SELECTION_MILLISECONDS,
                    connectTimeoutMS=SELECTION_MILLISECONDS,
                    socketTimeoutMS=SOCKET_MILLISECONDS,
                    waitQueueTimeoutMS=SELECTION_MILLISECONDS,
                    maxPoolSize=CONNECTIONS,
                    retryWrites=True,
                    retryReads=True,
                    appname="streetscene",
                )
            return self._client


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into `StoreUnavailable`, and into `TypeError` for what no document may be."""
    try:
        yield
    except (DocumentTooLarge, InvalidDocument) as error:
        raise TypeError(f"not a document that MongoDB can store: {error}") from error
    except PyMongoError as error:
        # Behind this the driver tells its settings and every server's whole description, again and again.
        told = str(error).partition(" (configured timeouts")[0].partition(", Timeout:")[0]
        raise StoreUnavailable(f"MongoDB does not answer as it should: {told}") from error


def resent(write: Callable[[bool], T]) -> T:
    """Return what the write returns, sent once more where its answer was lost; it is told whether it is the resend.

    The driver itself resends to a replica set, which knows a write that it has seen. This covers the rest (a second
    lost answer, a server without sessions), so the write must be one that changes nothing when it has landed before.
    """
    try:
        return write(False)
    except ServerSelectionTimeoutError:
        raise
    except AutoReconnect:
        time.sleep(PAUSE_BEFORE_RESEND_SECONDS)
        return write(True)


def _database_in(url: str) -> str:
    """Return the name that a URL gives for the databases."""
    try:
        parts = parse_uri(url)
    except (PyMongoError, ValueError) as error:
        raise ConfigError(f"the store URL is wrong: {error}") from error
    name = str(parts["database"] or "streetscene")
    if parts["collection"] or not SAFE_NAME.fullmatch(name):
        raise ConfigError("the store URL ends in what can't be the first part of a database's name")
    return name
