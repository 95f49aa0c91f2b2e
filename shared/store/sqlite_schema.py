"""Tables of a service's SQLite file: made, and grown when a declaration has gained a field or an index.

A collection is a table of `_id`, `version`, `body` (JSON) and its declared fields as real columns, without a declared
type so that values stay exactly what they are. Arrays live in a side table of their own. A file that already fits is
only read: many processes may start at once.
"""

import functools
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.errors import ConfigError
from shared.store.documents import from_json, to_milliseconds
from shared.store.plan import index_keys, index_name, partial_on
from shared.store.port import ASCENDING, Collection, FieldType, Index
from shared.store.sqlite_connections import Connections

PATIENCE_WITH_GROWTH_SECONDS = 60.0
"""Another process may be filling a new column of a million documents."""

MOST_ROWS = 100
"""Of one statement: SQLite takes 32,766 parameters, and keeps each length of statement that it was given."""

SYSTEM_TABLES = (
    """CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        event_id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        body BLOB NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)


def ensure_tables(connections: Connections, collections: Iterable[Collection]) -> None:
    """Make the file fit the declarations; raises `ConfigError` where its documents contradict a unique index."""
    wanted = {collection.name: _fingerprint(collection) for collection in collections}

    def known(connection: sqlite3.Connection) -> dict[str, str]:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'state'").fetchone():
            return {}
        return dict(connection.execute("SELECT substr(name, 12), value FROM state WHERE name LIKE 'collection:%'"))

    def grow(connection: sqlite3.Connection) -> None:
        for statement in SYSTEM_TABLES:
            connection.execute(statement)
        before = known(connection)
        for collection in collections:
            if before.get(collection.name) != wanted[collection.name]:
                _grow(connection, collection, json.loads(before.get(collection.name, "{}")).get("fields", {}))
                connection.execute(
                    "INSERT OR REPLACE INTO state VALUES (?, ?)",
                    (f"collection:{collection.name}", wanted[collection.name]),
                )

    if not wanted.items() <= connections.run(known).items() or not wanted:
        connections.write(grow, patience_seconds=PATIENCE_WITH_GROWTH_SECONDS)


def column_value(kind: FieldType, value: Any) -> Any:
    """Return a scalar as its column holds it: instants are milliseconds, booleans 0 and 1."""
    if kind == "instant" and value is not None:
        return to_milliseconds(value)
    return int(value) if kind == "boolean" and value is not None else value


@functools.cache
def columns(collection: Collection) -> Mapping[str, FieldType]:
    """Return the declared fields that are columns of the table: all but the arrays."""
    return {name: kind for name, kind in collection.fields.items() if kind != "texts"}


@functools.cache
def arrays(collection: Collection) -> tuple[str, ...]:
    """Return the declared fields that live in the side table."""
    return tuple(name for name, kind in collection.fields.items() if kind == "texts")


def write_arrays(connection: sqlite3.Connection, collection: Collection, document: Mapping[str, Any]) -> None:
    """Replace a document's rows in the side table."""
    if arrays(collection):
        connection.execute(f'DELETE FROM "{collection.name}__texts" WHERE owner = ?', (document["_id"],))  # noqa: S608 — checked name
        add_arrays(connection, collection, [document])


def add_arrays(connection: sqlite3.Connection, collection: Collection, documents: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows of the side table of documents that have none there."""
    rows = [
        (name, value, document["_id"])
        for document in documents
        for name in arrays(collection)
        for value in document.get(name) or ()
    ]
    insert_rows(connection, f'INSERT OR IGNORE INTO "{collection.name}__texts"', rows)


def insert_rows(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of one length: `MOST_ROWS` with each statement, not one."""
    for start in range(0, len(rows), MOST_ROWS):
        some = rows[start : start + MOST_ROWS]
        marks = _marks(len(some), len(some[0]))
        connection.execute(f"{insert} VALUES {marks}", [value for row in some for value in row])


@functools.cache
def _marks(rows: int, values: int) -> str:
    """Return the parameter marks of so many rows of so many values."""
    return ", ".join([f"({', '.join('?' * values)})"] * rows)


def _fingerprint(collection: Collection) -> str:
    """Return what of a declaration the table depends on."""
    indexes = sorted(index_name(collection, index) for index in collection.indexes)
    return json.dumps({"fields": dict(sorted(collection.fields.items())), "indexes": indexes})


def _grow(connection: sqlite3.Connection, collection: Collection, known: Mapping[str, str]) -> None:
    """Add what the table lacks, fill it from the bodies, and replace indexes that are no longer declared."""
    table = collection.name
    connection.execute(
        f'CREATE TABLE IF NOT EXISTS "{table}"'
        " (_id TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL)"
    )
    if arrays(collection):
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS "{table}__texts" (field TEXT NOT NULL, value TEXT NOT NULL,'
            " owner TEXT NOT NULL, PRIMARY KEY (field, value, owner)) WITHOUT ROWID"
        )
        connection.execute(f'CREATE INDEX IF NOT EXISTS "{table}__owners" ON "{table}__texts" (owner)')
    present = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    for name in columns(collection):
        if name not in present:
            connection.execute(f'ALTER TABLE "{table}" ADD COLUMN "{name}"')
    new = [name for name, kind in collection.fields.items() if known.get(name) != kind]
    if new:
        _fill(connection, collection, new)
    _replace_indexes(connection, collection)


def _fill(connection: sqlite3.Connection, collection: Collection, names: list[str]) -> None:
    """Fill new columns from the bodies; a document older than the field has no value there until it is saved again."""
    scalars = [name for name in names if name in columns(collection)]
    assignments = ", ".join(f'"{name}" = ?' for name in scalars)
    update = f'UPDATE "{collection.name}" SET {assignments} WHERE _id = ?'  # noqa: S608 — declared names
    batch = f'SELECT _id, body FROM "{collection.name}" WHERE _id > ? ORDER BY _id LIMIT 1000'  # noqa: S608 — declared
    rows = connection.execute(batch, ("",)).fetchall()
    while rows:
        for document_id, body in rows:
            document = from_json(body)
            if scalars:
                values = [column_value(collection.fields[name], document.get(name)) for name in scalars]
                connection.execute(update, [*values, document_id])
            write_arrays(connection, collection, {**document, "_id": document_id})
        rows = connection.execute(batch, (rows[-1][0],)).fetchall()


def _replace_indexes(connection: sqlite3.Connection, collection: Collection) -> None:
    """Create the declared indexes and drop the others of ours: a unique one left behind would go on refusing."""
    table = collection.name
    kinds = collection.fields
    wanted = {
        index_name(collection, index): index
        for index in collection.indexes
        if not any(kinds.get(name) == "texts" for name in index.equal)  # arrays are looked up in the side table
    }
    present = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (table,)
        )
        if name.startswith(f"{table}__")
    }
    for name in present - wanted.keys():
        connection.execute(f'DROP INDEX "{name}"')
    for name in wanted.keys() - present:
        statement = _index_statement(collection, wanted[name], name)
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError as error:
            raise ConfigError(f"{table} holds documents that its new unique index does not allow: {error}") from error


def _index_statement(collection: Collection, index: Index, name: str) -> str:
    """Return the SQL of an index."""
    keys = [f'"{key}"' if direction == ASCENDING else f'"{key}" DESC' for key, direction in index_keys(index)]
    conditions = [f'"{field}" IS NOT NULL' for field in partial_on(collection, index)]
    if index.only_while:
        conditions.append(f'"{index.only_while}" = 1')
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f'CREATE {"UNIQUE " if index.unique else ""}INDEX "{name}" ON "{collection.name}" ({", ".join(keys)}){where}'
