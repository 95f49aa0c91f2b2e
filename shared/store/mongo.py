"""The document store in MongoDB: a replica set, or a sharded cluster, with one database per service.

Every write is one atomic update of one record; nothing needs a transaction. Events lie in the record's own `outbox`
until the relay collects them (`mongo_log.py`). Each write leaves a token in the record's `writes`: when an answer is
lost and the write is sent again, the token tells "that was me" from a real `Conflict` or `Duplicate`.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from bson.binary import Binary
from pymongo import ReturnDocument, UpdateOne
from pymongo.collection import Collection as Records
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from shared.clock import machine_now
from shared.contracts.envelope import Event, encode_all
from shared.errors import ConfigError, Conflict, Duplicate
from shared.store.claims import check_changes
from shared.store.cursors import read_cursor, write_cursor
from shared.store.documents import check_collections, check_id, checked, only_fields
from shared.store.mongo_client import Connection, Record, resent, translated
from shared.store.mongo_log import OUTBOXES, MongoLog
from shared.store.mongo_query import (
    hint,
    index_models,
    keys,
    matching,
    path,
    to_document,
    unique_keys,
    unique_names,
)
from shared.store.plan import Plan, check_sum, has_gaps, make_plan
from shared.store.port import Collection, Document, Page, Where

WRITES_REMEMBERED = 8
"""So many others may save between a write whose answer was lost and its resend, a fifth of a second later."""

DOCUMENTS_PER_BATCH = 500
DELETE_ATTEMPTS = 5
WHOLE = {"body": 1, "version": 1}
DUPLICATE_KEY = 11000
REFUSED_BY = re.compile(r"index: (\S+)")


class MongoStore:
    """One service's documents in a MongoDB database of its own."""

    def __init__(self, url: str, service: str, collections: Sequence[Collection]) -> None:
        self.service = service
        self._collections = check_collections(collections)
        self._connection = Connection(url, service)
        self._log = MongoLog(self._connection, tuple(self._collections))
        try:
            with translated():
                self._ensure_indexes()
        except BaseException:
            self.close()
            raise

    @property
    def log(self) -> MongoLog:
        """The append-only log of this store's events."""
        return self._log

    def get(self, collection: str, document_id: str) -> Document | None:
        """Return one document by its id."""
        check_id(self._declared(collection), document_id)
        with translated():
            record = self._records(collection).find_one({"_id": document_id}, WHOLE)
        return to_document(record) if record else None

    def insert(self, collection: str, document: Document, events: Sequence[Event] = ()) -> None:
        """Store a new document with its events in one act; raises `Duplicate` for a known id or unique value."""
        declared = self._declared(collection)
        stored = checked(declared, document)
        token = _new_token()
        record = {"_id": stored["_id"], "version": 1, **_contents(declared, stored), "writes": [token]}
        if events:
            record |= {"outbox": _outbox(events), "pending": machine_now()}
        with translated():
            try:
                resent(lambda _: self._records(collection).insert_one(record))
            except DuplicateKeyError as error:
                if not self._landed(collection, stored["_id"], token):
                    raise _duplicate(declared, stored["_id"], error) from None

    def save(self, collection: str, document: Document, *, expected_version: int, events: Sequence[Event] = ()) -> None:
        """Replace a document with its events in one act; raises `Conflict` unless its version is the expected one."""
        declared = self._declared(collection)
        stored = checked(declared, document)
        token = _new_token()
        update = _replacement(declared, stored, token)
        if events:
            update["$push"]["outbox"] = {"$each": _outbox(events)}
            update["$min"] = {"pending": machine_now()}  # the oldest waiting event's time stays
        expected = {"_id": stored["_id"], "version": expected_version}
        with translated():
            try:
                result = resent(lambda _: self._records(collection).update_one(expected, update))
            except DuplicateKeyError as error:
                raise _duplicate(declared, stored["_id"], error) from None
            if result.matched_count == 0 and not self._landed(collection, stored["_id"], token):
                raise Conflict(f"{collection} {stored['_id']} is not at version {expected_version}")

    def put_if_newer(self, collection: str, document: Document, *, sequence: int) -> bool:
        """Insert or replace a copy unless one with the same or a higher `sequence` is there; say whether it was."""
        declared = self._declared(collection)
        stored = checked(declared, {**document, "sequence": sequence})
        token = _new_token()
        update = _replacement(declared, stored, token)
        older = {"_id": stored["_id"], "body.sequence": {"$not": {"$gte": sequence}}}
        records = self._records(collection)
        with translated():
            try:
                resent(lambda _: records.update_one(older, update, upsert=True))
            except DuplicateKeyError as error:
                if _refusing_index(error) != "_id_":
                    raise _duplicate(declared, stored["_id"], error) from None
            else:
                return True
            # It is there: with the same or a higher sequence, or just inserted with a lower one by somebody else.
            result = resent(lambda _: records.update_one(older, update))
            return result.matched_count == 1 or self._landed(collection, stored["_id"], token)

    def delete(self, collection: str, document_id: str, *, expected_version: int | None = None) -> bool:
        """Delete a document; say whether it was there; raises `Conflict` on another version."""
        check_id(self._declared(collection), document_id)
        with translated():
            return resent(lambda again: self._delete(collection, document_id, expected_version) or again)

    def write_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert or replace many documents, one commit per batch; for projections and imports, without events."""
        declared = self._declared(collection)
        token = _new_token()
        writes = [
            UpdateOne({"_id": stored["_id"]}, _replacement(declared, stored, token), upsert=True)
            for stored in [checked(declared, document) for document in documents]
        ]
        with translated():
            for start in range(0, len(writes), DOCUMENTS_PER_BATCH):
                self._write_batch(declared, writes[start : start + DOCUMENTS_PER_BATCH])

    def find(
        self,
        collection: str,
        where: Where,
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 100,
        after: str | None = None,
        fields: Sequence[str] | None = None,
    ) -> Page:
        """Return a page of documents in order, ties broken by `_id`; `after` is an earlier page's `next`."""
        declared = self._declared(collection)
        plan = make_plan(declared, where, sort)
        place = read_cursor(declared, plan.order, after) if after is not None else None
        query = matching(declared, plan, place)
        projection = _projection(declared, plan, fields)
        with translated():
            found = self._records(collection).find(query, projection, sort=keys(plan.order), limit=limit + 1)
            records = list(found.hint(hint(declared, plan)))
        items = [to_document(record) for record in records[:limit]]
        cursor = write_cursor(plan.order, items[-1]) if len(records) > limit and items else None
        return Page([only_fields(item, fields) for item in items] if fields is not None else items, cursor)

    def count(self, collection: str, where: Where, *, limit: int = 10_000) -> int:
        """Count matching documents, stopping at the limit."""
        declared = self._declared(collection)
        plan = make_plan(declared, where)
        with translated():
            return self._records(collection).count_documents(
                matching(declared, plan), limit=limit, hint=hint(declared, plan)
            )

    def sum(self, collection: str, field: str, where: Where, *, by: str) -> dict[Any, int]:
        """Return the sum of an integer field for each value of `by`."""
        declared = self._declared(collection)
        check_sum(declared, field, by)
        plan = make_plan(declared, where)
        group = {"_id": f"${path(by)}", "total": {"$sum": f"${path(field)}"}}
        with translated():
            groups = self._records(collection).aggregate(
                [{"$match": matching(declared, plan)}, {"$group": group}], hint=hint(declared, plan)
            )
            return {row["_id"]: int(row["total"]) for row in groups}

    def claim(
        self, collection: str, where: Where, changes: Mapping[str, Any], *, sort: Sequence[tuple[str, int]] = ()
    ) -> Document | None:
        """Change the first matching document's fields (version + 1) and return it: no two callers get the same one.

        Where the answer is lost, so is the claim: whoever claims puts a time into it after which others may.
        """
        declared = self._declared(collection)
        plan = make_plan(declared, where, sort)
        stored = check_changes(declared, plan, changes)
        update = {"$set": {path(name): value for name, value in stored.items()}, "$inc": {"version": 1}}
        with translated():
            try:
                record = self._records(collection).find_one_and_update(
                    matching(declared, plan),
                    update,
                    projection=WHOLE,
                    sort=keys(plan.order),
                    return_document=ReturnDocument.AFTER,
                    hint=hint(declared, plan),
                )
            except DuplicateKeyError as error:
                raise _duplicate(declared, "the one claimed", error) from None
        return to_document(record) if record else None

    def ping(self) -> None:
        """Do nothing but prove that the store answers; raises `StoreUnavailable`."""
        with translated():
            self._connection.database.command("ping")

    def close(self) -> None:
        """Release connections."""
        self._connection.close()

    def _declared(self, collection: str) -> Collection:
        """Return a collection's declaration; raises `TypeError` for a name that was not declared."""
        try:
            return self._collections[collection]
        except KeyError:
            raise TypeError(f"{self.service} declares no collection {collection!r}") from None

    def _records(self, collection: str) -> Records[Record]:
        """Return a collection's records in MongoDB."""
        return self._connection.database[collection]

    def _ensure_indexes(self) -> None:
        """Create what indexes are missing; none is dropped, since other releases may be running."""
        self._log.ensure_indexes()
        for collection in self._collections.values():
            records = self._records(collection.name)
            try:
                self._fill_unique_keys(collection, records)
                records.create_indexes(index_models(collection))
            except OperationFailure as error:
                if error.code != DUPLICATE_KEY:
                    raise
                refused = f"{collection.name} holds documents that its new unique index does not allow"
                raise ConfigError(refused) from None

    def _fill_unique_keys(self, collection: Collection, records: Records[Record]) -> None:
        """Give older documents the keys of a unique index that has gaps, before that index is first made."""
        gapped = [index for index in collection.indexes if has_gaps(collection, index)]
        if not gapped or {model.document["name"] for model in index_models(collection)} <= set(
            records.index_information()
        ):
            return
        for record in records.find({}, WHOLE):
            document = to_document(record)
            if all(name in document for name in collection.fields):
                unchanged = {"_id": record["_id"], "version": record["version"]}
                records.update_one(unchanged, {"$set": {"unique": unique_keys(collection, document)}})

    def _landed(self, collection: str, document_id: str, token: str) -> bool:
        """Say whether this very write is in the record: its answer was lost, and somebody sent it again."""
        return self._records(collection).find_one({"_id": document_id, "writes": token}, {"_id": 1}) is not None

    def _delete(self, collection: str, document_id: str, expected_version: int | None) -> bool:
        """Delete a record; events that still wait in it are first laid down where the relay finds them."""
        records = self._records(collection)
        for _ in range(DELETE_ATTEMPTS):
            record = records.find_one({"_id": document_id}, {"version": 1, "outbox": 1, "pending": 1})
            if record is None:
                return False
            version = record["version"]
            if expected_version is not None and version != expected_version:
                break
            if record.get("outbox"):
                # The log keeps each event once, so it does no harm that they are in two outboxes for a moment.
                kept = {"_id": _new_token(), "outbox": record["outbox"], "pending": record["pending"]}
                self._records(OUTBOXES).insert_one(kept)
            if records.delete_one({"_id": document_id, "version": version}).deleted_count:
                return True
        raise Conflict(f"{collection} {document_id} is not at version {expected_version}")

    def _write_batch(self, collection: Collection, writes: Sequence[UpdateOne]) -> None:
        """Send a batch; where two processes insert the same id at once, the slower one sends its batch again."""
        records = self._records(collection.name)
        try:
            resent(lambda _: records.bulk_write(writes, ordered=False))
        except BulkWriteError as error:
            errors = error.details.get("writeErrors", [])
            if not all(entry.get("code") == DUPLICATE_KEY for entry in errors) or not errors:
                raise
            refused = next((name for name in map(_index_in, errors) if name != "_id_"), None)
            if refused is not None:
                raise Duplicate(collection.name, unique_names(collection).get(refused, refused)) from None
            records.bulk_write(writes, ordered=False)


def _new_token() -> str:
    """Return what marks one write, or names one outbox: new every time."""
    return uuid.uuid4().hex


def _contents(collection: Collection, document: Document) -> Record:
    """Return the part of a record that every write replaces."""
    contents: Record = {"body": {name: value for name, value in document.items() if name != "_id"}}
    if any(has_gaps(collection, index) for index in collection.indexes):
        contents["unique"] = unique_keys(collection, document)
    return contents


def _replacement(collection: Collection, document: Document, token: str) -> dict[str, Any]:
    """Return the update that replaces a document, raises its version and leaves the token."""
    return {
        "$set": _contents(collection, document),
        "$inc": {"version": 1},
        "$push": {"writes": {"$each": [token], "$slice": -WRITES_REMEMBERED}},
    }


def _outbox(events: Sequence[Event]) -> list[Record]:
    """Return events as they wait in a record, encoded before anything is written; raises `InvalidEvent`."""
    recorded_at = machine_now()
    return [
        {"id": event.id, "type": event.type, "recorded_at": recorded_at, "body": Binary(body)}
        for event, body in zip(events, encode_all(events), strict=True)
    ]


def _projection(collection: Collection, plan: Plan, fields: Sequence[str] | None) -> dict[str, int]:
    """Return what of a record to fetch: the wanted fields and those of the order, which the cursor is made of."""
    if fields is None or not set(fields) <= collection.fields.keys() | {"_id", "version"}:
        return WHOLE
    wanted = {*fields, *(name for name, _ in plan.order)} - {"_id", "version"}
    return {"version": 1, **{path(name): 1 for name in wanted}}


def _duplicate(collection: Collection, document_id: str, error: DuplicateKeyError) -> Duplicate:
    """Return the error without the values that MongoDB puts into it: they may be personal."""
    index = _refusing_index(error)
    return Duplicate(collection.name, document_id if index == "_id_" else unique_names(collection).get(index, index))


def _refusing_index(error: DuplicateKeyError) -> str:
    """Return the name of the index that refused a write."""
    return _index_in({"errmsg": str(error)})


def _index_in(details: Mapping[str, Any]) -> str:
    """Return the index in MongoDB's message."""
    found = REFUSED_BY.search(str(details.get("errmsg", "")))
    return found.group(1) if found else "unknown"
