"""Copies of all SQLite files of one folder as they were at one instant, taken while everybody goes on writing.

Services live in files of their own and know of each other through events; copies of different instants would hold a
consumer's work without the event behind it. So for a moment, some milliseconds, all files are locked against writers
together, and in that moment a reader is placed on each: SQLite's write-ahead log keeps what a reader sees. Then writers
go on, and the copies are made from the readers. What comes out is what a power cut at that instant would have left.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from shared.errors import StoreUnavailable

SUFFIX = ".sqlite3"
LOCK_SECONDS = 10.0
"""How long to wait for each file's writers; a transaction of ours takes milliseconds."""


def copy_at_one_instant(folder: Path, into: Path) -> list[Path]:
    """Copy every store of a folder, verified, and return the copies; raises `StoreUnavailable`."""
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise StoreUnavailable(f"there is no store in {folder}")
    into.mkdir(parents=True)
    copies = []
    try:
        with contextlib.ExitStack() as readers:
            with contextlib.ExitStack() as locks:
                for file in files:
                    locks.enter_context(_locked(file))
                placed = [readers.enter_context(_reader(file)) for file in files]
            for file, reader in zip(files, placed, strict=True):
                copies.append(into / file.name)
                _copy(reader, copies[-1])
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the stores in {folder} can't be copied: {error}") from error
    return copies


@contextlib.contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection without transactions of its own."""
    connection = sqlite3.connect(file, timeout=LOCK_SECONDS, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Keep writers out of a file."""
    with _connected(file) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextlib.contextmanager
def _reader(file: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that goes on seeing the file as it is now."""
    with _connected(file) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        yield connection


def _copy(reader: sqlite3.Connection, path: Path) -> None:
    """Copy what a reader sees into a file that stands alone, and verify it."""
    with _connected(path) as copy:
        # The backup reads within the reader's own transaction, so it sees the reader's instant however long it takes.
        reader.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        found = copy.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise StoreUnavailable(f"the copy of {path.name} is not whole: {found}")
    _sync(path)


def _sync(path: Path) -> None:
    """Make a file durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
