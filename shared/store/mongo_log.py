"""The event log of a MongoDB store: the `events` collection, into which the relay moves the records' outboxes.

1. Read the last position, *then* look up which waiting events are logged already. In this order a relay that was
   overtaken must meet the other's position, whatever it knows of the other's events.
2. Append the others in order. A position that is taken (`_id`), or an event that is there (unique `event_id`), means
   that another relay lives: step down.
3. Pull exactly these events from the outboxes, and unset `pending` only where the outbox is empty.

A crash between any two steps only repeats: what is logged is known by its event's id.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from pymongo import DeleteOne, IndexModel, UpdateOne
from pymongo.collection import Collection as Records
from pymongo.errors import BulkWriteError

from shared.errors import Conflict
from shared.store.documents import EPOCH
from shared.store.mongo_client import Connection, Record, translated
from shared.store.port import LoggedEvent

EVENTS = "events"
OUTBOXES = "outboxes"
"""Outboxes of records that were deleted before the relay came by."""

STATE = "state"
DUPLICATE_KEY = 11000
WAITING = {"pending": {"$gte": EPOCH}}
"""Says what the sparse index can see: `$exists` would be a scan."""


@dataclass(frozen=True)
class _Waiting:
    """Events that wait in one record."""

    collection: str
    record_id: str
    events: Sequence[Mapping[str, Any]]


class MongoLog:
    """The events of one service in the order of their positions, which are never used twice."""

    def __init__(self, connection: Connection, collections: Sequence[str]) -> None:
        self._connection = connection
        self._collections = (*collections, OUTBOXES)
        self._seen_position: int | None = None

    def ensure_indexes(self) -> None:
        """Create the log's own indexes."""
        self._records(EVENTS).create_indexes([IndexModel([("event_id", 1)], name="event_id", unique=True)])
        self._records(OUTBOXES).create_indexes([IndexModel([("pending", 1)], name="pending", sparse=True)])

    def collect(self, limit: int = 500) -> int:
        """Move events from documents' outboxes into the log and return how many.

        Raises `Conflict` where another relay's position was in the way: that relay lives, so step down.
        """
        with translated():
            last = self.last_position()
            waiting = list(self._waiting(limit))
            if not waiting:
                return 0
            self._append(last, [event for outbox in waiting for event in outbox.events])
            for outbox in waiting:
                self._clear(outbox)
            return sum(len(outbox.events) for outbox in waiting)

    def read(self, *, after: int, limit: int = 500) -> list[LoggedEvent]:
        """Return events with higher positions, in order."""
        return self._select({"_id": {"$gt": after}}, limit)

    def last_position(self) -> int:
        """Return the highest position, 0 where the log has always been empty."""
        with translated():
            newest = self._records(EVENTS).find_one({}, {"_id": 1}, sort=[("_id", -1)])
            state = self._records(STATE).find_one({"_id": "log"})
        return max(int(newest["_id"]) if newest else 0, int(state["dropped_from"]) if state else 0)

    def waiting(self, *, after: int) -> tuple[int, datetime | None]:
        """Return how many events are not yet past the cursor `after`, outboxes included, and the oldest's time."""
        with translated():
            count = self._records(EVENTS).count_documents({"_id": {"$gt": after}})
            oldest = [event.recorded_at for event in self.read(after=after, limit=1)]
            for name in self._collections:
                size = {"_id": None, "count": {"$sum": {"$size": "$outbox"}}, "oldest": {"$min": "$pending"}}
                for row in self._records(name).aggregate([{"$match": WAITING}, {"$group": size}]):
                    count += row["count"]
                    oldest.append(row["oldest"])
        return count, min(oldest, default=None)

    def changed(self) -> bool:
        """Say cheaply whether there may be new events since the last call: outboxes wait, or the log has grown."""
        position = self.last_position()
        changed = position != self._seen_position
        self._seen_position = position
        with translated():
            return changed or any(
                self._records(name).find_one(WAITING, {"_id": 1}) is not None for name in self._collections
            )

    def archive(self, *, before: datetime, up_to: int, limit: int = 1000) -> list[LoggedEvent]:
        """Return the oldest events before an instant and at or below a position, for writing elsewhere."""
        oldest = self._select({"_id": {"$lte": up_to}}, limit)
        return list(takewhile(lambda event: event.recorded_at < before, oldest))

    def drop(self, event_ids: Sequence[str]) -> None:
        """Remove archived events from the log; that their positions were used stays known."""
        with translated():
            used = {"$max": {"dropped_from": self.last_position()}}
            self._records(STATE).update_one({"_id": "log"}, used, upsert=True)
            self._records(EVENTS).delete_many({"event_id": {"$in": list(event_ids)}})

    def _records(self, name: str) -> Records[Record]:
        """Return a collection's records in MongoDB."""
        return self._connection.database[name]

    def _waiting(self, limit: int) -> Iterator[_Waiting]:
        """Yield up to `limit` waiting events, record by record, those first that have waited longest."""
        found: list[tuple[datetime, _Waiting]] = []
        for name in self._collections:
            records = self._records(name).find(WAITING, {"outbox": 1, "pending": 1}, sort=[("pending", 1)], limit=limit)
            found += [(record["pending"], _Waiting(name, record["_id"], record["outbox"])) for record in records]
        for _, outbox in sorted(found, key=lambda item: item[0]):
            if limit <= 0:
                return
            yield _Waiting(outbox.collection, outbox.record_id, outbox.events[:limit])
            limit -= len(outbox.events)

    def _append(self, last: int, events: Iterable[Mapping[str, Any]]) -> None:
        """Append those events that are not yet logged, at the positions after the last."""
        waiting = {event["id"]: event for event in events}
        logged = self._records(EVENTS).find({"event_id": {"$in": list(waiting)}}, {"event_id": 1})
        for entry in logged:
            waiting.pop(entry["event_id"], None)
        if not waiting:
            return
        entries = [
            {
                "_id": position,
                "event_id": event["id"],
                "type": event["type"],
                "recorded_at": event["recorded_at"],
                "body": event["body"],
            }
            for position, event in enumerate(waiting.values(), start=last + 1)
        ]
        try:
            self._records(EVENTS).insert_many(entries, ordered=True)
        except BulkWriteError as error:
            codes = {entry.get("code") for entry in error.details.get("writeErrors", ())}
            if codes == {DUPLICATE_KEY}:
                raise Conflict("another relay is appending to this log") from error
            raise

    def _clear(self, outbox: _Waiting) -> None:
        """Pull logged events from their outbox; who saves at the same moment loses nothing."""
        ids = [event["id"] for event in outbox.events]
        only_record = {"_id": outbox.record_id}
        emptied = {**only_record, "outbox": []}
        pull = UpdateOne(only_record, {"$pull": {"outbox": {"id": {"$in": ids}}}})
        records = self._records(outbox.collection)
        if outbox.collection == OUTBOXES:
            records.bulk_write([pull, DeleteOne(emptied)], ordered=True)
        else:
            records.bulk_write([pull, UpdateOne(emptied, {"$unset": {"pending": ""}})], ordered=True)

    def _select(self, where: Mapping[str, Any], limit: int) -> list[LoggedEvent]:
        """Return events of the log in order."""
        with translated():
            return [
                LoggedEvent(
                    position=int(entry["_id"]),
                    event_id=entry["event_id"],
                    type=entry["type"],
                    recorded_at=entry["recorded_at"].astimezone(UTC),
                    body=bytes(entry["body"]),
                )
                for entry in self._records(EVENTS).find(where, sort=[("_id", 1)], limit=limit)
            ]
