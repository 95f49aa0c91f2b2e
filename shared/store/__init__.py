"""The document store: `open_store` gives every service its own, by URL; see `port.py` for what it can do."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from shared.errors import ConfigError
from shared.store.conflicts import reload_on_conflict
from shared.store.paging import every
from shared.store.port import (
    ASCENDING,
    DESCENDING,
    Collection,
    Document,
    EventLog,
    HasAny,
    In,
    Index,
    LoggedEvent,
    NoIndex,
    Page,
    Range,
    Store,
)
from shared.store.repository import Repository

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "Collection",
    "Document",
    "EventLog",
    "HasAny",
    "In",
    "Index",
    "LoggedEvent",
    "NoIndex",
    "Page",
    "Range",
    "Repository",
    "Store",
    "every",
    "open_store",
    "reload_on_conflict",
]


def open_store(url: str, service: str, collections: Sequence[Collection]) -> Store:
    """Return a service's store with its tables and indexes made; raises `StoreUnavailable` or `ConfigError`.

    `sqlite:///folder` keeps `folder/<service>.sqlite3`; `mongodb://host/name` the database `name_<service>`
    (`streetscene_<service>` where the URL names none). Many processes may open the same store at once.
    `?synchronous=off` lets SQLite answer before the disk has it: for what is made again after a power cut, only.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        from shared.store.sqlite import SqliteStore

        folder = Path(unquote(f"{parts.netloc}{parts.path}"))
        return SqliteStore(folder, service, collections, is_durable=_is_durable(parts.query))
    if parts.scheme == "mongodb":
        # Each adapter's driver is loaded only where it is used: the embedded mode needs no pymongo.
        from shared.store.mongo import MongoStore

        return MongoStore(url, service, collections)
    raise ConfigError(f"a store URL starts with sqlite:// or mongodb://, not {parts.scheme!r}")


def _is_durable(query: str) -> bool:
    """Return whether commits must survive a power cut, by the query of a SQLite URL; raises `ConfigError`."""
    if query not in {"", "synchronous=off"}:
        raise ConfigError(f"after the folder of a SQLite URL may come ?synchronous=off and nothing else, not ?{query}")
    return not query
