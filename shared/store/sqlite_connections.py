"""Connections to one SQLite file: a small pool, a wait for its lock, and SQLite's errors in this project's words.

A pool and not a connection per thread: in a patched process every greenthread is a "thread", and each would leave a
connection behind. SQLite itself never waits for a lock: that would stop the whole hub, and a whole millisecond at the
least. The wait is `time.sleep`, which yields where it is patched. Connections never cross a fork.
"""

import os
import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from shared.errors import StoreUnavailable
from shared.store.group_commit import Work, Writers, do_all

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.0005
LONGEST_PAUSE_SECONDS = 0.05
PAUSE_GROWTH = 1.3
"""Between two looks at a lock that another process holds: a transaction takes it for a millisecond or two. Two web
processes accept 1.5 times as many reports a second as with SQLite's own pauses, of 1, 2, 5, 10 and 15 ms."""

PATIENCE_SECONDS = 5.0
"""How long a call waits for its turn to write in all, before the store counts as not answering."""

PAGES_BEFORE_CHECKPOINT = 4000
"""16 MB of log before its pages are copied into the file; SQLite's own thousand are full after fifty reports, and a
page that was written fifty times is copied once."""

IDLE_CONNECTIONS = 8
"""More at once than this are opened when needed and closed again."""

BUSY_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
UNAVAILABLE_CODES = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
}
PRIMARY_CODE = 0xFF
"""SQLite's extended codes keep the primary one in their lowest byte."""


class Connections:
    """A pool of connections to one file; `run` and `write` are the only ways to use one."""

    def __init__(self, path: Path, *, is_durable: bool = True) -> None:
        self.path = path
        self._synchronous = "FULL" if is_durable else "OFF"
        self._idle: list[sqlite3.Connection] = []
        self._watcher: sqlite3.Connection | None = None
        self._writers = Writers(self._commit)
        self._before_fork: list[object] = []
        self._process = os.getpid()

    def open(self) -> sqlite3.Connection:
        """Return a new connection, which the caller closes; raises `sqlite3.Error`."""
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BEFORE_CHECKPOINT}")
        except BaseException:
            connection.close()
            raise
        return connection

    def run(self, work: Callable[[sqlite3.Connection], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
        """Return what the work returns, done again while the file is locked; raises `StoreUnavailable`."""
        give_up_at = time.monotonic() + patience_seconds
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                connection = self._borrow()
                try:
                    return work(connection)
                finally:
                    self._give_back(connection)
            except sqlite3.DatabaseError as error:
                code = (getattr(error, "sqlite_errorcode", None) or 0) & PRIMARY_CODE
                if code in UNAVAILABLE_CODES:
                    raise StoreUnavailable(f"{self.path}: {error}") from error
                if code not in BUSY_CODES:
                    raise
                if time.monotonic() >= give_up_at:
                    raise StoreUnavailable(f"{self.path} was locked for {patience_seconds:.1f} s") from error
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 — spreading retries is no cryptography
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)

    def write(self, work: Callable[[sqlite3.Connection], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
        """Return what the work returns, all of it in one transaction that commits or leaves nothing behind.

        The transaction may hold other callers' works too; this one may be done again, so it must only use its
        connection.
        """
        # One writer of this process at a time asks SQLite for the lock: fifty that look for it again and again would
        # keep one another from it. The others wait for their turn, and are written with whoever has it.
        self._after_fork()
        return self._writers.write(work, patience_seconds=patience_seconds)

    def _commit(self, works: Sequence[Work], patience_seconds: float) -> list[Any]:
        """Return what the works return, all of them in one transaction."""

        def in_transaction(connection: sqlite3.Connection) -> list[Any]:
            connection.execute("BEGIN IMMEDIATE")
            try:
                results = do_all(works, connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return results

        return self.run(in_transaction, patience_seconds=patience_seconds)

    def data_version(self) -> tuple[int, int]:
        """Return what changes when anybody commits: its own connection never writes, so it sees all others.

        The number means something to that connection only, so the process that opened it is part of the answer.
        """

        def ask(_: sqlite3.Connection) -> tuple[int, int]:
            if self._watcher is None:
                self._watcher = self.open()
            return self._process, int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

        return self.run(ask)

    def close(self) -> None:
        """Close the idle connections."""
        self._after_fork()
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        while self._idle:
            self._idle.pop().close()

    def _borrow(self) -> sqlite3.Connection:
        """Return a connection for one piece of work; list operations are atomic, so no lock is needed."""
        self._after_fork()
        try:
            return self._idle.pop()
        except IndexError:
            return self.open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        """Keep a connection for the next piece of work, or close it where it is of no use or one too many."""
        if connection.in_transaction or len(self._idle) >= IDLE_CONNECTIONS:
            connection.close()
        else:
            self._idle.append(connection)

    def _after_fork(self) -> None:
        """Leave a parent's connections alone in a child: even closing them would release the parent's locks."""
        if self._process != os.getpid():
            self._before_fork += [self._idle, self._watcher]
            self._idle, self._watcher = [], None
            self._writers = Writers(self._commit)
            self._process = os.getpid()
