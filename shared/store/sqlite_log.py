"""The event log of a SQLite store: the `events` table, which saves append to in their own transaction."""

import functools
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from shared.store.documents import from_milliseconds
from shared.store.port import LoggedEvent
from shared.store.sqlite_connections import Connections

IDS_PER_STATEMENT = 500
COLUMNS = "position, event_id, type, recorded_at, body"


class SqliteLog:
    """The events of one SQLite file in the order of their positions, which are never used twice."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._seen_version: tuple[int, int] | None = None

    def collect(self, limit: int = 500) -> int:  # noqa: ARG002 — the port's signature
        """Move nothing: the document's own transaction has logged its events."""
        return 0

    def read(self, *, after: int, limit: int = 500) -> list[LoggedEvent]:
        """Return events with higher positions, in order."""
        return self._select("position > ? ORDER BY position LIMIT ?", after, limit)

    def last_position(self) -> int:
        """Return the highest position, 0 where the log has always been empty."""
        row = self._row("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        return int(row[0]) if row else 0

    def waiting(self, *, after: int) -> tuple[int, datetime | None]:
        """Return how many events are not yet past the cursor `after`, and the oldest's time."""
        count, oldest = self._row("SELECT count(*), min(recorded_at) FROM events WHERE position > ?", after)
        return int(count), None if oldest is None else from_milliseconds(oldest)

    def changed(self) -> bool:
        """Say cheaply whether anybody has committed since the last call."""
        version = self._connections.data_version()
        changed = version != self._seen_version
        self._seen_version = version
        return changed

    def archive(self, *, before: datetime, up_to: int, limit: int = 1000) -> list[LoggedEvent]:
        """Return the oldest events before an instant and at or below a position, for writing elsewhere."""
        oldest = self._select("position <= ? ORDER BY position LIMIT ?", up_to, limit)
        return list(takewhile(lambda event: event.recorded_at < before, oldest))

    def drop(self, event_ids: Sequence[str]) -> None:
        """Remove archived events from the log."""
        for start in range(0, len(event_ids), IDS_PER_STATEMENT):
            ids = list(event_ids[start : start + IDS_PER_STATEMENT])
            self._connections.write(functools.partial(_drop, ids=ids))

    def _row(self, sql: str, *parameters: Any) -> Any:
        """Return the first row of a query."""
        return self._connections.run(lambda connection: connection.execute(sql, parameters).fetchone())

    def _select(self, rest: str, *parameters: Any) -> list[LoggedEvent]:
        """Return the events that a condition selects."""
        sql = f"SELECT {COLUMNS} FROM events WHERE {rest}"  # noqa: S608 — written above
        rows = self._connections.run(lambda connection: connection.execute(sql, parameters).fetchall())
        return [
            LoggedEvent(position, event_id, event_type, from_milliseconds(recorded_at), bytes(body))
            for position, event_id, event_type, recorded_at, body in rows
        ]


def _drop(connection: sqlite3.Connection, *, ids: Sequence[str]) -> None:
    """Delete events by their ids."""
    marks = ", ".join("?" * len(ids))
    connection.execute(f"DELETE FROM events WHERE event_id IN ({marks})", ids)  # noqa: S608 — only placeholders
