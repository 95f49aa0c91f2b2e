"""Group commit: who waits is written together, answered after the commit, and harmed by nobody else's mistake."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.errors import StoreUnavailable
from shared.store import group_commit
from shared.store.sqlite_connections import Connections


class Bench:
    """A file with a table, writers in threads, and a leader that can be held in the middle of its transaction."""

    def __init__(self, path: Path) -> None:
        self.connections = Connections(path)
        self.connections.write(lambda connection: connection.execute("CREATE TABLE things (name TEXT UNIQUE)"))
        self.threads = ThreadPoolExecutor(20)
        self._held, self._go_on = threading.Event(), threading.Event()

    def insert(self, name: str, **patience: float) -> Future[str]:
        """Insert a row in a thread of its own."""
        return self.write(lambda connection: _insert(connection, name), **patience)

    def write(self, work: Callable[[sqlite3.Connection], Any], **patience: float) -> Future[Any]:
        """Write in a thread of its own, and return when it has its place behind the leader that is held."""
        waiting = self.connections._writers._waiting
        before = len(waiting)
        future = self.threads.submit(self.connections.write, work, **patience)
        deadline = time.monotonic() + 5
        while len(waiting) == before:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        return future

    def hold(self, then: Callable[[sqlite3.Connection], Any]) -> Future[Any]:
        """Let a leader begin, and stand still in its transaction until `release`."""

        def work(connection: sqlite3.Connection) -> Any:
            self._held.set()
            assert self._go_on.wait(5)
            return then(connection)

        future = self.threads.submit(self.connections.write, work)
        assert self._held.wait(5)
        return future

    def release(self) -> None:
        """Let the leader go on."""
        self._go_on.set()

    def names(self) -> list[str]:
        """What is in the table."""
        rows = self.connections.run(lambda connection: connection.execute("SELECT name FROM things").fetchall())
        return sorted(name for (name,) in rows)


def _insert(connection: sqlite3.Connection, name: str) -> str:
    connection.execute("INSERT INTO things VALUES (?)", (name,))
    return name


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "file.sqlite3")
    yield made
    made.release()
    made.threads.shutdown()
    made.connections.close()


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> list[int]:
    """The size of each transaction from now on."""
    sizes: list[int] = []
    commit = bench.connections._commit

    def counted(works: Any, patience_seconds: float) -> list[Any]:
        sizes.append(len(works))
        return commit(works, patience_seconds)

    monkeypatch.setattr(bench.connections._writers, "_commit", counted)
    return sizes


def test_who_waits_is_written_in_one_transaction_each_with_its_own_result(bench: Bench, groups: list[int]) -> None:
    first = bench.hold(lambda connection: _insert(connection, "first"))
    others = [bench.insert(f"other {number}") for number in range(9)]

    bench.release()

    assert first.result(5) == "first"
    assert [other.result(5) for other in others] == [f"other {number}" for number in range(9)]
    assert groups == [1, 9]
    assert len(bench.names()) == 10


def test_a_lone_writer_commits_at_once(bench: Bench, groups: list[int]) -> None:
    for number in range(3):
        assert bench.connections.write(lambda connection, name=str(number): _insert(connection, name)) == str(number)

    assert groups == [1, 1, 1]


def test_nobody_is_answered_before_the_commit(bench: Bench) -> None:
    bench.hold(lambda connection: _insert(connection, "first"))
    committed: list[bool] = []

    def insert_and_look(name: str) -> None:
        bench.connections.write(lambda connection: _insert(connection, name))
        committed.append(name in bench.names())  # read over another connection, so only what is committed

    futures = [bench.threads.submit(insert_and_look, str(number)) for number in range(8)]
    bench.release()

    for future in futures:
        future.result(5)
    assert committed == [True] * 8


def test_what_one_does_wrong_changes_nothing_for_the_others(bench: Bench, groups: list[int]) -> None:
    bench.hold(lambda connection: _insert(connection, "first"))
    before, wrong, after = (bench.insert(name) for name in ("before", "first", "after"))

    bench.release()

    assert (before.result(5), after.result(5)) == ("before", "after")
    with pytest.raises(sqlite3.IntegrityError):
        wrong.result(5)
    assert bench.names() == ["after", "before", "first"]
    assert groups == [1, 3, 1, 1, 1]


def test_half_of_a_work_is_never_kept_beside_the_others(bench: Bench) -> None:
    def halfway(connection: sqlite3.Connection) -> None:
        _insert(connection, "half")
        raise ValueError("halfway")

    bench.hold(lambda connection: _insert(connection, "first"))
    beside, broken = bench.insert("beside"), bench.write(halfway)

    bench.release()

    assert beside.result(5) == "beside"
    with pytest.raises(ValueError, match="halfway"):
        broken.result(5)
    assert bench.names() == ["beside", "first"]


def test_who_waits_too_long_is_told_so_and_nothing_of_it_is_written(bench: Bench) -> None:
    first = bench.hold(lambda connection: _insert(connection, "first"))
    impatient = bench.insert("impatient", patience_seconds=0.1)

    with pytest.raises(StoreUnavailable, match="locked"):
        impatient.result(5)
    bench.release()

    assert first.result(5) == "first"
    assert bench.connections.write(lambda connection: _insert(connection, "later")) == "later"
    assert bench.names() == ["first", "later"]


def test_a_leader_that_is_killed_leaves_the_others_to_the_next(bench: Bench, groups: list[int]) -> None:
    def killed(_: sqlite3.Connection) -> None:
        raise SystemExit  # as a greenthread is killed: no `Exception`

    bench.hold(lambda connection: _insert(connection, "first"))
    dying = bench.write(killed)
    others = [bench.insert(str(number)) for number in range(3)]

    bench.release()

    with pytest.raises(SystemExit):
        dying.result(5)
    assert [other.result(5) for other in others] == ["0", "1", "2"]
    assert bench.names() == ["0", "1", "2", "first"]
    assert groups == [1, 4, 3]


@pytest.mark.parametrize("leads", [True, False])
def test_a_writer_that_is_killed_while_it_waits_stops_nobody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, leads: bool
) -> None:
    bench.hold(lambda connection: _insert(connection, "first"))
    wait, waits = group_commit.Turn.wait, threading.Event()

    def killed(turn: group_commit.Turn, seconds: float = -1) -> bool:
        waits.set()
        assert not leads or wait(turn, seconds)
        raise SystemExit

    monkeypatch.setattr(group_commit.Turn, "wait", killed)
    dying = bench.threads.submit(bench.connections.write, lambda connection: _insert(connection, "dying"))
    assert waits.wait(5)
    monkeypatch.setattr(group_commit.Turn, "wait", wait)
    next_one = bench.threads.submit(bench.connections.write, lambda connection: _insert(connection, "next"))
    bench.release()

    assert next_one.result(5) == "next"
    with pytest.raises(SystemExit):
        dying.result(5)
    assert bench.names() == ["first", "next"]
    assert bench.connections.write(lambda connection: _insert(connection, "later")) == "later"


def test_a_file_that_stays_locked_is_told_to_all_who_wait(bench: Bench, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "file.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    def insert(name: str) -> str:
        return bench.connections.write(lambda connection: _insert(connection, name), patience_seconds=0.3)

    futures = [bench.threads.submit(insert, str(number)) for number in range(4)]

    for future in futures:
        with pytest.raises(StoreUnavailable, match="locked"):
            future.result(5)
    other.execute("ROLLBACK")
    other.close()
    assert bench.names() == []
    assert insert("later") == "later"
