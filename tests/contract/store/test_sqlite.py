"""What only the SQLite adapter has to get right: locks, forks, threads, files that are no database, and the planner."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.envelope import decode
from shared.errors import ConfigError, Duplicate, StoreUnavailable
from shared.store import Collection, Document, HasAny, In, Index, Range, open_store, sqlite_connections
from shared.store.plan import make_plan
from shared.store.sqlite import SqliteStore
from shared.store.sqlite_query import Query
from tests.contract.store.samples import NOON, THINGS, an_event, ids, logged, thing


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path, "reports", [THINGS])) as opened:
        yield opened


@pytest.mark.parametrize(
    ("where", "sort"),
    [
        ({}, ()),
        ({"_id": Range("a")}, (("_id", -1),)),
        ({"crew": "north"}, ()),
        ({"crew": "north"}, (("due_at", 1), ("kg", -1))),
        ({"crew": "north", "due_at": Range(NOON)}, ()),
        ({"crew": "north", "due_at": NOON, "kg": Range(1, 2)}, ()),
        ({"crew": None}, ()),
        ({"open": True}, (("due_at", -1),)),
        ({"open": False, "crew": "north"}, ()),
        ({"kg": 1}, (("_id", -1),)),
        ({"reference": "FT-001"}, ()),
        ({"serial": "S1"}, ()),
        ({}, (("reference", -1),)),
    ],
)
def test_a_planned_query_neither_scans_nor_sorts(
    store: SqliteStore, where: dict[str, Any], sort: tuple[tuple[str, int], ...]
) -> None:
    steps = explained(store, where, sort)

    assert all("USING INDEX" in step or "USING COVERING INDEX" in step for step in steps), steps


@pytest.mark.parametrize(
    "where", [{"words": HasAny(["bag", "tyre"])}, {"crew": In(["north", "south"])}, {"_id": In(["a", "b"])}]
)
def test_several_values_are_looked_up_one_by_one(store: SqliteStore, where: dict[str, Any]) -> None:
    steps = explained(store, where, ())

    assert steps[0].startswith("SEARCH things USING INDEX")
    assert not any(step.startswith("SCAN") for step in steps)


def explained(store: SqliteStore, where: dict[str, Any], sort: tuple[tuple[str, int], ...]) -> list[str]:
    """The steps in which SQLite would answer a query."""
    query = Query(THINGS, make_plan(THINGS, where, sort))
    sql = f"EXPLAIN QUERY PLAN SELECT body FROM {query.source} WHERE {query.where} ORDER BY {query.order} LIMIT 10"
    rows = store._connections.run(lambda connection: connection.execute(sql, query.parameters).fetchall())
    return [row[3] for row in rows]


def test_a_commit_is_durable_and_readers_do_not_wait_for_writers(store: SqliteStore) -> None:
    def settings(connection: sqlite3.Connection) -> list[Any]:
        names = ("journal_mode", "synchronous", "wal_autocheckpoint")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert store._connections.run(settings) == ["wal", 2, sqlite_connections.PAGES_BEFORE_CHECKPOINT]


def test_a_writer_waits_for_another(store: SqliteStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "reports.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    started = time.monotonic()

    store.insert("things", thing(1))

    assert time.monotonic() - started >= 0.25
    release.join()
    other.close()


def test_a_file_that_stays_locked_is_unavailable_but_still_read(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connections.Connections.write, "__kwdefaults__", {"patience_seconds": 0.2})
    store.insert("things", thing(1))
    other = sqlite3.connect(tmp_path / "reports.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="locked"):
        store.insert("things", thing(2))

    assert store.get("things", "thing-001") is not None
    other.execute("ROLLBACK")
    other.close()
    store.insert("things", thing(2))


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "reports.sqlite3").write_bytes(b"not a database" * 100)

    with pytest.raises(StoreUnavailable, match=r"reports\.sqlite3"):
        SqliteStore(tmp_path, "reports", [THINGS])


def test_a_folder_that_can_t_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="file"):
        SqliteStore(tmp_path / "file" / "store", "reports", [THINGS])


def test_an_error_halfway_leaves_nothing_behind(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    event = an_event()
    store.insert("things", thing(1), [event])

    with pytest.raises(Duplicate):
        store.insert("things", thing(2), [an_event(), event])

    assert store.get("things", "thing-002") is None
    assert logged(store) == [event.id]


def test_many_threads_share_a_store_and_leave_few_connections(store: SqliteStore) -> None:
    def work(number: int) -> None:
        for step in range(5):
            store.insert("things", thing(number * 5 + step), [an_event()])
            store.find("things", {"open": True}, limit=5)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.count("things", {}) == len(logged(store)) == 100
    assert len(store._connections._idle) <= sqlite_connections.IDLE_CONNECTIONS


@pytest.fixture
def statements(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement from now on, on connections that are new then."""
    said: list[str] = []
    opened = store._connections.open

    def traced() -> sqlite3.Connection:
        connection = opened()
        connection.set_trace_callback(said.append)
        return connection

    store.close()
    monkeypatch.setattr(store._connections, "open", traced)
    return said


def subjects(store: SqliteStore) -> list[str]:
    """What the events of the log are about, in its order."""
    return [decode(line.body).subject for line in store.log.read(after=0)]


def insert_behind_another(store: SqliteStore, documents: list[Document]) -> list[Exception | None]:
    """Insert documents, each with an event, while somebody writes: they wait together, in this order."""
    held, release = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        held.set()
        assert release.wait(5)

    def insert(document: Document) -> Exception | None:
        try:
            store.insert("things", document, [an_event(document["_id"])])
        except Duplicate as error:
            return error
        return None

    with ThreadPoolExecutor(len(documents) + 1) as threads:
        first = threads.submit(store._connections.write, hold)
        assert held.wait(5)
        futures = []
        for number, document in enumerate(documents, start=1):
            futures.append(threads.submit(insert, document))
            deadline = time.monotonic() + 5
            while len(store._connections._writers._waiting) < number:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        release.set()
        first.result(5)
        return [future.result(5) for future in futures]


def test_documents_that_wait_together_are_inserted_by_one_statement_each_kind(
    store: SqliteStore, statements: list[str]
) -> None:
    documents = [thing(number, words=["bag", f"word {number}"]) for number in range(5)]

    assert insert_behind_another(store, documents) == [None] * 5

    written = [said.partition(" VALUES")[0].partition(" (")[0] for said in statements if said.startswith("INSERT")]
    assert written == ['INSERT INTO "things"', 'INSERT OR IGNORE INTO "things__texts"', "INSERT INTO events"]
    assert store.find("things", {}).items == [{**document, "version": 1} for document in documents]
    assert ids(store, {"words": HasAny(["word 3"])}) == ["thing-003"]
    assert subjects(store) == [document["_id"] for document in documents]


def test_a_duplicate_among_those_who_wait_together_is_told_to_the_one_whose_it_is(store: SqliteStore) -> None:
    store.insert("things", thing(0))
    same_reference = {**thing(2), "reference": "FT-000"}

    told = insert_behind_another(store, [thing(1), thing(0), same_reference, thing(3)])

    assert [str(error) if error else None for error in told] == [
        None,
        str(Duplicate("things", "thing-000")),
        str(Duplicate("things", "reference")),
        None,
    ]
    assert ids(store, {}) == ["thing-000", "thing-001", "thing-003"]
    assert sorted(subjects(store)) == ["thing-001", "thing-003"]


def test_a_forked_child_uses_connections_of_its_own(store: SqliteStore) -> None:
    store.insert("things", thing(1))
    store.log.changed()
    inherited = list(store._connections._idle)

    child = os.fork()
    if child == 0:
        try:
            store.insert("things", thing(2))
            used_inherited = any(connection in inherited for connection in store._connections._idle)
            os._exit(1 if used_inherited or not store.log.changed() else 0)
        finally:
            os._exit(2)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert store.log.changed()
    assert ids(store, {}) == ["thing-001", "thing-002"]


def test_an_index_that_is_no_longer_declared_no_longer_refuses(tmp_path: Path) -> None:
    unique = Collection("things", {"reference": "text"}, (Index(equal=("reference",), unique=True),))
    plain = Collection("things", {"reference": "text"}, (Index(equal=("reference",)),))
    with closing(open_store(f"sqlite://{tmp_path}", "reports", [unique])) as before:
        before.insert("things", {"_id": "1", "reference": "same"})

    with closing(open_store(f"sqlite://{tmp_path}", "reports", [plain])) as after:
        after.insert("things", {"_id": "2", "reference": "same"})

        assert ids(after, {"reference": "same"}) == ["1", "2"]


def test_documents_that_contradict_a_new_unique_index_are_a_configuration_error(tmp_path: Path) -> None:
    plain = Collection("things", {"reference": "text"})
    unique = Collection("things", {"reference": "text"}, (Index(equal=("reference",), unique=True),))
    with closing(open_store(f"sqlite://{tmp_path}", "reports", [plain])) as before:
        before.write_many("things", [{"_id": "1", "reference": "same"}, {"_id": "2", "reference": "same"}])

    with pytest.raises(ConfigError, match="things"):
        open_store(f"sqlite://{tmp_path}", "reports", [unique])


def test_a_field_may_change_its_type(tmp_path: Path) -> None:
    as_text = Collection("things", {"when": "text"}, (Index(equal=("when",)),))
    as_instant = Collection("things", {"when": "instant"}, (Index(equal=("when",)),))
    with closing(open_store(f"sqlite://{tmp_path}", "reports", [as_text])) as before:
        before.insert("things", {"_id": "1", "when": "noon"})
        before.delete("things", "1")

    with closing(open_store(f"sqlite://{tmp_path}", "reports", [as_instant])) as after:
        after.insert("things", {"_id": "1", "when": NOON})

        assert ids(after, {"when": NOON}) == ["1"]


GREEN = """
import eventlet; eventlet.monkey_patch()
import sqlite3, sys, time
from shared.store import open_store
from tests.contract.store.samples import THINGS, thing

store = open_store(f"sqlite://{sys.argv[1]}", "reports", [THINGS])
other = sqlite3.connect(f"{sys.argv[1]}/reports.sqlite3", isolation_level=None)
other.execute("BEGIN IMMEDIATE")
writers = eventlet.GreenPool(50)
for number in range(50):
    writers.spawn(store.insert, "things", thing(number))
turns = 0
until = time.monotonic() + 1
while time.monotonic() < until:
    eventlet.sleep(0)
    turns += 1
other.execute("COMMIT")
writers.waitall()
print(turns, store.count("things", {}))
other.close()
store.close()
"""


def test_greenthreads_that_wait_for_the_file_leave_the_hub_to_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", GREEN, str(tmp_path)], capture_output=True, text=True, check=True
    )

    turns, written = map(int, done.stdout.split())
    assert written == 50
    assert turns >= 10  # one writer waits in C for 30 ms at a time; were it all fifty, there would be one turn
