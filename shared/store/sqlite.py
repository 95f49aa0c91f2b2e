"""The document store in one SQLite file per service: the store of the embedded mode, and of every unit test.

A document and its events are committed in one transaction, so the outbox needs no mechanism: the `events` table is the
log, its AUTOINCREMENT position the order. `synchronous=FULL` makes every commit survive a power cut; writers who wait
for one another share it (`group_commit.py`).
"""

import functools
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from shared.clock import machine_now
from shared.contracts.envelope import Event, encode_all
from shared.errors import Conflict, Duplicate, StoreUnavailable
from shared.store.claims import check_changes
from shared.store.cursors import read_cursor, write_cursor
from shared.store.documents import (
    check_collections,
    check_id,
    checked,
    from_json,
    from_milliseconds,
    only_fields,
    to_json,
    to_milliseconds,
)
from shared.store.plan import REMEMBERED_SHAPES, Order, check_sum, make_plan
from shared.store.port import Collection, Document, Page, Where
from shared.store.sqlite_connections import Connections
from shared.store.sqlite_log import SqliteLog
from shared.store.sqlite_query import Query
from shared.store.sqlite_schema import (
    add_arrays,
    arrays,
    column_value,
    columns,
    ensure_tables,
    insert_rows,
    write_arrays,
)

T = TypeVar("T")
EventRow: TypeAlias = tuple[str, str, int, bytes]
DOCUMENTS_PER_COMMIT = 500
"""A batch short enough that other writers of the file get their turn."""


class SqliteStore:
    """One service's documents in `<folder>/<service>.sqlite3`."""

    def __init__(
        self, folder: Path, service: str, collections: Sequence[Collection], *, is_durable: bool = True
    ) -> None:
        self.service = service
        self._collections = check_collections(collections)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"{folder}: {error.strerror}") from error
        self._connections = Connections(folder / f"{service}.sqlite3", is_durable=is_durable)
        self._log = SqliteLog(self._connections)
        ensure_tables(self._connections, tuple(self._collections.values()))

    @property
    def log(self) -> SqliteLog:
        """The append-only log of this store's events."""
        return self._log

    def get(self, collection: str, document_id: str) -> Document | None:
        """Return one document by its id."""
        check_id(self._declared(collection), document_id)
        sql = f'SELECT _id, version, body FROM "{collection}" WHERE _id = ?'  # noqa: S608 — a declared name
        row = self._connections.run(lambda connection: connection.execute(sql, (document_id,)).fetchone())
        return _document(row) if row else None

    def insert(self, collection: str, document: Document, events: Sequence[Event] = ()) -> None:
        """Store a new document with its events in one act; raises `Duplicate` for a known id or unique value."""
        declared = self._declared(collection)
        self._write(declared, Insertion(declared, checked(declared, document), _event_rows(events)))

    def save(self, collection: str, document: Document, *, expected_version: int, events: Sequence[Event] = ()) -> None:
        """Replace a document with its events in one act; raises `Conflict` unless its version is the expected one."""
        declared = self._declared(collection)
        stored = checked(declared, document)
        rows = _event_rows(events)

        def write(connection: sqlite3.Connection) -> None:
            if not _replace(connection, declared, stored, "AND version = ?", expected_version):
                raise Conflict(f"{collection} {stored['_id']} is not at version {expected_version}")
            _append(connection, rows)

        self._write(declared, write)

    def put_if_newer(self, collection: str, document: Document, *, sequence: int) -> bool:
        """Insert or replace a copy unless one with the same or a higher `sequence` is there; say whether it was."""
        declared = self._declared(collection)
        stored = checked(declared, {**document, "sequence": sequence})

        def write(connection: sqlite3.Connection) -> bool:
            sql = f'SELECT body FROM "{collection}" WHERE _id = ?'  # noqa: S608 — a declared name
            row = connection.execute(sql, (stored["_id"],)).fetchone()
            if row is None:
                _insert(connection, declared, [stored])
                return True
            present = from_json(row[0]).get("sequence")
            if present is not None and present >= sequence:
                return False
            return _replace(connection, declared, stored)

        return self._write(declared, write)

    def delete(self, collection: str, document_id: str, *, expected_version: int | None = None) -> bool:
        """Delete a document; say whether it was there; raises `Conflict` on another version."""
        declared = self._declared(collection)
        check_id(declared, document_id)

        def write(connection: sqlite3.Connection) -> bool:
            sql = f'SELECT version FROM "{collection}" WHERE _id = ?'  # noqa: S608 — a declared name
            row = connection.execute(sql, (document_id,)).fetchone()
            if row is None:
                return False
            if expected_version is not None and row[0] != expected_version:
                raise Conflict(f"{collection} {document_id} is not at version {expected_version}")
            connection.execute(f'DELETE FROM "{collection}" WHERE _id = ?', (document_id,))  # noqa: S608 — a declared name
            write_arrays(connection, declared, {"_id": document_id})
            return True

        return self._write(declared, write)

    def write_many(self, collection: str, documents: Sequence[Document]) -> None:
        """Insert or replace many documents, one commit per batch; for projections and imports, without events."""
        declared = self._declared(collection)
        stored = [checked(declared, document) for document in documents]
        for start in range(0, len(stored), DOCUMENTS_PER_COMMIT):
            batch = stored[start : start + DOCUMENTS_PER_COMMIT]
            self._write(declared, functools.partial(_put, collection=declared, documents=batch))

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
        query = Query(declared, plan, read_cursor(declared, plan.order, after) if after is not None else None)
        names = _columns_for(declared, plan.order, tuple(fields)) if fields is not None else ()
        wanted = ", ".join(f'"{name}"' for name in names) if names else "body"
        sql = (
            f"SELECT _id, version, {wanted} FROM {query.source} WHERE {query.where}"  # noqa: S608 — made of declared names
            f" ORDER BY {query.order} LIMIT {limit + 1:d}"
        )
        rows = self._connections.run(lambda connection: connection.execute(sql, query.parameters).fetchall())
        items = [_of_columns(declared, names, row) if names else _document(row) for row in rows[:limit]]
        cursor = write_cursor(plan.order, items[-1]) if len(rows) > limit and items else None
        return Page([only_fields(item, fields) for item in items] if fields is not None else items, cursor)

    def count(self, collection: str, where: Where, *, limit: int = 10_000) -> int:
        """Count matching documents, stopping at the limit."""
        query = self._query(collection, where)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {query.source} WHERE {query.where} LIMIT {limit:d})"  # noqa: S608 — made of declared names
        row = self._connections.run(lambda connection: connection.execute(sql, query.parameters).fetchone())
        return int(row[0])

    def sum(self, collection: str, field: str, where: Where, *, by: str) -> dict[Any, int]:
        """Return the sum of an integer field for each value of `by`."""
        declared = self._declared(collection)
        check_sum(declared, field, by)
        query = self._query(collection, where)
        sql = (
            f'SELECT "{by}", COALESCE(SUM("{field}"), 0) FROM {query.source} WHERE {query.where}'  # noqa: S608 — made of declared names
            f' GROUP BY "{by}"'
        )
        rows = self._connections.run(lambda connection: connection.execute(sql, query.parameters).fetchall())
        return {_value(declared, by, key): int(total) for key, total in rows}

    def claim(
        self, collection: str, where: Where, changes: Mapping[str, Any], *, sort: Sequence[tuple[str, int]] = ()
    ) -> Document | None:
        """Change the first matching document's fields (version + 1) and return it: no two callers get the same one."""
        declared = self._declared(collection)
        plan = make_plan(declared, where, sort)
        stored_changes = check_changes(declared, plan, changes)
        query = Query(declared, plan)
        sql = (
            f"SELECT _id, version, body FROM {query.source} WHERE {query.where}"  # noqa: S608 — made of declared names
            f" ORDER BY {query.order} LIMIT 1"
        )

        def first(connection: sqlite3.Connection) -> Document | None:
            row = connection.execute(sql, query.parameters).fetchone()
            return _document(row) if row else None

        def write(connection: sqlite3.Connection) -> Document | None:
            found = first(connection)
            if found is None:
                return None
            claimed = {**found, **stored_changes, "version": found["version"] + 1}
            _replace(connection, declared, claimed)
            return claimed

        if self._connections.run(first) is None:
            return None  # timers ask often and mostly for nothing: that shall not cost the write lock
        return self._write(declared, write)

    def ping(self) -> None:
        """Do nothing but prove that the store answers; raises `StoreUnavailable`."""
        self._connections.run(lambda connection: connection.execute("SELECT 1 FROM state LIMIT 1").fetchone())

    def close(self) -> None:
        """Release connections."""
        self._connections.close()

    def _declared(self, collection: str) -> Collection:
        """Return a collection's declaration; raises `TypeError` for a name that was not declared."""
        try:
            return self._collections[collection]
        except KeyError:
            raise TypeError(f"{self.service} declares no collection {collection!r}") from None

    def _query(self, collection: str, where: Where) -> Query:
        """Return the query of a count or sum."""
        declared = self._declared(collection)
        return Query(declared, make_plan(declared, where))

    def _write(self, collection: Collection, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return what the work returns, in one transaction; raises `Duplicate` for what is not unique."""
        try:
            return self._connections.write(work)
        except sqlite3.IntegrityError as error:
            raise Duplicate(collection.name, _unique_fields(collection, error)) from error


@dataclass(frozen=True)
class Insertion:
    """The work of storing a new document with its events; several into one collection take no more statements than one.

    Each statement lets go of the interpreter and has to wait for it again, behind all who compute meanwhile, while all
    who want to write wait for this: it is the number of statements that decides how many documents a second there are.
    """

    collection: Collection
    document: Document
    events: Sequence[EventRow]

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Insert the document; raises `Duplicate`."""
        self.together(connection, [self])

    @property
    def together(self) -> "Callable[[sqlite3.Connection, Sequence[Insertion]], list[None]]":
        """What inserts several into this collection."""
        return _inserting(self.collection)


@functools.cache
def _inserting(collection: Collection) -> Callable[[sqlite3.Connection, Sequence[Insertion]], list[None]]:
    """Return what does several insertions into a collection: the same for each of them."""

    def together(connection: sqlite3.Connection, works: Sequence[Insertion]) -> list[None]:
        _insert(connection, collection, [work.document for work in works])
        _append(connection, [row for work in works for row in work.events])
        return [None] * len(works)

    return together


def _document(row: tuple[str, int, str]) -> Document:
    """Return the document in a row."""
    return {"_id": row[0], **from_json(row[2]), "version": row[1]}


@functools.lru_cache(maxsize=REMEMBERED_SHAPES)
def _columns_for(collection: Collection, order: Order, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns to read where they answer for the body: a list of thousands unpacks no JSON then."""
    if not set(fields) <= columns(collection).keys() | {"_id", "version"}:
        return ()
    return tuple({name: None for name in (*fields, *(name for name, _ in order)) if name not in {"_id", "version"}})


def _of_columns(collection: Collection, names: Sequence[str], row: Sequence[Any]) -> Document:
    """Return the part of a document that was read from its columns."""
    values = {name: _value(collection, name, column) for name, column in zip(names, row[2:], strict=True)}
    return {"_id": row[0], "version": row[1], **values}


def _value(collection: Collection, name: str, column: Any) -> Any:
    """Return a column's value as documents have it."""
    if column is None:
        return None
    kind = collection.fields[name]
    if kind == "instant":
        return from_milliseconds(column)
    return bool(column) if kind == "boolean" else column


def _cells(collection: Collection, document: Document) -> list[Any]:
    """Return the values of a document's row: the body, then its columns."""
    body = {name: value for name, value in document.items() if name not in {"_id", "version"}}
    return [
        to_json(body),
        *[column_value(kind, document.get(name)) for name, kind in columns(collection).items()],
    ]


@functools.cache
def _insertion(collection: Collection, count: int) -> str:
    """Return the SQL that inserts so many documents, made once, with each one's id and `_cells` as parameters."""
    names = ["body", *columns(collection)]
    quoted = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join([f"(?, 1, {', '.join('?' * len(names))})"] * count)
    return f'INSERT INTO "{collection.name}" (_id, version, {quoted}) VALUES {marks}'  # noqa: S608 — declared names


@functools.cache
def _replacement(collection: Collection, only: str) -> str:
    """Return the SQL of a replacement, made once, with `_cells`, the id and those of `only` as parameters."""
    assignments = ", ".join(f'"{name}" = ?' for name in ["body", *columns(collection)])
    return f'UPDATE "{collection.name}" SET version = version + 1, {assignments} WHERE _id = ? {only}'  # noqa: S608 — declared names


def _insert(connection: sqlite3.Connection, collection: Collection, documents: Sequence[Document]) -> None:
    """Insert checked documents at version 1; raises `Duplicate`, which says what exists where it is one document."""
    cells = [cell for document in documents for cell in (document["_id"], *_cells(collection, document))]
    try:
        connection.execute(_insertion(collection, len(documents)), cells)
    except sqlite3.IntegrityError as error:
        raise Duplicate(collection.name, _what_exists(connection, collection, documents[0]["_id"], error)) from error
    add_arrays(connection, collection, documents)


def _replace(
    connection: sqlite3.Connection, collection: Collection, document: Document, only: str = "", *parameters: Any
) -> bool:
    """Replace a checked document and raise its version by one; say whether there was one that fits `only`."""
    values = [*_cells(collection, document), document["_id"], *parameters]
    cursor = connection.execute(_replacement(collection, only), values)
    if cursor.rowcount == 0:
        return False
    if arrays(collection):
        write_arrays(connection, collection, document)
    return True


def _put(connection: sqlite3.Connection, *, collection: Collection, documents: Iterable[Document]) -> None:
    """Insert or replace checked documents."""
    for document in documents:
        if not _replace(connection, collection, document):
            _insert(connection, collection, [document])


def _event_rows(events: Sequence[Event]) -> list[EventRow]:
    """Return events as rows of the log, encoded before anything is written; raises `InvalidEvent`."""
    recorded_at = to_milliseconds(machine_now())
    bodies = encode_all(events)
    return [(event.id, event.type, recorded_at, body) for event, body in zip(events, bodies, strict=True)]


def _append(connection: sqlite3.Connection, rows: Sequence[EventRow]) -> None:
    """Append events to the log in the document's own transaction."""
    insert_rows(connection, "INSERT INTO events (event_id, type, recorded_at, body)", rows)


def _what_exists(
    connection: sqlite3.Connection, collection: Collection, document_id: str, error: sqlite3.IntegrityError
) -> str:
    """Return what was not unique: the id before all else, or the names of fields, whose values may be personal."""
    present = f'SELECT 1 FROM "{collection.name}" WHERE _id = ?'  # noqa: S608 — a declared name
    if connection.execute(present, (document_id,)).fetchone():
        return document_id
    return _unique_fields(collection, error)


def _unique_fields(collection: Collection, error: sqlite3.IntegrityError) -> str:
    """Return the names of the fields whose unique index refused."""
    _, _, failed = str(error).partition("failed: ")
    return ", ".join(name.strip().removeprefix(f"{collection.name}.") for name in failed.split(","))
